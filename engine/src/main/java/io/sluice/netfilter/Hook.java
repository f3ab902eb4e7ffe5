package io.sluice.netfilter;

/** A place on a packet's way where base chains are called, in the order of enum nf_inet_hooks. */
public enum Hook {
  PREROUTING,
  INPUT,
  FORWARD,
  OUTPUT,
  POSTROUTING;

  /** This hook's bit in a mask of hooks. */
  public int bit() {
    return 1 << ordinal();
  }
}
