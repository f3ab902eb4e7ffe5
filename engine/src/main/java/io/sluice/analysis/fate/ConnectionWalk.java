package io.sluice.analysis.fate;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.analysis.symbolic.Decision;
import io.sluice.host.AddressType;
import io.sluice.host.NetDevice;
import io.sluice.host.Route;
import io.sluice.net.CtState;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
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
 *           route ─▶ OUTPUT (raw, NEW, mangle, dnat, filter; rerouted) ─▶ POSTROUTING ─┬▶ answer, by its out-interface
 *                                                        INPUT ◀─ PREROUTING ◀─ lo ◀─┘
 *   answer  ESTABLISHED, addresses swapped; translated back without asking rules
 *   next    as the first, ESTABLISHED
 *   refusal what REJECT, or routing, answers to the first: OUTPUT (RELATED) ─▶ POSTROUTING ─▶ by where that came in
 *   sequel  what may follow one of these, if it is asked about
 * </pre>
 */
final class ConnectionWalk {
  /** TTLs of packets that have no hop left. */
  private static final ValueSet OVER = ValueSet.range(0, 1);

  /** What goes on with a packet that got through. */
  private interface Onward extends Function<Seen, Fate> {}

  /**
   * What a packet of the connection is.
   *
   * @param sequel what it is of what follows; null for the first three
   * @param first the connection's first packet where it left: it asked nat's rules, others are translated as it was; null
   *     for that one itself
   * @param refusal whether it is the host's own answer to the first, which it does not let pass
   * @param words what its end means for the connection; of a refusal the verdict of the first
   * @param deeds what was done to those before it or on their account
   */
  private record Packet(long state, boolean reply, Sequel sequel, Seen first, boolean refusal, String words, List<String> deeds) {
    Packet(long state, boolean reply, Sequel sequel, Seen first, String words, List<String> deeds) {
      this(state, reply, sequel, first, false, words, deeds);
    }

    boolean isError() {
      return sequel != null && sequel.isError();
    }

    /** Whether the kernel gives it its connection before any rule, where it is the host's own: nf_ct_attach(). */
    boolean isAttached() {
      return refusal || isError();
    }

    /** What was done up to now, when this one got so far. */
    List<String> deeds(Seen seen) {
      return deeds(seen.deeds());
    }

    /** It ends so; what that means for the connection is that nobody is told, where it is a refusal. */
    Fate.End end(String verdict, List<String> deeds, List<Written> written) {
      return refusal ? new Fate.End(words, Told.nobody(verdict), deeds, written) : new Fate.End(words + verdict, deeds, written);
    }

    /** The same, when it is refused. */
    List<String> deedsOfRefused(Seen seen) {
      return deeds(seen.deeds(Deed.Reach.PACKET));
    }

    /** The same, when it got no further and nobody is told: of a first packet nothing is left of its connection either. */
    List<String> deedsOfLost(Seen seen) {
      return deeds(seen.deeds(first == null ? Deed.Reach.OTHERS : Deed.Reach.CONNECTION));
    }

    private List<String> deeds(List<String> own) {
      List<String> all = new ArrayList<>(deeds);
      own.forEach(deed -> all.add(first == null ? deed : (reply ? "answer: " : "later: ") + deed));
      return all;
    }
  }

  /**
   * How a packet goes through a hook.
   *
   * @param in the interface by which it came; null for one of the host's own
   * @param looped whether it left by lo and is back: connection tracking knows it
   * @param rerouted the interface by which it leaves, where that is no longer what rules see; null otherwise
   */
  private record Stage(Packet packet, NetDevice in, boolean looped, Term rerouted) {
    Stage rerouted(Term other) {
      return new Stage(packet, in, looped, other);
    }
  }

  private final Space space;
  private final Host host;
  private final HookSteps hooks;
  private final RouteClasses routes;
  private final ConnectionProbe.Extent extent;
  /** What else is followed; null for the first packets alone. */
  private final Sequel sequel;
  private final ChainWalk walk;
  private final Turns turns;
  private final Binding binding;
  private final Axis in;
  private final Axis out;
  private final Axis source;
  private final Axis destination;
  private final Axis state;
  /** Destinations of packets that are answered by no error. */
  private final ValueSet unanswered;
  /** Destinations that are the host's in IPv6, but no socket's source. */
  private final ValueSet nobodys;
  /** Sources that are not answered, or by the link that they came by alone, whatever the routes are. */
  private final ValueSet unanswerable;

