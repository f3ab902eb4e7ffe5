package io.sluice.extension;

/** What becomes of a rule with an extension that Sluice does not know. */
public enum UnknownPolicy {
  /** The load stops with a problem that names the extension. */
  FAIL,
  /** The rule matches no packet. */
  NO_MATCH,
  /** The rule may or may not match, which {@link io.sluice.net.Oracle} is asked, so that both outcomes can be listed. */
  MAYBE
}
