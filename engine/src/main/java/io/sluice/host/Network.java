package io.sluice.host;

import java.util.List;

/** Interfaces, routes and knobs of a host. Immutable. */
public record Network(List<NetDevice> devices, Sysctls sysctls) {}
