package io.sluice.host;

import io.sluice.netfilter.Family;

/** What dumps may tell of a {@link Network}. What none has told is assumed, and is no proof of anything. */
public enum Aspect {
  /** Which interfaces there are, and of which kinds. */
  INTERFACES,
  /** The host's own IPv4 addresses, with broadcasts. */
  ADDRESSES4,
  ADDRESSES6,
  ROUTES4,
  ROUTES6,
  /** What {@code sysctl -a} prints. */
  KNOBS;

  /** The addresses of a family. */
  public static Aspect addresses(Family family) {
    return family == Family.IPV4 ? ADDRESSES4 : ADDRESSES6;
  }

  /** The routes of a family to others. */
  public static Aspect routes(Family family) {
    return family == Family.IPV4 ? ROUTES4 : ROUTES6;
  }
}
