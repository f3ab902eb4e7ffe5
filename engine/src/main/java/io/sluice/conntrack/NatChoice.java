package io.sluice.conntrack;

/**
 * A port or id that the kernel would have drawn at random for a NAT binding: what was taken here is one of many, so an
 * answer that shows it holds up to this choice.
 *
 * @param manip the end that was rewritten
 * @param chosen the port or id that was taken
 * @param min the lowest that the kernel could have taken
 * @param max the highest; everything from {@code min} to {@code max} that was free is possible
 */
public record NatChoice(NatRange.Manip manip, int chosen, int min, int max) {}
