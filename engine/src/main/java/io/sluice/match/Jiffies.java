package io.sluice.match;

import io.sluice.net.ActionParam;

/**
 * The kernel's coarse clock. What reads it (limit, hashlimit, recent …) sees time in steps of 1/250 s, as kernels with
 * CONFIG_HZ=250 do: Debian's, and that which Sluice is held against. When the steps fall is not observable, so virtual
 * time 0 is taken for the start of one.
 */
final class Jiffies {
  /** CONFIG_HZ: jiffies a second. */
  static final int HZ = 250;
  private static final long NANOS = 1_000_000_000L / HZ;

  private Jiffies() {}

  /** The jiffies that have passed since virtual time 0. */
  static long now(ActionParam par) {
    return par.net().clock().nanos() / NANOS;
  }
}
