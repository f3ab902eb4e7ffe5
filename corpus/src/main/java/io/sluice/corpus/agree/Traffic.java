package io.sluice.corpus.agree;

import io.sluice.corpus.scenario.Observation;
import io.sluice.corpus.scenario.Scenario;
import io.sluice.corpus.scenario.SluiceSubject;
import io.sluice.corpus.scenario.Step;
import io.sluice.corpus.scenario.SynAcks;
import io.sluice.packet.Fragmenter;
import io.sluice.packet.Packet;
import io.sluice.packet.Protocols;
import io.sluice.text.ReadException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * Makes conversations, packet by packet, while they are being held: an answer goes to where the packet before it has
 * come out, translated or not. Most flows are made for a rule that no packet has hit so far: of some drafts that its
 * conditions allow, the one is taken whose first packets hit most, as {@link Probe} foretells.
 */
final class Traffic {
  private static final int LOCAL_MAX = 1280;
  private static final int DRAFTS = 9;
  private static final int DRAFT_PACKETS = 4;
  private static final int WAYS = 3;
  private static final int ROOT = 0;

  private final World w;
  private final Scenario host;
  private final SynAcks synAcks;
  /** The host to try drafts on; null where Sluice does not take its rules, which the comparison will say. */
  private final SluiceSubject scratch;
  private final Random random;
  private final List<Wish> wishes;
  private final boolean prefixes;
  private final FlowMaker maker;
  private final Talk talk;
  private final Set<String> hit = new HashSet<>();
  private final Map<Wish, Integer> tried = new HashMap<>();
  private final List<Flow> flows = new ArrayList<>();
  private final Deque<Step> pending = new ArrayDeque<>();
  private Flow current;
  private byte[] sent;

  /**
   * @param host the host whose rules the flows are made for
   */
  Traffic(World w, Scenario host) {
    this.w = w;
    this.host = host;
    this.synAcks = new SynAcks(host);
    this.scratch = subject(host);
    String rules = w.v4() ? host.rules4() : host.rules6();
    this.prefixes = rules.contains("NPT ");
    this.wishes = Wish.of(w.family, rules, WAYS);
    this.random = w.random;
    this.maker = new FlowMaker(w, host.sets(), rules.contains("-j SYNPROXY"));
    this.talk = new Talk(w);
  }

  private static SluiceSubject subject(Scenario host) {
    try {
      return new SluiceSubject(host);
    } catch (ReadException e) {
      return null;
    }
  }

  /** The next thing to happen. */
  Step next() {
    if (!pending.isEmpty()) {
      return pending.remove();
    }
    if (current != null && current.child != null && w.chance(60)) {
      Flow child = current.child;
      current.child = null;
      begin(child);
    } else if (flows.isEmpty() || w.chance(22)) {
      begin(flow());
    } else if (w.chance(60) || current == null) {
      current = flows.get(Math.max(0, flows.size() - 1 - random.nextInt(5)));
    }
    Step step = step(current);
    if (step instanceof Step.In in && sent.length > 80 && w.chance(current.taste.fragments ? 45 : 4)) {
      fragments(in.device());
      return pending.remove();
    }
    return synAcks.counting(step); // counted so, it can be done again with another cookie
  }

  private void begin(Flow flow) {
    flows.add(flow);
    current = flow;
  }

  /** What became of the step that {@link #next} gave last, and which rules it has hit. */
  void saw(Observation seen, Set<String> rules) {
    hit.addAll(rules);
    synAcks.saw(seen);
    if (current != null && sent != null) {
      learn(current, seen);
    }
  }

  private void learn(Flow flow, Observation seen) {
    if (talk.isFromClient()) {
      flow.clientSent(sent, seen);
    } else {
      flow.serverSent(seen);
    }
  }

