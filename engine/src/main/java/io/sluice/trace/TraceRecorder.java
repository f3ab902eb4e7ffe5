package io.sluice.trace;

import io.sluice.host.NetDevice;
import io.sluice.host.Route;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.PacketText;
import io.sluice.pipeline.Fate;
import io.sluice.pipeline.Observer;
import io.sluice.pipeline.Outcome;
import io.sluice.text.RuleSetWriter;
import io.sluice.trace.TraceEvent.Kind;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Notes every step of the packets that pass; {@link #take} hands them over, packet by packet. */
public final class TraceRecorder implements Observer {

  /** What is pushed aside while an answer passes. */
  private record Place(NetDevice in, NetDevice out) {}

  /** Of a packet that visits more rules, the rest is not told: nobody reads it, and it would fill the memory. */
  private static final int MAX_RULES = 1 << 20;

  private final List<TraceEvent> events = new ArrayList<>();
  private final List<Place> places = new ArrayList<>();
  private NetDevice in;
  private NetDevice out;
  private int rules;

  /** What was noted since the last call. */
  public List<TraceEvent> take() {
    List<TraceEvent> taken = List.copyOf(events);
    events.clear();
    return taken;
  }

  private int base() {
    return Math.max(0, places.size() - 1) * 3;
  }

  private void add(Kind kind, int depth, String text, LiveChain chain, LiveRule rule) {
    events.add(new TraceEvent(kind, base() + depth, text, Optional.ofNullable(chain), Optional.ofNullable(rule)));
  }

  @Override
  public void begin(SkBuff skb, NetDevice device, boolean answer) {
    if (places.isEmpty()) {
      rules = 0;
    }
    places.add(new Place(in, out));
    String from = device == null ? "local" : device.name();
    add(answer ? Kind.ANSWER : Kind.PACKET, 0, (answer ? "the host answers" : "from " + from) + ": "
        + PacketText.describe(skb), null, null);
  }

  @Override
  public void hook(Hook hook, SkBuff skb, NetDevice hookIn, NetDevice hookOut) {
    in = hookIn;
    out = hookOut;
    add(Kind.HOOK, 0, hook + (in == null ? "" : " in=" + in) + (out == null ? "" : " out=" + out), null, null);
  }

  @Override
  public void conntrack(SkBuff skb, Verdict verdict) {
    add(Kind.CONNTRACK, 1, "conntrack: " + skb.ct().info().ctstate()
        + (skb.ct().info().isReply() ? ", reply direction" : ""), null, null);
  }

  @Override
  public void enter(LiveChain chain, SkBuff skb) {
    if (isFull()) {
      return;
    }
    add(Kind.CHAIN, 1, chain.table().name() + " " + chain.name(), chain, null);
  }

  @Override
  public void noMatch(LiveRule rule, int part, SkBuff skb) {
    if (isFull()) {
      return;
    }
    add(Kind.NO_MATCH, 2, Mismatch.why(rule, part, skb, in, out), null, rule);
  }

  private boolean isFull() {
    if (rules == MAX_RULES) {
      add(Kind.NOTE, 1, "… and more rules, which are not listed", null, null);
    }
    return ++rules > MAX_RULES;
  }

  @Override
  public void match(LiveRule rule, SkBuff skb) {
    if (isFull()) {
      return;
    }
    add(Kind.MATCH, 2, RuleSetWriter.rule(rule.rule()), null, rule);
  }

  @Override
  public void policy(LiveChain chain, Verdict policy) {
    add(Kind.POLICY, 2, "policy " + policy + " of " + chain.table().name() + " " + chain.name(), chain, null);
  }

  @Override
  public void translated(SkBuff skb, String before) {
    add(Kind.NAT, 1, "nat: " + before + "  =>  " + PacketText.describe(skb), null, null);
  }

  @Override
  public void routed(SkBuff skb, Route route) {
    String where = route.failed() ? route.failure().text()
        : route.isLocalDelivery() ? "to this host (" + route.type() + ")"
        : "out " + route.out() + route.gateway().map(g -> " via " + g).orElse("");
    add(Kind.ROUTE, 0, "routing: " + skb.destination() + " " + where, null, null);
  }

  @Override
  public void note(SkBuff skb, String text) {
    add(Kind.NOTE, 0, text, null, null);
  }

  @Override
  public void end(Outcome outcome) {
    outcome.conditions().forEach(condition -> add(Kind.NOTE, 0, "assumed: " + condition, null, null));
    String fate = outcome.fate().name().toLowerCase(Locale.ROOT).replace('_', ' ');
    String text = outcome.fate().arrived()
        ? fate + outcome.out().map(d -> (outcome.fate() == Fate.DELIVERED ? " through " : " by ") + d).orElse("")
        : fate + ": " + Culprit.of(outcome);
    add(Kind.END, 0, text, outcome.policy().orElse(null), outcome.rule().orElse(null));
    Place place = places.remove(places.size() - 1);
    in = place.in();
    out = place.out();
  }
}
