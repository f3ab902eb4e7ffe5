package io.sluice.compile.chain;

import io.sluice.host.NetDevice;
import io.sluice.ruleset.IpMatch;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Which slots' rules take packets that cross an interface, by bits: found out by name when one is first seen, and looked up by its
 * index from then on. One thread.
 */
final class DeviceSlots {
  private final List<String> patterns;
  private final long inverted;
  /** By index, with none at 0. */
  private NetDevice[] seen = new NetDevice[1];
  private long[] slots;

  private DeviceSlots(List<String> patterns, long inverted) {
    this.patterns = patterns;
    this.inverted = inverted;
    this.slots = new long[] {taking(null)};
  }

  /**
   * Null where no rule names an interface.
   *
   * @param patterns by slot what {@code -i} or {@code -o} names; empty for any
   * @param inverted the slots that want others
   */
  static DeviceSlots of(List<String> patterns, long inverted) {
    return inverted == 0 && patterns.stream().allMatch(String::isEmpty) ? null : new DeviceSlots(patterns, inverted);
  }

  /** The slots whose rules take a packet that crosses {@code device}, or none if that is null. */
  long of(NetDevice device) {
    int at = Devices.value(device);
    return at < seen.length && seen[at] == device ? slots[at] : ofNew(device, at);
  }

  private long ofNew(NetDevice device, int at) {
    long taking = taking(device);
    if (Devices.isTabled(device)) {
      if (at >= seen.length) {
        seen = Arrays.copyOf(seen, at + 1);
        slots = Arrays.copyOf(slots, at + 1);
      }
      seen[at] = device;
      slots[at] = taking;
    }
    return taking;
  }

  private long taking(NetDevice device) {
    return IntStream.range(0, patterns.size()).filter(slot -> IpMatch.interfaceMatches(patterns.get(slot), device))
        .mapToLong(slot -> 1L << slot).sum() ^ inverted;
  }

  /** The slots without an interface, then by interface. */
  String dump() {
    StringBuilder out = new StringBuilder(Long.toHexString(slots[0]));
    IntStream.range(1, seen.length).filter(at -> seen[at] != null)
        .forEach(at -> out.append(' ').append(seen[at]).append(':').append(Long.toHexString(slots[at])));
    return out.toString();
  }
}