  /** @param sequel null for none */
  ConnectionWalk(Space space, Host host, HookSteps hooks, RouteClasses routes, ConnectionProbe.Extent extent, Sequel sequel,
      ChainWalk walk, Turns turns) {
    this.space = space;
    this.host = host;
    this.hooks = hooks;
    this.routes = routes;
    this.extent = extent;
    this.sequel = sequel;
    this.walk = walk;
    this.turns = turns;
    this.binding = new Binding(space, host, walk);
    this.in = space.axis(Field.IN_INTERFACE);
    this.out = space.axis(Field.OUT_INTERFACE);
    this.source = space.axis(Field.SOURCE);
    this.destination = space.axis(Field.DESTINATION);
    this.state = space.axis(Field.CTSTATE);
    this.unanswered = space.addressesOf(AddressType.BROADCAST.bit() | AddressType.MULTICAST.bit(), host);
    this.nobodys = space.family() == Family.IPV4 ? ValueSet.none()
        : ValueSet.union(List.of(space.addressesOf(AddressType.ANYCAST.bit(), host), space.addressesOf(AddressType.MULTICAST.bit(), host)));
    this.unanswerable = space.family() == Family.IPV4 ? ValueSet.none()
        : ValueSet.union(List.of(ValueSet.of(0), ValueSet.prefix(0xfe80L << 48, 0, 10, 128)));
  }

  /** The connection's fate. */
  Fate first() {
    if (routes.asksMore()) {
      return new Fate.Undecided("the host's routes depend on ports, TOS or users");
    }
    Seen start = turns.start();
    long value = walk.origin().low(in.index());
    walk.cut().require(in, ValueSet.of(value));
    NetDevice device = device(start, in);
    if (device == null && value != 0) {
      return new Fate.End("no such interface", List.of(), List.of());
    }
    if (device != null && host.network().bridgeOf(device).isPresent()) {
      return new Fate.Undecided("where a bridge takes a frame depends on MAC addresses");
    }
    Packet packet = new Packet(CtState.NEW, false, null, null, "", List.of());
    Onward arrived = passed -> {
      if (sequel == Sequel.AGAIN || sequel == Sequel.REFUSAL || sequel != null && sequel.isError() && !sequel.isAboutAnswer()) {
        return sequel(start, passed, passed, device);
      }
      return extent == ConnectionProbe.Extent.FIRST
          ? new Fate.End(ConnectionProbe.PASSES, packet.deeds(passed), written(passed)) : answer(start, packet, passed, device);
    };
    return device == null ? sent(start, packet, arrived) : received(start, device, packet, arrived);
  }

  /** The answer to a packet that left, or reached the host itself. */
  private Fate answer(Seen start, Packet first, Seen passed, NetDevice arrivedBy) {
    if (hooks.isTracked() && passed.point().low(state.index()) == CtState.UNTRACKED) {
      return new Fate.Undecided("the connection is not tracked");
    }
    Seen reply = turns.answer(passed);
    NetDevice device = device(passed, out);
    Packet packet = new Packet(turns.state(true, passed), true, null, passed,
        ConnectionProbe.UNANSWERED + " ends, ", first.deeds(passed));
    if (device == null && isTo(passed, nobodys)) { // routing lets a raw socket have such a source, of IPv6
      return noWay(packet, passed, RouteClasses.Stop.of(Route.Failure.INVALID_SOURCE, space.family()));
    }
    // An answer that does not leave by where the first packet came in does not get to who sent that.
    Onward next = answered -> device(answered, out) == arrivedBy
        ? sequel != null && sequel.isAboutAnswer() ? sequel(start, passed, answered, arrivedBy)
            : next(start, passed, answered, packet.deeds(answered), arrivedBy)
        : new Fate.End(ConnectionProbe.UNANSWERED + " goes elsewhere", packet.deeds(answered),
            written(passed, answered));
    return device == null ? sent(reply, packet, next)
        : received(reply.with(in, value(device)).with(out, none()), device, packet, next);
  }

