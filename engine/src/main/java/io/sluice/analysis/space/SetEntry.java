package io.sluice.analysis.space;

import java.util.List;

/**
 * An entry of an ipset.
 *
 * @param text as {@code ipset save} prints it
 * @param packets those whose look-up may end at the entry: no other packet's does
 * @param doubt why it may not do so for all of them, in words for people; empty when it does
 */
public record SetEntry(String text, List<Cube> packets, String doubt) {
  public SetEntry {
    packets = List.copyOf(packets);
  }

  /** Whether the look-up of each of {@link #packets} ends at the entry. */
  public boolean isExact() {
    return doubt.isEmpty();
  }
}
