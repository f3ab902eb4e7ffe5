package io.sluice.analysis.fate;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Space;
import io.sluice.conntrack.NatRange;
import io.sluice.host.NetDevice;
import io.sluice.host.Scope;
import io.sluice.net.CtState;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.IpAddress;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Rewrite;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/** What the rules of nat make of a connection's first packet. */
final class Binding {
  /** A range of more addresses than this is not followed to each of them. */
  private static final int MOST_TARGETS = 64;

  private final Space space;
  private final Host host;
  private final Translation translation;
  private final Axis source;
  private final Axis destination;
  private final Axis state;

  Binding(Space space, Host host, ChainWalk walk) {
    this.space = space;
    this.host = host;
    this.translation = new Translation(walk);
    this.source = space.axis(Field.SOURCE);
    this.destination = space.axis(Field.DESTINATION);
    this.state = space.axis(Field.CTSTATE);
  }

  /**
   * @param in the interface by which it came; null for one of the host's own
   * @param to the interface by which it leaves, as far as that is known
   * @param bound the fate of the packet as it is then
   * @param failed its fate when it cannot be translated, which is said
   */
  Fate bind(Rewrite.Nat nat, Hook hook, Seen seen, NetDevice in, NetDevice to, Function<Seen, Fate> bound,
      Function<String, Fate> failed) {
    NatRange range = nat.range();
    boolean ofDestination = hook == Hook.PREROUTING || hook == Hook.OUTPUT;
    Axis address = ofDestination ? destination : source;
    if (nat.kind() == Rewrite.Kind.NETMAP) {
      return bound.apply(marked(translation.network(seen, address, range), seen, ofDestination));
    }
    IpAddress first = range.minAddress().orElse(null);
    IpAddress last = range.maxAddress().orElse(first);
    if (nat.kind() == Rewrite.Kind.REDIRECT || nat.kind() == Rewrite.Kind.MASQUERADE) {
      Optional<IpAddress> own = nat.kind() == Rewrite.Kind.REDIRECT ? redirected(hook, seen, in) : masqueraded(seen, to);
      if (own.isEmpty()) {
        return failed.apply("DROP: " + nat.kind() + " finds no address");
      }
      List<IpAddress> all = nat.kind() == Rewrite.Kind.REDIRECT ? List.of() : candidates(to);
      boolean several = all.size() > 1; // which of them it is depends on the next hop or the destination
      first = several ? all.get(0) : own.get();
      last = several ? all.get(all.size() - 1) : own.get();
    }
    return ofDestination && first != null && !first.equals(last)
        ? oneOf(first, last, seen, range, bound) : bound.apply(to(first, last, seen, ofDestination, range));
  }

  /** The kernel takes one by a hash of the addresses: the fates of all of them. */
  private Fate oneOf(IpAddress first, IpAddress last, Seen seen, NatRange range, Function<Seen, Fate> bound) {
    long more = last.hi() == first.hi() ? last.lo() - first.lo() : -1;
    if (more < 0 || more >= MOST_TARGETS) {
      return bound.apply(to(first, last, seen, true, range));
    }
    Fate fate = bound.apply(to(last, last, seen, true, range));
    for (long i = more - 1; i >= 0; i--) {
      IpAddress target = new IpAddress(space.family(), first.hi(), first.lo() + i);
      Fate other = bound.apply(to(target, target, seen, true, range));
      String question = "NAT takes " + target + (range.persistent() ? ", --persistent" : "");
      fate = other.equals(fate) ? fate : new Fate.Choice(question, other, fate);
    }
    return fate;
  }

  private Seen to(IpAddress first, IpAddress last, Seen seen, boolean ofDestination, NatRange range) {
    Axis address = ofDestination ? destination : source;
    Axis port = space.axis(ofDestination ? Field.DESTINATION_PORT : Field.SOURCE_PORT);
    Seen changed = translation.port(translation.address(seen, address, first, last), port, range);
    List<String> manner = manner(range, changed.term(address) instanceof Term.Unknown, changed.term(port) instanceof Term.Unknown);
    Seen told = manner.isEmpty() ? changed
        : changed.doing(new Deed("NAT chooses " + String.join(" ", manner), Deed.Reach.CONNECTION));
    return marked(told, seen, ofDestination);
  }

  /** How NAT chooses, where the rule says so. */
  private static List<String> manner(NatRange range, boolean ofAddresses, boolean ofPorts) {
    List<String> manner = new ArrayList<>();
    if (ofAddresses && range.persistent()) {
      manner.add("--persistent");
    }
    if (ofPorts && range.random()) {
      manner.add("--random");
    }
    if (ofPorts && range.fullyRandom()) {
      manner.add("--random-fully");
    }
    if (ofPorts && range.offset()) {
      manner.add("from base port " + range.basePort());
    }
    return manner;
  }

  /** Rules may ask whether it was translated. */
  private Seen marked(Seen changed, Seen seen, boolean ofDestination) {
    Axis address = ofDestination ? destination : source;
    Axis port = space.axis(ofDestination ? Field.DESTINATION_PORT : Field.SOURCE_PORT);
    boolean rewritten = !changed.term(address).equals(seen.term(address)) || !changed.term(port).equals(seen.term(port));
    long bit = ofDestination ? CtState.DNAT : CtState.SNAT;
    return rewritten ? changed.with(state, new Term.Constant(0, seen.point().low(state.index()) | bit)) : changed;
  }

  private Optional<IpAddress> redirected(Hook hook, Seen seen, NetDevice in) {
    if (hook == Hook.OUTPUT) {
      return Optional.of(IpAddress.of(space.family() == Family.IPV4 ? "127.0.0.1" : "::1"));
    }
    return host.network().routing().primaryAddress(space.family(), in, seen.point().high(destination.index()),
        seen.point().low(destination.index()));
  }

  private Optional<IpAddress> masqueraded(Seen seen, NetDevice to) {
    return host.network().routing().selectSource(space.family(), to, seen.point().high(destination.index()),
        seen.point().low(destination.index()), Scope.GLOBAL);
  }

  /** What it may be masqueraded as. An interface without addresses of IPv6 has one of another, by the destination. */
  private List<IpAddress> candidates(NetDevice device) {
    List<IpAddress> own = global(Stream.of(device));
    return own.isEmpty() && space.family() == Family.IPV6 ? global(host.network().devices().stream()) : own;
  }

  private List<IpAddress> global(Stream<NetDevice> devices) {
    return devices.flatMap(device -> device.addresses(space.family()).stream())
        .filter(own -> own.scope() == Scope.GLOBAL).map(own -> own.address()).sorted().toList();
  }
}
