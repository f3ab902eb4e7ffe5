package io.sluice.analysis.space;

import io.sluice.extension.ProtocolNames;
import io.sluice.net.CtState;
import io.sluice.net.Owner;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Circumstance;
import io.sluice.ruleset.Field;
import java.util.ArrayList;
import java.util.List;

/** Says in words for people what a packet is like. */
public final class PointText {
  private static final String FLAGS = "FSRPAUEC";

  private PointText() {}

  /** {@code in eth0, out cni0, tcp 192.0.2.1:40000 > 10.88.0.5:80 flags S, NEW}. */
  public static String text(Space space, Point point) {
    List<String> words = new ArrayList<>();
    device(space, point, Field.IN_INTERFACE, "in ", words);
    device(space, point, Field.OUT_INTERFACE, "out ", words);
    int protocol = (int) value(space, point, Field.PROTOCOL);
    boolean ports = protocol == Protocols.TCP || protocol == Protocols.UDP || protocol == Protocols.UDPLITE
        || protocol == Protocols.SCTP || protocol == Protocols.DCCP;
    StringBuilder text = new StringBuilder(ProtocolNames.nameOrNumber(protocol)).append(' ')
        .append(end(space, point, Field.SOURCE, Field.SOURCE_PORT, ports)).append(" > ")
        .append(end(space, point, Field.DESTINATION, Field.DESTINATION_PORT, ports));
    if (protocol == Protocols.TCP) {
      text.append(" flags ").append(flags((int) value(space, point, Field.TCP_FLAGS)));
    } else if (protocol == (space.family() == Family.IPV4 ? Protocols.ICMP : Protocols.ICMPV6)) {
      long type = value(space, point, Field.ICMP_TYPE_CODE);
      text.append(" type ").append(type >> 8).append(" code ").append(type & 0xff);
    }
    words.add(text.toString());
    words.add(state((int) value(space, point, Field.CTSTATE)));
    for (Field mark : List.of(Field.MARK, Field.CONNMARK)) {
      if (space.mark(mark, point) != 0) {
        words.add((mark == Field.MARK ? "mark" : "connmark") + " 0x" + Long.toHexString(space.mark(mark, point)));
      }
    }
    if (value(space, point, Field.FRAGMENT) == Space.LATER_FRAGMENT) {
      words.add("later fragment");
    }
    for (Axis axis : space.axes()) {
      if (axis.isAnswer() && space.circumstance(axis).isEmpty() && point.low(axis.index()) == 1) {
        words.add("with " + axis.name());
      }
    }
    if (space.known(Circumstance.FRAMED, point) == 1) {
      words.add("from " + space.text(Circumstance.MAC, space.known(Circumstance.MAC, point)));
    }
    if (space.known(Circumstance.PACKET_TYPE, point) != 0) {
      words.add("to " + space.text(Circumstance.PACKET_TYPE, space.known(Circumstance.PACKET_TYPE, point)));
    }
    for (Circumstance port : List.of(Circumstance.PORT_IN, Circumstance.PORT_OUT)) {
      if (space.known(port, point) != 0) {
        words.add(port.words() + " " + space.text(port, space.known(port, point)));
      }
    }
    space.owner(point).map(owner -> owner.equals(Owner.KERNEL) ? "sent by the kernel" : "uid " + owner.uid() + " gid " + owner.gid())
        .ifPresent(words::add);
    return String.join(", ", words);
  }

  private static long value(Space space, Point point, Field field) {
    return point.low(space.axis(field).index());
  }

  private static void device(Space space, Point point, Field field, String word, List<String> words) {
    long value = value(space, point, field);
    if (value != 0) {
      words.add(word + space.interfaceWords(value).orElse("another"));
    }
  }

  private static String end(Space space, Point point, Field address, Field port, boolean ports) {
    int index = space.axis(address).index();
    IpAddress ip = new IpAddress(space.family(), point.high(index), point.low(index));
    return !ports ? ip.toString() : (space.family() == Family.IPV6 ? "[" + ip + "]" : ip) + ":" + value(space, point, port);
  }

  private static String flags(int bits) {
    StringBuilder letters = new StringBuilder();
    for (int i = 0; i < FLAGS.length(); i++) {
      letters.append((bits & 1 << i) != 0 ? FLAGS.charAt(i) : "");
    }
    return letters.isEmpty() ? "none" : letters.toString();
  }

  private static String state(int number) {
    String[] names = {"INVALID", "NEW", "RELATED", "ESTABLISHED", "UNTRACKED"};
    return names[number & CtState.STATE_MASK] + ((number & CtState.SNAT) != 0 ? ",SNAT" : "")
        + ((number & CtState.DNAT) != 0 ? ",DNAT" : "");
  }
}
