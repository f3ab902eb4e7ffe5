package io.sluice.analysis.fate;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.conntrack.NatRange;
import io.sluice.host.NetDevice;
import io.sluice.host.Scope;
import io.sluice.net.CtState;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Rewrite;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The packets of one connection on their ways through a host.
 *
 * <pre>
 *   first   PREROUTING (raw, NEW, mangle, dnat) ─▶ route ─┬▶ FORWARD ─▶ POSTROUTING (mangle, snat) ─▶ answer, by its out-interface
 *                                                        └▶ INPUT ─▶ answer, by OUTPUT
 *   answer  ESTABLISHED, addresses swapped; translated back without asking rules
 *   next    as the first, ESTABLISHED
 * </pre>
 */
final class ConnectionWalk {
  private static final int SYN_ACK = 0x12;
  private static final int ACK = 0x10;

  /** What goes on with a packet that got through. */
  private interface Onward extends Function<Seen, Fate> {}

  /** What a packet of the connection is: the first asks nat's rules, others are translated as it was. */
  private record Packet(int state, boolean reply, Seen first) {}

  private final Space space;
  private final Host host;
  private final HookSteps hooks;
  private final RouteClasses routes;
  private final ChainWalk walk;
  private final Translation translation;
  private final Axis in;
  private final Axis out;
  private final Axis source;
  private final Axis destination;
  private final Axis sourcePort;
  private final Axis destinationPort;
  private final Axis state;

  ConnectionWalk(Space space, Host host, HookSteps hooks, RouteClasses routes, ChainWalk walk) {
    this.space = space;
    this.host = host;
    this.hooks = hooks;
    this.routes = routes;
    this.walk = walk;
    this.translation = new Translation(walk);
    this.in = space.axis(Field.IN_INTERFACE);
    this.out = space.axis(Field.OUT_INTERFACE);
    this.source = space.axis(Field.SOURCE);
    this.destination = space.axis(Field.DESTINATION);
    this.sourcePort = space.axis(Field.SOURCE_PORT);
    this.destinationPort = space.axis(Field.DESTINATION_PORT);
    this.state = space.axis(Field.CTSTATE);
  }

  /** The connection's fate. */
  Fate first() {
    if (routes.asksMore()) {
      return new Fate.Undecided("the host's routes depend on ports, TOS or users");
    }
    Seen start = Seen.start(walk.origin(), space.axes().size());
    walk.cut().require(in, ValueSet.of(walk.origin().low(in.index())));
    NetDevice device = device(start, in);
    if (device == null) {
      return new Fate.Undecided("an interface that the host does not have");
    }
    return received(start, device, new Packet(CtState.NEW, false, null), "", passed -> answer(start, passed, device));
  }

  /** The answer to a packet that left, or reached the host itself. */
  private Fate answer(Seen start, Seen passed, NetDevice arrivedBy) {
    if (hooks.isTracked() && passed.point().low(state.index()) == CtState.UNTRACKED) {
      return new Fate.Undecided("the connection is not tracked");
    }
    Seen reply = swapped(passed);
    NetDevice device = device(passed, out);
    Packet packet = new Packet(CtState.ESTABLISHED | flags(passed), true, passed);
    String words = ConnectionProbe.ONE_WAY + ": the answer ends, ";
    // An answer that does not leave by where the first packet came in does not get to who sent that.
    Onward next = answered -> device(answered, out) == arrivedBy ? next(start, passed, arrivedBy)
        : new Fate.End(ConnectionProbe.ONE_WAY + ": the answer goes elsewhere", List.of(), written(answered));
    return device == null ? sent(reply, packet, words, next) : received(reply.with(in, value(device)).with(out, none()), device,
        packet, words, next);
  }

