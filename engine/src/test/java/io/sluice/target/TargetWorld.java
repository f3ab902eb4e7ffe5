package io.sluice.target;

import io.sluice.conntrack.Conntrack;
import io.sluice.host.Network;
import io.sluice.ipset.IpSets;
import io.sluice.ipset.SetElement;
import io.sluice.ipset.SetHeader;
import io.sluice.ipset.SetType;
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
import java.util.HexFormat;
import java.util.OptionalInt;
import java.util.SplittableRandom;

/** One target and one packet, on a host with {@code lo} only; answers are noted, not routed. */
final class TargetWorld {
  private final TargetCase c;
  private final ExtensionTarget target;
  private final Conntrack conntrack;
  private final Net net;
  private final ActionParam par;
  private final StringBuilder sent = new StringBuilder();

  TargetWorld(TargetCase c, Backend backend, Rule rule) {
    this.c = c;
    this.target = (ExtensionTarget) rule.target();
    Clock clock = new Clock();
    SplittableRandom random = new SplittableRandom(1);
    Network network = Network.loopbackOnly();
    conntrack = new Conntrack(network.sysctls(), clock, random);
    net = new Net(network, conntrack, sets(clock), clock, q -> true, this::answered,
        (offending, type, code, info) -> sent.append(" > icmp ").append(type).append('/').append(code), random);
    par = new ActionParam(net);
    Hook hook = Hook.valueOf(c.chain());
    PacketNotation notation = notation(c.packet());
    par.enter(c.family(), hook, c.table(), backend, notation.in(), notation.out());
    par.setState(target.newState());
  }

  private static IpSets sets(Clock clock) {
    IpSets sets = new IpSets(clock);
    SetHeader plain = SetHeader.of("s1", SetType.HASH_IP, Family.IPV4);
    sets.create(new SetHeader("s1", plain.type(), plain.family(), plain.hashSize(), plain.maxElements(), plain.netmask(),
        plain.bitmask(), plain.markmask(), 0, 0, OptionalInt.empty(), false, false, false, true, 0, OptionalInt.empty(),
        plain.initval()));
    SetElement element = new SetElement();
    element.lo = 0x0a000001;
    element.skbMark = 0x12;
    element.skbMarkMask = 0xff;
    element.skbPriority = 0x10002;
    sets.add("s1", element, false);
    return sets;
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
    SkBuff wanted = notation(c.packet() + after).build(conntrack);
    if (!state(wanted).equals(state(skb))) {
      return verdict + " " + state(skb) + sent + "\n instead of\n" + state(wanted);
    }
    return verdict + after + sent;
  }

  private static String state(SkBuff skb) {
    return PacketText.describe(skb) + " mark=" + Integer.toHexString(skb.mark()) + " priority="
        + Integer.toHexString(skb.priority()) + " ctmark="
        + (skb.ct().connection() == null ? "-" : Integer.toHexString(skb.ct().connection().mark())) + " "
        + skb.ct().info() + " " + HexFormat.of().formatHex(skb.toBytes());
  }
}
