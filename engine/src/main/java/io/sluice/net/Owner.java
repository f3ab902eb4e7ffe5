package io.sluice.net;

/** The socket that a locally generated packet belongs to, as {@code -m owner} sees it: user and group id. */
public record Owner(long uid, long gid) {
  /** The kernel's own socket, by which it sends ICMP errors: no file, so no user and no group. */
  public static final Owner KERNEL = new Owner(-1, -1);
  /** A program of root's. */
  public static final Owner ROOT = new Owner(0, 0);
}