  private Fate next(Seen start, Seen passed, Seen answered, List<String> deeds, NetDevice device) {
    Packet packet = new Packet(turns.state(false, passed), false, null, passed,
        ConnectionProbe.ONE_WAY + ": packets after the answer end, ", deeds);
    // If it was masqueraded the kernel drops what leaves by another interface, nf_nat_oif_changed(); the end is the same.
    Onward connects = arrived -> device(arrived, out) == device(passed, out)
        ? sequel != null ? sequel(start, passed, arrived, device)
            : new Fate.End(ConnectionProbe.CONNECTS, packet.deeds(arrived), written(passed))
        : new Fate.End(ConnectionProbe.ONE_WAY + ": packets after the answer go elsewhere", packet.deeds(arrived),
            written(passed));
    Seen again = turns.later(start, answered);
    return device == null ? sent(again, packet, connects) : received(again, device, packet, connects);
  }

  /**
   * What follows the last packet of those that all have.
   *
   * @param last that packet where it left
   * @param opener the interface by which the opener's packets come; null for the host itself
   */
  private Fate sequel(Seen start, Seen passed, Seen last, NetDevice opener) {
    NetDevice other = device(passed, out);
    boolean back = sequel.isBack();
    NetDevice to = back ? opener : other;
    NetDevice from = back ? other : opener;
    long state = sequel == Sequel.AGAIN ? CtState.NEW | turns.state(false, passed) & ~CtState.STATE_MASK
        : sequel.isError() ? turns.errorState(passed) : turns.state(back, passed);
    Packet packet = new Packet(state, back, sequel, passed, sequel.words() + " end, ", List.of());
    Onward arrived = seen -> new Fate.End(sequel.words() + (device(seen, out) == to ? Sequel.PASS : " go elsewhere"),
        packet.deeds(seen), List.of());
    Seen seen = sequel.isError() ? turns.error(last) : sequel == Sequel.AGAIN ? turns.again(start, passed)
        : back ? turns.sequelOfAnswer(passed, last, sequel == Sequel.REFUSAL) : turns.sequel(start, last);
    return sequel.isStray() ? stray(turns.stray(seen.with(out, none())), from, packet, arrived)
        : from == null ? sent(seen, packet, sequel.isError(), arrived) // a raw socket sends errors from any address
            : received(seen.with(in, value(from)).with(out, none()), from, packet, arrived);
  }

  /**
   * What comes in by an interface of its own choice.
   *
   * @param from the interface by which other than redirects are no strays; null for none
   */
  private Fate stray(Seen seen, NetDevice from, Packet packet, Onward onward) {
    NetDevice device = device(seen, in);
    if (from != null && !isRedirect(seen)) {
      ValueSet here = ValueSet.of(space.interfaceValue(from));
      walk.cut().require(seen, in, device == from ? here : here.complement(in.bits()));
      if (device == from) {
        return new Fate.End(sequel.words() + " are none", List.of(), List.of());
      }
    }
    if (device != null && host.network().bridgeOf(device).isEmpty()) {
      return received(seen, device, packet, onward);
    }
    walk.cut().require(seen, in, ValueSet.of(seen.point().low(in.index())));
    return device == null ? packet.end("no such interface", List.of(), List.of())
        : new Fate.Undecided("where a bridge takes a frame depends on MAC addresses");
  }

  /** PREROUTING and what follows. */
  private Fate received(Seen seen, NetDevice device, Packet packet, Onward onward) {
    Stage stage = new Stage(packet, device, false, null);
    return hook(Hook.PREROUTING, 0, untracked(seen), stage, before -> route(before, stage, false, routed -> {
      if (device(routed, out) == null) {
        return hook(Hook.INPUT, 0, routed, stage, onward);
      }
      return counted(routed, stage,
          sent -> hook(Hook.FORWARD, 0, sent, stage, forwarded -> hook(Hook.POSTROUTING, 0, forwarded, stage, onward)));
    }));
  }

  /** What is on its way through with its TTL counted down, if there is something left of it: ip_forward(), ip6_forward(). */
  private Fate counted(Seen routed, Stage stage, Onward onward) {
    Axis ttl = space.axis(Field.TTL);
    Term term = routed.term(ttl);
    if (term instanceof Term.Unknown unknown) {
      return unknown.possible().intersects(OVER) ? new Fate.Undecided("whether its TTL is over is not known") : onward.apply(routed);
    }
    boolean over = routed.isIn(ttl, OVER);
    walk.cut().require(routed, ttl, over ? OVER : OVER.complement(ttl.bits()));
    return over ? stopped(routed, stage, RouteClasses.timeExceeded(space.family()))
        : onward.apply(term instanceof Term.Constant constant ? routed.with(ttl, new Term.Constant(0, constant.low() - 1))
            : routed.with(ttl, ((Term.Origin) term).plus(-1), walk.origin()));
  }

