package io.sluice.trace;

import io.sluice.extension.ProtocolNames;
import io.sluice.host.NetDevice;
import io.sluice.net.SkBuff;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.IpMatch;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import io.sluice.walk.LiveRule;
import io.sluice.walk.Tracer;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Says why a rule did not match: the option that failed, and what the packet has there instead. */
final class Mismatch {
  private Mismatch() {}

  /**
   * @param part {@link Tracer#IP_PART} or the index of the match that failed
   * @param in the in-interface of the hook, or null
   * @param out the out-interface of the hook, or null
   */
  static String why(LiveRule rule, int part, SkBuff skb, NetDevice in, NetDevice out) {
    if (part == Tracer.IP_PART) {
      return ip(rule.ip(), skb, in, out);
    }
    Match match = rule.match(part);
    RuleWriter options = new RuleWriter().word("-m " + match.name());
    match.print(options);
    Set<Field> fields = EnumSet.noneOf(Field.class);
    collect(match.constraint(), fields);
    List<String> values = new ArrayList<>();
    for (Field field : fields) {
      String value = value(field, skb, in, out);
      if (!value.isEmpty()) {
        values.add(value);
      }
    }
    return options + (values.isEmpty() ? "" : ": " + String.join(", ", values));
  }

  private static String ip(IpMatch ip, SkBuff skb, NetDevice in, NetDevice out) {
    if (ip.source().matches(skb.srcHi(), skb.srcLo()) == ip.sourceInverted()) {
      return not(ip.sourceInverted()) + "-s " + ip.source() + ": source is " + skb.source();
    }
    if (ip.destination().matches(skb.dstHi(), skb.dstLo()) == ip.destinationInverted()) {
      return not(ip.destinationInverted()) + "-d " + ip.destination() + ": destination is " + skb.destination();
    }
    if (IpMatch.interfaceMatches(ip.inInterface(), in) == ip.inInverted()) {
      return not(ip.inInverted()) + "-i " + ip.inInterface() + ": in-interface is " + name(in);
    }
    if (IpMatch.interfaceMatches(ip.outInterface(), out) == ip.outInverted()) {
      return not(ip.outInverted()) + "-o " + ip.outInterface() + ": out-interface is " + name(out);
    }
    if (ip.protocol() != 0 && (ip.protocol() == skb.protocol()) == ip.protocolInverted()) {
      return not(ip.protocolInverted()) + "-p " + ProtocolNames.nameOrNumber(ip.protocol()) + ": protocol is "
          + ProtocolNames.nameOrNumber(skb.protocol());
    }
    return not(ip.fragmentInverted()) + "-f: the packet is " + (skb.fragmentOffset() != 0 ? "" : "not ")
        + "a later fragment";
  }

  private static String not(boolean inverted) {
    return inverted ? "! " : "";
  }

  private static String name(NetDevice device) {
    return device == null ? "none here" : device.name();
  }

  private static void collect(Constraint constraint, Set<Field> fields) {
    if (constraint instanceof Constraint.In in) {
      fields.add(in.field());
    } else if (constraint instanceof Constraint.Masked masked) {
      fields.add(masked.field());
    } else if (constraint instanceof Constraint.Addresses addresses) {
      fields.add(addresses.field());
    } else if (constraint instanceof Constraint.AddressRange range) {
      fields.add(range.field());
    } else if (constraint instanceof Constraint.Interface name) {
      fields.add(name.field());
    } else if (constraint instanceof Constraint.Not not) {
      collect(not.inner(), fields);
    } else if (constraint instanceof Constraint.All all) {
      all.parts().forEach(part -> collect(part, fields));
    } else if (constraint instanceof Constraint.Some some) {
      some.parts().forEach(part -> collect(part, fields));
    }
  }

  private static String value(Field field, SkBuff skb, NetDevice in, NetDevice out) {
    switch (field) {
      case IN_INTERFACE:
        return "in-interface is " + name(in);
      case OUT_INTERFACE:
        return "out-interface is " + name(out);
      case SOURCE:
        return "source is " + skb.source();
      case DESTINATION:
        return "destination is " + skb.destination();
      case PROTOCOL:
        return "protocol is " + ProtocolNames.nameOrNumber(skb.protocol());
      case SOURCE_PORT:
        return skb.hasTransport(4) ? "source port is " + skb.sourcePort() : "";
      case DESTINATION_PORT:
        return skb.hasTransport(4) ? "destination port is " + skb.destinationPort() : "";
      case ICMP_TYPE_CODE:
        return skb.hasTransport(2) ? "type/code is " + skb.u8(skb.transportOffset()) + "/"
            + skb.u8(skb.transportOffset() + 1) : "";
      case TCP_FLAGS:
        return skb.protocol() == Protocols.TCP && skb.hasTransport(14)
            ? "TCP flags are 0x" + Integer.toHexString(skb.u8(skb.transportOffset() + 13)) : "";
      case CTSTATE:
        return "ctstate is " + skb.ct().info().ctstate();
      case MARK:
        return "mark is 0x" + Integer.toHexString(skb.mark());
      case CONNMARK:
        return skb.ct().isTracked() ? "connection mark is 0x" + Integer.toHexString(skb.ct().connection().mark()) : "no connection";
      case LENGTH:
        return "length is " + skb.length();
      case TTL:
        return "TTL is " + skb.ttl();
      case TOS:
        return "TOS is 0x" + Integer.toHexString(skb.tos());
      default:
        return "";
    }
  }
}