  private Fate next(Seen start, Seen passed, NetDevice device) {
    Seen again = start.with(space.axis(Field.TCP_FLAGS), new Term.Constant(0, ACK));
    for (Axis axis : space.markAxes(Field.CONNMARK)) {
      again = again.with(axis, passed.term(axis) instanceof Term.Origin ? new Term.Constant(0, 0) : passed.term(axis));
    }
    Packet packet = new Packet(CtState.ESTABLISHED | flags(passed), false, passed);
    return received(again, device, packet, ConnectionProbe.ONE_WAY + ": packets after the answer end, ",
        arrived -> new Fate.End(ConnectionProbe.CONNECTS, passed.deeds(), written(passed)));
  }

  /** PREROUTING and what follows. */
  private Fate received(Seen seen, NetDevice device, Packet packet, String words, Onward onward) {
    return hook(Hook.PREROUTING, 0, untracked(seen), packet, words, device, before -> route(before, device, words, routed -> {
      NetDevice to = device(routed, out);
      if (to == null) {
        return hook(Hook.INPUT, 0, routed, packet, words, device, onward);
      }
      Axis ttl = space.axis(Field.TTL);
      Seen sent = routed.term(ttl) instanceof Term.Origin ? routed.with(ttl, new Term.Origin(ttl, -1, -1), walk.origin()) : routed;
      return hook(Hook.FORWARD, 0, sent, packet, words, device,
          forwarded -> hook(Hook.POSTROUTING, 0, forwarded, packet, words, device, onward));
    }));
  }

  /** OUTPUT and what follows, for an answer of the host's own. */
  private Fate sent(Seen seen, Packet packet, String words, Onward onward) {
    return route(untracked(seen).with(in, none()), null, words, routed -> hook(Hook.OUTPUT, 0, routed, packet, words, null,
        left -> hook(Hook.POSTROUTING, 0, left, packet, words, null, onward)));
  }

  private Seen untracked(Seen seen) {
    return hooks.isTracked() ? seen.with(state, new Term.Constant(0, CtState.INVALID)) : seen;
  }

  private Fate route(Seen seen, NetDevice device, String words, Onward onward) {
    if (seen.term(source) instanceof Term.Unknown || seen.term(destination) instanceof Term.Unknown) {
      return new Fate.Undecided("where NAT sends it is one of several addresses");
    }
    for (Axis axis : space.markAxes(Field.MARK)) {
      if (seen.term(axis) instanceof Term.Unknown && !host.network().rules().isEmpty()) {
        return new Fate.Undecided("the mark by which it may be routed is not known");
      }
    }
    RouteClasses.Routed routed = routes.route(device, (int) space.mark(Field.MARK, seen.point()),
        seen.point().high(source.index()), seen.point().low(source.index()),
        seen.point().high(destination.index()), seen.point().low(destination.index()));
    walk.cut().require(seen, source, routed.sources());
    walk.cut().require(seen, destination, routed.destinations());
    if (routed.isOpen()) {
      return new Fate.Undecided("the route has several next hops");
    }
    return !routed.stop().isEmpty() ? new Fate.End(words + "no way: " + routed.stop(), List.of(), List.of())
        : onward.apply(seen.with(out, routed.out() == null ? none() : value(routed.out())));
  }

  private Fate hook(Hook hook, int index, Seen seen, Packet packet, String words, NetDevice device, Onward onward) {
    if (index == hooks.at(hook).size()) {
      return onward.apply(seen);
    }
    HookSteps.Step step = hooks.at(hook).get(index);
    Onward rest = passed -> hook(hook, index + 1, passed, packet, words, device, onward);
    switch (step.kind()) {
      case TRACK:
        boolean off = seen.deeds().stream().anyMatch(deed -> deed.equals("CT --notrack") || deed.equals("NOTRACK"));
        return rest.apply(seen.with(state, new Term.Constant(0, off ? CtState.UNTRACKED : packet.state())));
      case NAT:
        if (seen.point().low(state.index()) == CtState.UNTRACKED) {
          return rest.apply(seen);
        }
        if (packet.first() != null) {
          return rest.apply(translatedAs(hook, seen, packet));
        }
        return walk.enter(step.table(), step.chain(), seen, (verdict, passed, by) -> {
          Optional<Rewrite> rewrite = by.rule().map(rule -> rule.rule().target())
              .filter(ExtensionTarget.class::isInstance).flatMap(target -> ((ExtensionTarget) target).rewrite());
          return rewrite.isPresent() && rewrite.get() instanceof Rewrite.Nat nat ? bound(nat, hook, passed, device, words, rest)
              : verdict.equals("ACCEPT") ? rest.apply(passed) : ended(verdict, passed, words);
        });
      default:
        return walk.enter(step.table(), step.chain(), seen,
            (verdict, passed, by) -> verdict.equals("ACCEPT") ? rest.apply(passed) : ended(verdict, passed, words));
    }
  }