  /** OUTPUT and what follows, for a packet of the host's own. */
  private Fate sent(Seen seen, Packet packet, Onward onward) {
    return sent(seen, packet, false, onward);
  }

  /** @param anySource whether it may have a source that is not the host's */
  private Fate sent(Seen seen, Packet packet, boolean anySource, Onward onward) {
    Stage stage = new Stage(packet, null, false, null);
    Seen begun = packet.isAttached() && hooks.isTracked() ? seen.with(state, new Term.Constant(0, packet.state())) : untracked(seen);
    return route(begun.with(in, none()), stage, anySource, routed -> hook(Hook.OUTPUT, 0, routed, stage, output -> {
      NetDevice by = device(output, out);
      Onward posted = by.isLoopback() ? left -> looped(left, by, packet, onward)
          : left -> isTo(left, routes.staying()) ? noWay(packet, left, RouteClasses.STAYS) : onward.apply(left);
      if (!comesBack(output, by)) {
        return hook(Hook.POSTROUTING, 0, output, stage, posted);
      }
      Fate copy = hook(Hook.POSTROUTING, 0, output, stage, left -> looped(left, by, packet,
          here -> new Fate.End(ConnectionProbe.PASSES, packet.deeds(here), List.of())));
      if (copy.isUndecided()) {
        return copy;
      }
      Fate own = ofCopy(copy, packet.deeds(output).size());
      boolean plain = own.equals(new Fate.End(ConnectionProbe.PASSES, List.of(), List.of()));
      return hook(Hook.POSTROUTING, 0, plain ? output : output.doing("a copy for the host itself: " + own), stage, posted);
    }));
  }

  /** A copy's fate without what was done before it was made: so many deeds. */
  private static Fate ofCopy(Fate copy, int before) {
    return copy instanceof Fate.Choice choice
        ? new Fate.Choice(choice.question(), ofCopy(choice.yes(), before), ofCopy(choice.no(), before))
        : copy instanceof Fate.End end ? end.with(end.deeds().stream().skip(before).toList(), List.of()) : copy;
  }

  /** Whether the host gets a copy of its own packet, to all or to a group. */
  private boolean comesBack(Seen output, NetDevice by) {
    return isTo(output, routes.comingBack(by));
  }

  private boolean isTo(Seen seen, ValueSet destinations) {
    return isIn(seen, destination, destinations);
  }

  private boolean isIn(Seen seen, Axis axis, ValueSet values) {
    if (values.isEmpty()) {
      return false;
    }
    boolean is = values.contains(seen.point().high(axis.index()), seen.point().low(axis.index()));
    walk.cut().require(seen, axis, is ? values : values.complement(axis.bits()));
    return is;
  }

  /** It comes in by lo, or as a copy by where it leaves, with its route, mark and connection. */
  private Fate looped(Seen left, NetDevice device, Packet packet, Onward onward) {
    Stage stage = new Stage(packet, device, true, null);
    return hook(Hook.PREROUTING, 0, left.with(in, value(device)).with(out, none()), stage,
        before -> device.isLoopback() && isTo(before, routes.lostAtLo())
            ? noWay(packet, before, RouteClasses.Stop.of(Route.Failure.NOT_JOINED, space.family())) : hook(Hook.INPUT, 0, before, stage, onward));
  }

  private Fate stopped(Seen seen, Stage stage, RouteClasses.Stop stop) {
    Fate.End end = noWay(stage.packet(), seen, stop);
    return stop.icmpAnswer() < 0 || stage.in() == null ? end : refused(end, stop.icmpAnswer(), false, seen, stage);
  }

  private Fate.End noWay(Packet packet, Seen seen, RouteClasses.Stop stop) {
    return packet.end(ConnectionProbe.NO_WAY + stop.why(), stop.silent() ? packet.deedsOfLost(seen) : packet.deeds(seen),
        packet.first() == null ? List.of() : written(packet, seen));
  }

  private Seen untracked(Seen seen) {
    return hooks.isTracked() ? seen.with(state, new Term.Constant(0, CtState.INVALID)) : seen;
  }

