package io.sluice.analysis.lint;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Cubes;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.compile.ValueSet;
import io.sluice.netfilter.Hook;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** Which ports of what a rule publishes are got to, from which interfaces, and through which rules of FORWARD, or its policy. */
final class Sockets {
  /** Ranges of ports that are looked for of one rule. */
  private static final int MOST_PARTS = 16;

  /** Whether a packet that a rule of FORWARD, or without one its policy, lets through counts, with ports at which others fare there as it does. */
  interface Question {
    boolean ask(Optional<SymbolicRule> by, Point packet, Optional<ValueSet> ports);
  }

  private final Admission admission;
  private final Axis port;
  private final Set<String> devices = new LinkedHashSet<>();
  private final Set<Subject> by = new LinkedHashSet<>();
  private final List<ValueSet> ports = new ArrayList<>();
  private boolean some;

  Sockets(Admission admission, Axis port) {
    this.admission = admission;
    this.port = port;
  }

  /**
   * Looks among packets that come in by one interface.
   *
   * @param forwarded as FORWARD sees them
   */
  void look(String device, List<Cube> forwarded, Question counts) {
    List<Optional<SymbolicRule>> all = new ArrayList<>();
    admission.admitting(Hook.FORWARD).forEach(rule -> all.add(Optional.of(rule)));
    all.add(Optional.empty());
    for (Optional<SymbolicRule> rule : all) {
      List<Cube> rest = forwarded;
      for (int part = 0; !rest.isEmpty(); part++) {
        Optional<Point> packet = admission.admitted(Hook.FORWARD, rule, rest);
        if (packet.isEmpty()) {
          break;
        }
        if (part == MOST_PARTS) {
          some = true;
          break;
        }
        Optional<ValueSet> alike = portsLike(packet.get(), rest);
        boolean any = alike.isEmpty() && counts.ask(rule, packet.get(), alike);
        for (ValueSet range : alike.map(Sockets::ranges).orElse(List.of())) {
          Point first = packet.get().copy();
          first.set(port, 0, range.firstLow(0));
          if (counts.ask(rule, first, Optional.of(range))) {
            any = true;
            ports.add(range);
          }
        }
        if (any) {
          devices.add(device);
          by.add(admission.subject(Hook.FORWARD, rule));
        }
        List<Cube> left = rest;
        rest = alike.map(found -> Cube.all().with(port, found.complement(port.bits())))
            .map(others -> Cubes.and(left, List.of(others))).orElse(List.of());
      }
    }
  }

  /** The ports of the packets among these that fare as this one does; empty when nobody asks for them. */
  private Optional<ValueSet> portsLike(Point packet, List<Cube> among) {
    Cube alike = admission.alike(Hook.FORWARD, packet);
    List<ValueSet> found = new ArrayList<>();
    for (Cube cube : among) {
      if (cube.contains(packet)) {
        ValueSet here = cube.and(alike).values(port);
        if (here == null) {
          return Optional.empty();
        }
        found.add(here);
      }
    }
    return Optional.of(ValueSet.union(found));
  }

  private static List<ValueSet> ranges(ValueSet set) {
    return IntStream.range(0, set.rangeCount()).mapToObj(i -> ValueSet.range(set.firstLow(i), set.lastLow(i))).toList();
  }

  Set<String> devices() {
    return devices;
  }

  /** The rules through which they are got to, in their order, and last the policy. */
  List<Subject> by() {
    return List.copyOf(by);
  }

  /** {@code  port 80,8000-8010}, with a blank before it; nothing when nobody asks for ports. */
  String portsText() {
    ValueSet all = ValueSet.union(ports);
    List<String> words = new ArrayList<>();
    for (int i = 0; i < all.rangeCount(); i++) {
      long first = all.firstLow(i);
      words.add(first == all.lastLow(i) ? "" + first : first + "-" + all.lastLow(i));
    }
    return words.isEmpty() ? "" : " port " + String.join(",", words) + (some ? " and others" : "");
  }
}