  private Fate ended(String verdict, Seen seen, String words) {
    return new Fate.End(words + verdict, List.of(), written(seen));
  }

  /** The rules of nat bind the connection. */
  private Fate bound(Rewrite.Nat nat, Hook hook, Seen seen, NetDevice device, String words, Onward rest) {
    NatRange range = nat.range();
    boolean ofDestination = hook == Hook.PREROUTING || hook == Hook.OUTPUT;
    Axis address = ofDestination ? destination : source;
    Axis port = ofDestination ? destinationPort : sourcePort;
    Seen changed;
    if (nat.kind() == Rewrite.Kind.NETMAP) {
      changed = translation.network(seen, address, range);
    } else {
      IpAddress first = range.minAddress().orElse(null);
      IpAddress last = range.maxAddress().orElse(first);
      if (nat.kind() == Rewrite.Kind.REDIRECT || nat.kind() == Rewrite.Kind.MASQUERADE) {
        Optional<IpAddress> own = own(nat.kind(), seen, device);
        if (own.isEmpty()) {
          return ended("DROP: " + nat.kind() + " finds no address", seen, words);
        }
        first = own.get();
        last = first;
        List<IpAddress> all = nat.kind() == Rewrite.Kind.REDIRECT ? List.of() : global(device(seen, out));
        if (all.size() > 1) { // which of them it is depends on the next hop
          first = all.get(0);
          last = all.get(all.size() - 1);
        }
      }
      changed = translation.port(translation.address(seen, address, first, last), port, range);
    }
    long bit = ofDestination ? CtState.DNAT : CtState.SNAT;
    boolean rewritten = !changed.term(address).equals(seen.term(address)) || !changed.term(port).equals(seen.term(port));
    return rest.apply(rewritten ? changed.with(state, new Term.Constant(0, seen.point().low(state.index()) | bit)) : changed);
  }

  private Optional<IpAddress> own(Rewrite.Kind kind, Seen seen, NetDevice device) {
    long high = seen.point().high(destination.index());
    long low = seen.point().low(destination.index());
    if (kind == Rewrite.Kind.REDIRECT) {
      return host.network().routing().primaryAddress(space.family(), device, high, low);
    }
    NetDevice to = device(seen, out);
    return host.network().routing().selectSource(space.family(), to, high, low, Scope.GLOBAL);
  }

  private List<IpAddress> global(NetDevice device) {
    return device.addresses(space.family()).stream().filter(own -> own.scope() == Scope.GLOBAL)
        .map(own -> own.address()).sorted().toList();
  }

  /** As the first packet was translated, or back. */
  private Seen translatedAs(Hook hook, Seen seen, Packet packet) {
    boolean ofDestination = hook == Hook.PREROUTING || hook == Hook.OUTPUT;
    if (packet.reply()) {
      return ofDestination ? plain(plain(seen, destination, source), destinationPort, sourcePort)
          : plain(plain(seen, source, destination), sourcePort, destinationPort);
    }
    Axis address = ofDestination ? destination : source;
    Axis port = ofDestination ? destinationPort : sourcePort;
    return like(like(seen, address, address, packet.first()), port, port, packet.first());
  }

