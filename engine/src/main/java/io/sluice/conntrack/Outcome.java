package io.sluice.conntrack;

/** What a protocol's tracker says of a packet. */
enum Outcome {
  /** It belongs to the connection. */
  ACCEPT,
  /** It does not: the packet goes on without a connection, ctstate INVALID. */
  INVALID,
  /** The connection was deleted, because the packet opens it anew: look again. */
  REPEAT
}
