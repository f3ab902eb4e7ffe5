package io.sluice.analysis.witness;

import io.sluice.host.NetDevice;
import io.sluice.net.ActionParam;
import io.sluice.net.CtState;
import io.sluice.net.Owner;
import io.sluice.net.SkBuff;
import io.sluice.packet.Packet;
import io.sluice.packet.Protocols;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;
import io.sluice.packet.EthernetHeader;
import io.sluice.ruleset.Circumstance;
import io.sluice.ruleset.Field;
import io.sluice.walk.ChainEvaluator;
import io.sluice.walk.LiveChain;
import java.util.EnumMap;
import java.util.Map;

/** Looks at every packet that enters a base chain, and tells when one is as a {@link Sighting} says. */
final class Lookout implements Goal {
  private Sighting wanted;
  private boolean seen;

  /** From now on looks for this; for nothing if it is null. */
  void lookFor(Sighting sighting) {
    wanted = sighting;
  }

  /** An evaluator that looks before {@code inner} evaluates. */
  ChainEvaluator over(ChainEvaluator inner) {
    return (base, skb, par, result) -> {
      if (wanted != null && !seen) {
        seen = sees(base, skb, par);
      }
      return inner.evaluate(base, skb, par, result);
    };
  }

  @Override
  public void before(Simulator simulator, Step step) {
    seen = false;
  }

  @Override
  public boolean isMet(Simulator simulator, Outcome outcome) {
    return seen;
  }

  private boolean sees(LiveChain base, SkBuff skb, ActionParam par) {
    return par.family() == wanted.family() && par.hook() == wanted.hook() && base.table().name().equals(wanted.table())
        && wanted.in().map(name -> isCalled(par.in(), name)).orElse(true)
        && wanted.out().map(name -> isCalled(par.out(), name)).orElse(true)
        && wanted.source().map(a -> a.equals(skb.source())).orElse(true)
        && wanted.destination().map(a -> a.equals(skb.destination())).orElse(true)
        && wanted.shape().map(s -> s == shape(skb)).orElse(true) && numbers(skb) && known(skb);
  }

  private static boolean isCalled(NetDevice device, String name) {
    return device != null && device.name().equals(name);
  }

  private static Shape shape(Packet packet) {
    return packet.fragmentOffset() != 0 ? Shape.LATER_FRAGMENT
        : packet.hasTransport(Transport.headerLength(packet.protocol())) ? Shape.REGULAR : Shape.CUT_SHORT;
  }

  private boolean numbers(SkBuff skb) {
    for (Map.Entry<Field, Long> number : wanted.numbers().entrySet()) {
      if (value(number.getKey(), skb) != number.getValue()) {
        return false;
      }
    }
    return true;
  }

  private boolean known(SkBuff skb) {
    Owner owner = skb.owner();
    boolean program = owner != null && owner != Owner.KERNEL;
    boolean framed = skb.isFramed();
    Map<Circumstance, Long> known = new EnumMap<>(Circumstance.class);
    known.put(Circumstance.SOCKET, owner == null ? 0L : 1);
    known.put(Circumstance.PROGRAM, program ? 1L : 0);
    known.put(Circumstance.UID, program ? owner.uid() : -1);
    known.put(Circumstance.GID, program ? owner.gid() : -1);
    known.put(Circumstance.FRAMED, framed ? 1L : 0);
    known.put(Circumstance.MAC, framed ? EthernetHeader.source(skb.linkHeader()) : -1);
    known.put(Circumstance.PACKET_TYPE, (long) skb.addressing().number());
    known.put(Circumstance.PORT_IN, index(skb.physIn()));
    known.put(Circumstance.PORT_OUT, index(skb.physOut()));
    return known.entrySet().containsAll(wanted.known().entrySet());
  }

  private static long index(NetDevice port) {
    return port == null ? 0 : port.index();
  }

  /** The field's value; -1 where the packet has none. */
  private static long value(Field field, SkBuff skb) {
    int at = skb.transportOffset();
    boolean regular = shape(skb) == Shape.REGULAR;
    switch (field) {
      case PROTOCOL:
        return skb.protocol();
      case SOURCE_PORT:
        return regular && Transport.hasPorts(skb.protocol()) ? skb.sourcePort() : -1;
      case DESTINATION_PORT:
        return regular && Transport.hasPorts(skb.protocol()) ? skb.destinationPort() : -1;
      case ICMP_TYPE_CODE:
        return regular && Transport.isIcmp(skb.protocol()) ? skb.u16(at) : -1;
      case TCP_FLAGS:
        return regular && skb.protocol() == Protocols.TCP ? skb.u8(at + 13) : -1;
      case CTSTATE:
        return CtState.of(skb.ct());
      case MARK:
        return skb.mark() & 0xffff_ffffL;
      case CONNMARK:
        return skb.ct().connection() == null ? -1 : skb.ct().connection().mark() & 0xffff_ffffL;
      case LENGTH:
        return skb.length();
      case TTL:
        return skb.ttl();
      case TOS:
        return skb.tos();
      default:
        throw new IllegalArgumentException("not a number: " + field);
    }
  }
}
