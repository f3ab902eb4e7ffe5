package io.sluice.compile.chain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.compile.chain.RandomChains.Input;
import io.sluice.compile.chain.RandomChains.Scenario;
import io.sluice.conntrack.Conntrack;
import io.sluice.host.NetDevice;
import io.sluice.net.ActionParam;
import io.sluice.net.CtState;
import io.sluice.net.Net;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRule;
import io.sluice.walk.LiveRuleSet;
import io.sluice.walk.Tracer;
import io.sluice.walk.Traversal;
import io.sluice.walk.Walker;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Headers in columns get the walker's verdict, rule and path, as far as headers decide. */
class ChainClassifierProperties {
  private static final int COPIES = 5;

  @Property(tries = 250, seed = "1")
  void columnsGetTheWalkersAnswers(@ForAll("scenarios") Scenario scenario, @ForAll("bounds") int maxBytes) throws Exception {
    Host host = RandomChains.host(scenario);
    LiveRuleSet live = new LiveRuleSet(host.ipv4());
    CompiledRules rules = CompiledRules.compile(host.ipv4(), host.network(), CompileOptions.DEFAULT.withMaxBytes(maxBytes));
    LiveChain forward = live.tables().stream().filter(t -> t.name().equals("filter")).findFirst().orElseThrow().chain("FORWARD");
    ChainClassifier classifier = rules.classifier(live, forward);
    NetDevice in = host.network().requireDevice("eth0");
    NetDevice out = host.network().requireDevice("eth1");
    Clock clock = new Clock();
    Conntrack conntrack = new Conntrack(host.network().sysctls(), clock, new SplittableRandom(1));
    ActionParam par = new ActionParam(new Net(host.network(), conntrack, host.sets().copy(clock), clock, question -> false, null,
        null, new SplittableRandom(1)));
    par.enter(Family.IPV4, Hook.FORWARD, "filter", forward.table().backend(), in, out);
    List<SkBuff> packets = new ArrayList<>();
    for (int copy = 0; copy < COPIES; copy++) {
      for (Input input : scenario.packets()) {
        SkBuff skb = new SkBuff();
        skb.arrive(input.bytes().clone(), input.bytes().length, in);
        skb.setMark(input.mark());
        if (skb.hasValidHeader() && PacketFields.isRegular(skb, par)) {
          packets.add(skb);
        }
      }
    }
    byte[] verdicts = new byte[packets.size()];
    int[] ruleIds = new int[verdicts.length];
    int[] pathIds = new int[verdicts.length];
    classifier.classify(columns(packets, in, out), 0, verdicts.length, verdicts, ruleIds, pathIds);
    for (int i = 0; i < verdicts.length; i++) {
      compare(classifier, packets.get(i), par, forward, verdicts[i], ruleIds[i], pathIds[i]);
      par.enter(Family.IPV4, Hook.FORWARD, "filter", forward.table().backend(), in, out);
    }
  }

  /** Walks until what the columns have left open. */
  private static void compare(
      ChainClassifier classifier, SkBuff skb, ActionParam par, LiveChain forward, byte verdict, int rule, int path) {
    List<LiveRule> hits = new ArrayList<>();
    LiveRule open = verdict == ChainClassifier.ASKS || verdict == ChainClassifier.ACTS || verdict == ChainClassifier.CALLS
        ? classifier.rule(rule) : null;
    Traversal traversal = new Traversal();
    try {
      Verdict walked = new Walker(new Tracer() {
        @Override
        public void noMatch(LiveRule walkedRule, int part, SkBuff packet) {
          // What the columns left open may turn out either way.
          if (walkedRule == open && verdict == ChainClassifier.ASKS) {
            throw new Reached();
          }
        }

        @Override
        public void match(LiveRule walkedRule, SkBuff packet) {
          if (walkedRule == open && verdict == ChainClassifier.ASKS) {
            throw new Reached();
          }
          hits.add(walkedRule);
          if (walkedRule == open || walkedRule.rule().target() instanceof ExtensionTarget) {
            throw new Reached();
          }
        }
      }).evaluate(forward, skb, par, traversal);
      Map<Verdict, Byte> codes = Map.of(Verdict.ACCEPT, ChainClassifier.ACCEPT, Verdict.DROP, ChainClassifier.DROP);
      assertEquals(codes.get(walked), verdict);
      assertEquals(traversal.decidedBy(), rule == ChainClassifier.POLICY ? null : classifier.rule(rule));
    } catch (Reached e) {
      assertTrue(open != null, () -> "the columns decided: " + verdict);
    }
    if (path != ChainClassifier.NO_PATH) {
      assertEquals(hits, classifier.path(path));
    }
  }

  private static final class Reached extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  private static PacketColumns columns(List<SkBuff> packets, NetDevice in, NetDevice out) {
    return new PacketColumns().with(Field.SOURCE, column(packets, skb -> (int) skb.srcLo()))
        .with(Field.DESTINATION, column(packets, skb -> (int) skb.dstLo()))
        .with(Field.PROTOCOL, column(packets, SkBuff::protocol))
        .with(Field.SOURCE_PORT, column(packets, skb -> skb.sourcePort()))
        .with(Field.DESTINATION_PORT, column(packets, skb -> skb.destinationPort()))
        .with(Field.ICMP_TYPE_CODE, column(packets, skb -> skb.sourcePort()))
        .with(Field.TCP_FLAGS, column(packets, PacketFields::tcpFlags))
        .with(Field.IN_INTERFACE, column(packets, skb -> in.index())).with(Field.OUT_INTERFACE, column(packets, skb -> out.index()))
        .with(Field.CTSTATE, column(packets, skb -> CtState.of(skb.ct()))).with(Field.MARK, column(packets, SkBuff::mark))
        .with(Field.LENGTH, column(packets, SkBuff::length)).with(Field.TTL, column(packets, SkBuff::ttl))
        .with(Field.TOS, column(packets, SkBuff::tos));
  }

  private static int[] column(List<SkBuff> packets, java.util.function.ToIntFunction<SkBuff> field) {
    return packets.stream().mapToInt(field).toArray();
  }

  @Provide
  Arbitrary<Integer> bounds() {
    return Arbitraries.of(1 << 12, 1 << 24);
  }

  @Provide
  Arbitrary<Scenario> scenarios() {
    return RandomChains.scenarios(12, 80);
  }
}