  private Step step(Flow flow) {
    sent = talk.packet(flow);
    while (at(flow).equals(Flow.HOST) && (sent.length > LOCAL_MAX || prefixes && isError(sent))) {
      // A raw socket refuses what does not fit, before any hook; and it does not say where ICMPv6 begins, so that SNPT and
      // DNPT look for what an error quotes in the wrong place.
      sent = talk.packet(flow);
    }
    String at = at(flow);
    if (at.equals(Flow.HOST)) {
      int uid = flow.taste.uid >= 0 ? flow.taste.uid : w.chance(30) ? 1000 : ROOT;
      return new Step.Local(sent, uid, ROOT);
    }
    return in(at, sent);
  }

  private static boolean isError(byte[] packet) {
    Packet p = new Packet();
    p.load(packet.clone(), packet.length);
    return p.hasValidHeader() && p.protocol() == Protocols.ICMPV6 && p.hasTransport(1) && p.u8(p.transportOffset()) < 128;
  }

  private String at(Flow flow) {
    return talk.isFromClient() ? flow.clientAt : flow.serverAt;
  }

  /** A packet that comes in; on a bridge, in a frame and by the port where its sender is. */
  private Step in(String device, byte[] packet) {
    if (!w.isBridged() || !device.equals(w.devices.get(0).name())) {
      return new Step.In(device, packet);
    }
    Packet p = new Packet();
    p.load(packet.clone(), packet.length);
    boolean valid = p.hasValidHeader();
    String source = valid ? p.source().toString() : "";
    return new Step.In(w.portOf(source), w.frame(source, valid ? p.destination().toString() : "", packet));
  }

  private void fragments(String device) {
    Packet p = new Packet();
    p.load(sent.clone(), sent.length);
    List<byte[]> pieces = new ArrayList<>();
    if (p.hasValidHeader() && !p.isFragment()) {
      pieces.addAll(Fragmenter.split(p, p.headerLength() + 16 + 8 * random.nextInt(8), random.nextInt()));
    }
    if (w.chance(30)) {
      Collections.shuffle(pieces, random);
    }
    if (w.chance(15) && !pieces.isEmpty()) {
      pieces.remove(random.nextInt(pieces.size()));
    }
    if (w.chance(15) && !pieces.isEmpty()) {
      pieces.add(random.nextInt(pieces.size()), w.pick(pieces));
    }
    boolean port = w.ports.stream().anyMatch(d -> d.name().equals(device));
    String at = port ? w.devices.get(0).name() : device;
    pieces.forEach(f -> pending.add(in(at, f)));
    if (pending.isEmpty()) {
      pending.add(in(at, sent));
    }
  }

  private Flow flow() {
    if (wishes.isEmpty() || scratch == null || w.chance(20)) {
      return maker.any();
    }
    List<Wish> open = wishes.stream().filter(wish -> !hit.contains(wish.rule())).toList();
    int least = open.stream().mapToInt(wish -> tried.getOrDefault(wish, 0)).min().orElse(0);
    List<Wish> untried = open.stream().filter(wish -> tried.getOrDefault(wish, 0) == least).toList();
    Wish wish = w.pick(open.isEmpty() || w.chance(10) ? wishes : untried);
    tried.merge(wish, 1, Integer::sum);
    Flow best = maker.fitting(wish);
    int bestScore = -1;
    for (int i = 0; i < DRAFTS && bestScore < 100; i++) {
      Flow draft = w.chance(15) ? maker.any() : maker.fitting(wish);
      Probe probe = new Probe(scratch.again());
      Set<String> drafted = new HashSet<>();
      Flow played = draft.again();
      SynAcks draftedAcks = new SynAcks(host);
      for (int n = 0; n < DRAFT_PACKETS; n++) {
        Observation seen = probe.apply(draftedAcks.counting(step(played)));
        draftedAcks.saw(seen);
        learn(played, seen);
        drafted.addAll(probe.hit());
      }
      boolean found = drafted.contains(wish.rule());
      drafted.removeAll(hit);
      int score = drafted.size() + (found ? 100 : 0);
      if (score > bestScore) {
        bestScore = score;
        best = draft;
      }
    }
    return best;
  }
}
