package io.sluice.analysis.space;

import java.util.List;

/**
 * An entry of an ipset.
 *
 * @param text as {@code ipset save} prints it
 * @param packets those whose look-up may end at the entry: no other packet's does
 * @param exact whether it does so for all of them
 */
public record SetEntry(String text, List<Cube> packets, boolean exact) {
  public SetEntry {
    packets = List.copyOf(packets);
  }
}
