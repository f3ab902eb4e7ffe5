package io.sluice.analysis.lint;

/** How bad a finding is, the least first. */
public enum Severity {
  /** Worth knowing; nothing need be wrong. */
  NOTE,
  /** Most likely not what was meant. */
  WARNING,
  /** The rules contradict what they say. */
  ERROR
}
