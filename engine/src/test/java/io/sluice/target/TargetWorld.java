package io.sluice.target;

import io.sluice.conntrack.Conntrack;
import io.sluice.host.Network;
import io.sluice.ipset.IpSets;
import io.sluice.match.PacketNotation;
import io.sluice.net.ActionParam;
import io.sluice.net.ActionParam.Backend;
import io.sluice.net.Net;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.PacketText;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Rule;
import io.sluice.text.IpSetReader;
import io.sluice.text.IpSetWriter;
import io.sluice.text.ReadException;
import io.sluice.text.SourceText;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One target and one packet, on a host with {@code lo} only; answers are noted, not routed. */
final class TargetWorld {
  private static final Pattern CHANGE = Pattern.compile(" (\\S+?)([+-])=(\\S+)");

  private final TargetCase c;
  private final ExtensionTarget target;
  private final Clock clock;
  private final Conntrack conntrack;
  private final Net net;
  private final ActionParam par;
  private final StringBuilder sent = new StringBuilder();

  TargetWorld(TargetCase c, Backend backend, Rule rule) {
    this.c = c;
    this.target = (ExtensionTarget) rule.target();
    clock = new Clock();
    SplittableRandom random = new SplittableRandom(1);
    Network network = Network.loopbackOnly();
    conntrack = new Conntrack(network.sysctls(), clock, random);
    net = new Net(network, conntrack, sets(c.sets(), clock), clock, q -> true, this::answered,
        (offending, type, code, info) -> sent.append(" > icmp ").append(type).append('/').append(code), random);
    par = new ActionParam(net);
    Hook hook = Hook.valueOf(c.chain());
    PacketNotation notation = notation(c.packet());
    par.enter(c.family(), hook, c.table(), backend, notation.in(), notation.out());
    par.setState(target.newState());
  }

  /** The case's sets after more lines of {@code ipset restore}. */
  private static IpSets sets(String restore, Clock clock) {
    try {
      return IpSetReader.read(SourceText.of("sets", restore)).copy(clock);
    } catch (ReadException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private void answered(SkBuff answer) {
    sent.append(" > ").append(PacketText.describe(answer));
  }

  private PacketNotation notation(String words) {
    return new PacketNotation(c.family(), 0, words + " hook=" + c.chain());
  }

  /** Verdict, what changed, and what was sent: in the words of the case if it was right. */
  String answer() {
    SkBuff skb = notation(c.packet()).build(conntrack);
    Verdict verdict = target.target(skb, par);
    String expected = c.answer().split(" > ")[0];
    String after = expected.indexOf(' ') < 0 ? "" : expected.substring(expected.indexOf(' '));
    Conntrack other = new Conntrack(Network.loopbackOnly().sysctls(), clock, new SplittableRandom(1));
    SkBuff wanted = notation(c.packet() + CHANGE.matcher(after).replaceAll("")).build(other);
    String wantedState = state(wanted) + "\n" + saved(sets(c.sets() + changes(after), clock));
    String state = state(skb) + "\n" + saved(net.sets());
    if (!wantedState.equals(state)) {
      return verdict + " " + state + sent + "\n instead of\n" + wantedState;
    }
    return verdict + after + sent;
  }

  /** {@code s1+=10.0.0.9} and {@code s1-=10.0.0.9}, as {@code ipset restore} takes them. */
  private static String changes(String after) {
    StringBuilder out = new StringBuilder();
    for (Matcher change = CHANGE.matcher(after); change.find();) {
      out.append(change.group(2).equals("+") ? "add -exist " : "del ").append(change.group(1)).append(' ')
          .append(change.group(3).replace('_', ' ')).append('\n');
    }
    return out.toString();
  }

  private static List<String> saved(IpSets sets) {
    return IpSetWriter.save(sets).lines().sorted().toList();
  }

  private static String state(SkBuff skb) {
    return PacketText.describe(skb) + " mark=" + Integer.toHexString(skb.mark()) + " priority="
        + Integer.toHexString(skb.priority()) + " ctmark="
        + (skb.ct().connection() == null ? "-" : Integer.toHexString(skb.ct().connection().mark())) + " "
        + skb.ct().info() + " " + HexFormat.of().formatHex(skb.toBytes());
  }
}