  /** @param anySource whether the source is not asked about, as when OUTPUT reroutes */
  private Fate route(Seen seen, Stage stage, boolean anySource, Onward onward) {
    if (seen.term(source) instanceof Term.Unknown || seen.term(destination) instanceof Term.Unknown) {
      return new Fate.Undecided("where NAT sends it is one of several addresses");
    }
    for (Axis axis : space.markAxes(Field.MARK)) {
      if (seen.term(axis) instanceof Term.Unknown && routes.asksMarks()) {
        return new Fate.Undecided("the mark by which it may be routed is not known");
      }
    }
    RouteClasses.Routed routed = routes.route(stage.in(), anySource, (int) space.mark(Field.MARK, seen.point()),
        seen.point().high(source.index()), seen.point().low(source.index()),
        seen.point().high(destination.index()), seen.point().low(destination.index()));
    walk.cut().require(seen, source, routed.sources());
    walk.cut().require(seen, destination, routed.destinations());
    if (stage.packet().isError() && seen.term(in) instanceof Term.Origin) {
      walk.cut().require(seen, in, ValueSet.union(routes.alike(stage.in(), (int) space.mark(Field.MARK, seen.point()), routed).stream()
          .map(device -> ValueSet.of(space.interfaceValue(device))).toList()));
    }
    if (!routed.open().isEmpty()) {
      return new Fate.Undecided(routed.open());
    }
    return routed.stop() != null ? stopped(seen, stage, routed.stop())
        : onward.apply(sentTo(routed, seen).with(out, routed.out() == null ? none() : value(routed.out())));
  }

  private Seen sentTo(RouteClasses.Routed routed, Seen seen) {
    Seen sent = routed.own() == null ? seen : seen.with(source, new Term.Constant(routed.own().hi(), routed.own().lo()));
    return routed.via().isEmpty() ? sent : sent.doing(new Deed("via " + routed.via(), Deed.Reach.WAY));
  }

  /** The route is asked for again; rules of the hook go on seeing the interface of the first one. */
  private Fate rerouted(int index, Seen seen, Stage stage, Onward onward) {
    return route(seen, stage, true,
        routed -> hook(Hook.OUTPUT, index, routed.with(out, seen.term(out)), stage.rerouted(routed.term(out)), onward));
  }

  private Fate hook(Hook hook, int index, Seen seen, Stage stage, Onward onward) {
    if (index == hooks.at(hook).size()) {
      return onward.apply(stage.rerouted() == null ? seen : seen.with(out, stage.rerouted()));
    }
    HookSteps.Step step = hooks.at(hook).get(index);
    Onward rest = passed -> hook(hook, index + 1, passed, stage, onward);
    switch (step.kind()) {
      case TRACK:
        return stage.looped() ? rest.apply(seen) : tracked(seen, stage.packet(), rest);
      case NAT:
        return nat(hook, step, seen, stage, hook != Hook.OUTPUT ? rest : translated ->
            translated.term(destination).equals(seen.term(destination)) ? rest.apply(translated)
                : rerouted(index + 1, translated, stage, onward));
      default:
        boolean reroutes = hook == Hook.OUTPUT && step.table().name().equals("mangle");
        return walk.enter(step.table(), step.chain(), seen, (verdict, passed, by) -> !verdict.equals("ACCEPT")
            ? verdict.startsWith("REJECT") ? refused(ended(verdict, passed, stage), answer(by), hook == Hook.INPUT, passed, stage)
                : ended(verdict, passed, stage) : reroutes && isMarked(seen, passed)
                ? rerouted(index + 1, passed, stage, onward) : rest.apply(passed));
    }
  }

  /** Type and code of the ICMP error with which the rule answers; -1 for a reset. */
  private static int answer(Decision by) {
    return by.rule().map(rule -> rule.rule().target()).filter(ExtensionTarget.class::isInstance)
        .map(target -> ((ExtensionTarget) target).icmpAnswer().orElse(-1)).orElse(-1);
  }

  /**
   * Whether who sent a connection's first packet hears that it is not let pass: {@code end}, with what becomes of the answer.
   *
   * @param icmp type and code of the ICMP error that the host answers with; -1 for a reset
   * @param local whether the packet was for the host itself
   */
  private Fate refused(Fate.End end, int icmp, boolean local, Seen seen, Stage stage) {
    boolean tracked = !hooks.isTracked() || (seen.point().low(state.index()) & CtState.STATE_MASK) == CtState.NEW;
    if (sequel != null || stage.packet().first() != null || !tracked || isIn(seen, destination, unanswered)
        || isIn(seen, source, unanswerable) || seen.term(source) instanceof Term.Unknown) {
      return end;
    }
    NetDevice asker = stage.looped() ? null : stage.in();
    Packet answer = new Packet(turns.errorState(seen), true, null, seen, true, end.verdict(),
        stage.packet().deedsOfRefused(seen));
    Onward told = heard -> new Fate.End(end.verdict(), device(heard, out) == asker ? Told.SENDER : Told.OTHERS,
        answer.deeds(heard), end.written());
    return sent(turns.refusal(seen, icmp, local, host.network().sysctls()), answer, icmp < 0, told);
  }

