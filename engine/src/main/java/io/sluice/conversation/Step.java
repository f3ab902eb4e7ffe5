package io.sluice.conversation;

import io.sluice.pipeline.Outcome;

/**
 * One packet of a conversation.
 *
 * @param name what it is: "SYN", "SYN-ACK", "request" …
 * @param place the interface by which it came in, or {@code local}
 * @param packet as its sender sent it
 * @param outcome what the host did with it
 */
public record Step(String name, String place, byte[] packet, Outcome outcome) {}
