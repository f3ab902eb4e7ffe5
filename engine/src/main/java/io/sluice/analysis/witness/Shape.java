package io.sluice.analysis.witness;

/** Whether the fields of the transport header are there to be read. */
public enum Shape {
  /** The transport header is complete, and the packet is no later fragment. */
  REGULAR,
  /** A fragment other than the first. */
  LATER_FRAGMENT,
  /** The packet ends within its transport header. */
  CUT_SHORT
}
