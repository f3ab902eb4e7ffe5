package io.sluice.net;

/**
 * Answers what cannot be known from the packet: extensions that Sluice does not know and the caller chose to treat as
 * "maybe". Asking is what makes an answer conditional, so that both outcomes can be listed.
 */
public interface Oracle {
  /** Whether {@code question} (the text of the match, with its rule's place) holds this time. */
  boolean decide(String question);
}