  private Fate tracked(Seen seen, Packet packet, Onward rest) {
    if (packet.isAttached() && seen.point().low(state.index()) == packet.state()) {
      return rest.apply(seen); // it has its connection, whatever CT says
    }
    if (seen.deeds().stream().anyMatch(deed -> deed.startsWith("CT ") && deed.contains("--zone"))) {
      return new Fate.Undecided("the connection is in a zone of its own");
    }
    boolean off = seen.deeds().contains(Targets.UNTRACKING);
    return rest.apply(seen.with(state, new Term.Constant(0, off ? CtState.UNTRACKED : packet.state())));
  }

  private Fate nat(Hook hook, HookSteps.Step step, Seen seen, Stage stage, Onward rest) {
    if (seen.point().low(state.index()) == CtState.UNTRACKED) {
      return rest.apply(seen);
    }
    if (stage.packet().first() != null) {
      if (stage.packet().isError() && turns.isTranslated(stage.packet().first()) && isRedirect(seen)) {
        return ended("DROP", seen, stage);
      }
      return rest.apply(stage.packet().isError() || stage.packet().refusal() && isIcmp(seen)
          ? turns.translatedError(hook, seen, stage.packet().reply(), stage.packet().first())
          : turns.translated(hook, seen, stage.packet().reply(), stage.packet().first()));
    }
    if (stage.looped()) {
      return rest.apply(seen); // it was bound, or bound to nothing, when it left
    }
    return walk.enter(step.table(), step.chain(), seen, (verdict, passed, by) -> {
      Optional<Rewrite> rewrite = by.rule().map(rule -> rule.rule().target())
          .filter(ExtensionTarget.class::isInstance).flatMap(target -> ((ExtensionTarget) target).rewrite());
      return rewrite.isPresent() && rewrite.get() instanceof Rewrite.Nat nat
          ? binding.bind(nat, hook, passed, stage.in(), device(passed, out), rest,
              why -> ended(why, passed, stage))
          : verdict.equals("ACCEPT") ? rest.apply(passed) : ended(verdict, passed, stage);
    });
  }

  private boolean isIcmp(Seen seen) {
    return seen.term(space.axis(Field.PROTOCOL)) instanceof Term.Constant; // what it was made to be
  }

  private boolean isRedirect(Seen seen) {
    Axis type = space.axis(Field.ICMP_TYPE_CODE);
    boolean is = space.family() == Family.IPV4 && Sequel.redirects().contains(0, seen.point().low(type.index()));
    walk.cut().require(seen, type, is ? Sequel.redirects() : Sequel.redirects().complement(type.bits()));
    return is;
  }

  /** Whether rules changed the mark, by which it may be routed. */
  private boolean isMarked(Seen before, Seen after) {
    return space.markAxes(Field.MARK).stream().anyMatch(axis -> after.term(axis) instanceof Term.Unknown
        || after.point().low(axis.index()) != before.point().low(axis.index()));
  }

  private Fate.End ended(String verdict, Seen seen, Stage stage) {
    Packet packet = stage.packet();
    List<String> deeds = verdict.startsWith("DROP") ? packet.deedsOfLost(seen)
        : verdict.startsWith("REJECT") ? packet.deedsOfRefused(seen) : packet.deeds(seen);
    return packet.end(verdict, deeds, written(packet, seen));
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

  /** Of what follows it is known what was written. */
  private List<Written> written(Packet packet, Seen seen) {
    return packet.sequel() != null ? List.of() : written(packet.first() == null ? seen : packet.first());
  }

  private List<Written> written(Seen seen) {
    return WayText.written(space, seen);
  }

  private List<Written> written(Seen first, Seen answer) {
    List<Written> both = new ArrayList<>(written(first));
    written(answer).forEach(word -> both.add(word.ofAnswer()));
    return both;
  }
}
