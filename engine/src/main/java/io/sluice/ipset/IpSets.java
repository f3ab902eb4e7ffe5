package io.sluice.ipset;

/** The live sets of a network namespace, by name. */
public final class IpSets {}
