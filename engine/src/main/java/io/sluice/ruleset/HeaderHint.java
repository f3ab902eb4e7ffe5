package io.sluice.ruleset;

/**
 * A header by which a packet may come to match what no {@link Constraint} tells of.
 *
 * @param number that of an IPv6 extension header, or of a protocol
 * @param body of an extension header, what follows its "next header" and length bytes; of a protocol, all of the header
 */
public record HeaderHint(int number, int... body) {}