  /** With the value that the first packet set out with on another axis. */
  private Seen plain(Seen seen, Axis axis, Axis from) {
    return seen.with(axis, new Term.Origin(from, 0, 0), walk.origin());
  }

  /** With the value that another packet has on another axis. */
  private Seen like(Seen seen, Axis axis, Axis from, Seen other) {
    Term term = other.term(from);
    return term instanceof Term.Origin origin ? seen.with(axis, origin, walk.origin()) : seen.with(axis, term);
  }

  /** The answer as it sets out. */
  private Seen swapped(Seen passed) {
    Seen reply = Seen.start(walk.origin(), space.axes().size());
    reply = like(like(reply, source, destination, passed), destination, source, passed);
    reply = like(like(reply, sourcePort, destinationPort, passed), destinationPort, sourcePort, passed);
    reply = reply.with(space.axis(Field.TCP_FLAGS), new Term.Constant(0, SYN_ACK));
    boolean v4 = space.family() == Family.IPV4;
    if (walk.origin().low(space.axis(Field.PROTOCOL).index()) == (v4 ? Protocols.ICMP : Protocols.ICMPV6)) {
      reply = reply.with(space.axis(Field.ICMP_TYPE_CODE), new Term.Constant(0, v4 ? 0 : 0x8100));
    }
    for (Axis axis : space.markAxes(Field.CONNMARK)) {
      reply = like(reply, axis, axis, passed);
    }
    for (Axis axis : space.axes()) {
      if (axis.isAnswer()) {
        reply = reply.with(axis, new Term.Unknown(ValueSet.range(0, 1)));
      }
    }
    Axis ttl = space.axis(Field.TTL);
    Axis length = space.axis(Field.LENGTH);
    return reply.with(ttl, new Term.Unknown(ValueSet.range(2, 255))).with(length, new Term.Unknown(ValueSet.range(20, 1280)));
  }

  private int flags(Seen passed) {
    return (int) passed.point().low(state.index()) & ~CtState.STATE_MASK;
  }

  private NetDevice device(Seen seen, Axis axis) {
    long value = seen.point().low(axis.index());
    return space.interfaceName(value).flatMap(name -> host.network().device(name)).orElse(null);
  }

  private Term value(NetDevice device) {
    return new Term.Constant(0, space.interfaceValue(device));
  }

  private static Term none() {
    return new Term.Constant(0, 0);
  }

  /** Where the packet goes and what NAT made of it. */
  private List<String> written(Seen seen) {
    List<String> written = new ArrayList<>();
    NetDevice to = device(seen, out);
    if (to != null) {
      written.add("by " + to.name());
    } else if (seen.term(out) instanceof Term.Constant) {
      written.add("to the host itself");
    }
    translated("to", seen, destination, destinationPort, written);
    translated("from", seen, source, sourcePort, written);
    return written;
  }

  private void translated(String word, Seen seen, Axis address, Axis port, List<String> written) {
    boolean ofAddress = !isPlain(seen.term(address));
    boolean ofPort = !isPlain(seen.term(port));
    if (ofAddress || ofPort) {
      written.add("NATed " + word + " " + (ofAddress ? text(seen, address) : "") + (ofPort ? " port " + text(seen, port) : ""));
    }
  }

  private static boolean isPlain(Term term) {
    return term instanceof Term.Origin origin && origin.isPlain();
  }

  private String text(Seen seen, Axis axis) {
    Term term = seen.term(axis);
    if (term instanceof Term.Unknown unknown) {
      return "one of " + (axis.bits() > 16 ? "several addresses" : unknown.possible().toString());
    }
    if (term instanceof Term.Origin) {
      return "the same host of another network";
    }
    return axis.bits() > 16 ? new IpAddress(space.family(), seen.point().high(axis.index()), seen.point().low(axis.index())).toString()
        : Long.toString(seen.point().low(axis.index()));
  }
}
