package io.sluice.conversation;

import java.util.List;

/**
 * How a conversation went.
 *
 * @param connected whether the client got what it wanted: for TCP handshake, response and end; else an answer
 * @param sentence what the client would say, and why
 * @param steps the packets, in order
 */
public record Answer(boolean connected, String sentence, List<Step> steps) {
  public Answer {
    steps = List.copyOf(steps);
  }
}
