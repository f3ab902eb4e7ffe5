package io.sluice.compile.chain;

import io.sluice.compile.ValueSet;
import io.sluice.host.NetDevice;
import io.sluice.ruleset.IpMatch;
import java.util.ArrayList;
import java.util.List;

/**
 * The interfaces of a host as values of a dimension: 0 for "none in this hook", otherwise the interface's index.
 *
 * <p>Indexes of a host that has made and removed many interfaces grow beyond 16 bits; such an interface is
 * {@link #isTabled not tabled}, and packets that cross it are answered rule by rule.
 */
final class Devices {
  /** Indexes below 2^12 get a small table each; hosts with more interfaces than that are left to the slow way. */
  static final int BITS = 12;
  private static final int COUNT = 1 << BITS;

  private final List<NetDevice> devices;

  Devices(List<NetDevice> devices) {
    this.devices = List.copyOf(devices);
  }

  /** Whether the dimension has a value for the interface, which may be null. */
  static boolean isTabled(NetDevice device) {
    return device == null || device.index() < COUNT;
  }

  static int value(NetDevice device) {
    return device == null ? 0 : device.index();
  }

  /** The values of {@code -i pattern} or {@code -o pattern}. */
  ValueSet matching(String pattern) {
    List<ValueSet> values = new ArrayList<>();
    if (IpMatch.interfaceMatches(pattern, null)) {
      values.add(ValueSet.of(0));
    }
    for (NetDevice device : devices) {
      if (isTabled(device) && IpMatch.interfaceMatches(pattern, device)) {
        values.add(ValueSet.of(device.index()));
      }
    }
    return ValueSet.union(values);
  }
}
