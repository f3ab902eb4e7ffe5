package io.sluice.analysis.space;

import io.sluice.compile.ValueSet;
import io.sluice.extension.ProtocolNames;
import io.sluice.net.CtState;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import io.sluice.ruleset.Circumstance;
import io.sluice.ruleset.Field;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongFunction;

/** Says in words for people which packets a cube has. */
public final class CubeText {
  private static final String[] STATES = {"INVALID", "NEW", "RELATED", "ESTABLISHED", "UNTRACKED"};
  private static final String[] FLAGS = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};
  private static final List<Field> ORDER = List.of(Field.IN_INTERFACE, Field.OUT_INTERFACE, Field.PROTOCOL, Field.SOURCE,
      Field.SOURCE_PORT, Field.DESTINATION, Field.DESTINATION_PORT, Field.ICMP_TYPE_CODE, Field.TCP_FLAGS, Field.CTSTATE);
  private static final Map<Field, String> WORDS = Map.of(Field.IN_INTERFACE, "in", Field.OUT_INTERFACE, "out",
      Field.SOURCE, "from", Field.DESTINATION, "to", Field.CTSTATE, "state", Field.DESTINATION_PORT, "port",
      Field.SOURCE_PORT, "from port", Field.ICMP_TYPE_CODE, "icmp type");

  private static final List<Field> HEADER =
      List.of(Field.SOURCE_PORT, Field.DESTINATION_PORT, Field.ICMP_TYPE_CODE, Field.TCP_FLAGS);

  /** A network less the host's own address and the broadcast address is more than that. */
  private static final int FEW = 2;

  private final Space space;
  private final Cube universe;
  private final int mostRanges;

  /**
   * @param universe all packets that there can be; what is true of all of them is not said
   * @param mostRanges how many ranges of values are listed before the rest is only counted
   */
  public CubeText(Space space, Cube universe, int mostRanges) {
    this.space = space;
    this.universe = universe;
    this.mostRanges = mostRanges;
  }

  /** {@code in not cni0, out cni0, protocol tcp}; {@code every packet} when nothing is confined. */
  public String text(Cube cube) {
    List<String> phrases = new ArrayList<>();
    fields(cube).forEach((name, value) -> phrases.add((name + " " + value).strip()));
    return phrases.isEmpty() ? "every packet" : String.join(", ", phrases);
  }

  /** What confines the packets: the name of each field, and its values in words. */
  public Map<String, String> fields(Cube cube) {
    Map<String, String> said = new LinkedHashMap<>();
    for (Field field : ORDER) {
      say(cube, space.axis(field), said);
    }
    for (Axis axis : space.axes()) {
      if (axis.field().map(field -> !ORDER.contains(field) || axis != space.axis(field)).orElse(true)) {
        say(cube, axis, said);
      }
    }
    return said;
  }

  private void say(Cube cube, Axis axis, Map<String, String> said) {
    ValueSet set = cube.values(axis);
    ValueSet all = universe.values(axis);
    if (set == null || all != null && set.containsAll(all)) {
      return;
    }
    if (axis.isAnswer() && axis.bits() > 1) {
      said.put(axis.name(), ranges(axis, set, all, value -> space.text(space.circumstance(axis).orElseThrow(), value)));
      return;
    }
    if (axis.isAnswer()) {
      said.put(set.contains(1) ? "with" : "without", axis.name());
      return;
    }
    Field field = axis.field().orElseThrow();
    String name = space.isThen(axis) ? axis.name() : WORDS.getOrDefault(field, axis.name());
    if (field == Field.CTSTATE) {
      said.put(name, states(set, all));
    } else if (field == Field.TCP_FLAGS) {
      said.put(name, flags(set));
    } else if (field == Field.FRAGMENT) {
      if (asksHeader(cube)) {
        return; // of a later fragment there is no header to ask
      }
      said.put(set.contains(Space.REGULAR) ? "no" : "", "later fragments");
    } else if (field == Field.MARK || field == Field.CONNMARK) {
      said.put(axis.name().substring(0, axis.name().indexOf('/')), ranges(axis, set, all, v -> "0x" + Long.toHexString(axis.scatter(v)))
          + axis.name().substring(axis.name().indexOf('/')));
    } else {
      said.put(name, ranges(axis, set, all, null));
    }
  }

  private boolean asksHeader(Cube cube) {
    return HEADER.stream().anyMatch(field -> cube.values(space.axis(field)) != null);
  }

  /** The ranges, or, where those are fewer words, the ones that are not in it. */
  private String ranges(Axis axis, ValueSet set, ValueSet all, LongFunction<String> number) {
    ValueSet outside = set.complement(axis.bits());
    outside = all == null ? outside : outside.intersection(all);
    boolean isInterface = axis.field().filter(f -> f == Field.IN_INTERFACE || f == Field.OUT_INTERFACE).isPresent()
        || space.circumstance(axis).filter(Circumstance::isPort).isPresent();
    boolean inverted = isInterface ? outside.size() < set.size() && !names(outside).contains("others")
        : words(axis, outside) < words(axis, set) || words(axis, outside) == words(axis, set) && outside.size() < set.size();
    ValueSet shown = inverted ? outside : set;
    if (isAddress(axis) && mostRanges < Integer.MAX_VALUE && words(axis, shown) > FEW) {
      ValueSet rest = set.complement(axis.bits());
      Optional<String> side = behind(axis, set, words(axis, shown)).or(
          () -> space.sides().flatMap(sides -> sides.in(rest)).filter(some -> some.others().isEmpty())
              .flatMap(some -> behind(axis, rest, words(axis, shown))).map("not "::concat));
      if (side.isPresent()) {
        return side.get();
      }
    }
    if (isInterface) {
      return interfaces(axis.field().isPresent() ? "interface" : "port", shown, inverted);
    }
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < shown.rangeCount() && i < mostRanges; i++) {
      texts.add(range(axis, shown, i, number));
    }
    if (shown.rangeCount() > mostRanges) {
      texts.add("and " + (shown.rangeCount() - mostRanges) + " more");
    }
    return (inverted ? "not " : "") + String.join(",", texts);
  }

  /**
   * {@code no interface or eth0,eth1}, {@code not eth0}, {@code any interface but eth0}: a packet that is not of one may have none.
   *
   * @param what what they are
   */
  private String interfaces(String what, ValueSet shown, boolean inverted) {
    String names = String.join(",", names(shown.minus(ValueSet.of(0))));
    if (!shown.contains(0)) {
      return (inverted ? "not " : "") + names;
    }
    return (inverted ? "any " : "no ") + what + (names.isEmpty() ? "" : (inverted ? " but " : " or ") + names);
  }

  /** What is behind interfaces, and the addresses beside; empty where that is no less to read. */
  private Optional<String> behind(Axis axis, ValueSet set, int words) {
    Optional<Sides.Behind> behind = space.sides().flatMap(sides -> sides.in(set)).filter(
        some -> 1 + words(axis, some.others()) < words && some.others().rangeCount() <= mostRanges);
    return behind.map(some -> {
      StringBuilder text = new StringBuilder("behind ").append(String.join(",", some.interfaces()));
      for (int i = 0; i < some.others().rangeCount(); i++) {
        text.append(',').append(range(axis, some.others(), i, null));
      }
      return text.toString();
    });
  }

  /** How much there is to read: a range of addresses that is no prefix is twice as long. */
  private int words(Axis axis, ValueSet set) {
    int words = set.rangeCount();
    for (int i = 0; i < set.rangeCount() && isAddress(axis); i++) {
      words += range(axis, set, i, null).indexOf('-') < 0 ? 0 : 1;
    }
    return words;
  }

  private static boolean isAddress(Axis axis) {
    return axis.field().filter(field -> field == Field.SOURCE || field == Field.DESTINATION).isPresent();
  }

  private List<String> names(ValueSet set) {
    List<String> names = new ArrayList<>();
    boolean others = false;
    for (int i = 0; i < set.rangeCount(); i++) {
      for (long value = set.firstLow(i); value <= Math.min(set.lastLow(i), 1 << 16); value++) {
        String name = value == 0 ? "none" : space.interfaceWords(value).orElse("");
        if (name.isEmpty()) {
          others = true;
          break;
        }
        names.add(name);
      }
    }
    if (others) {
      names.add("others");
    }
    return names;
  }

  private String range(Axis axis, ValueSet set, int i, LongFunction<String> number) {
    Field field = axis.field().orElse(null);
    if (isAddress(axis)) {
      return addresses(new IpAddress(space.family(), set.firstHigh(i), set.firstLow(i)),
          new IpAddress(space.family(), set.lastHigh(i), set.lastLow(i)));
    }
    LongFunction<String> one = number != null ? number : v -> value(field, v);
    String first = one.apply(set.firstLow(i));
    if (field == Field.ICMP_TYPE_CODE && (set.firstLow(i) & 0xff) == 0 && set.lastLow(i) == (set.firstLow(i) | 0xff)) {
      return Long.toString(set.firstLow(i) >> 8);
    }
    return set.firstLow(i) == set.lastLow(i) ? first : first + "-" + one.apply(set.lastLow(i));
  }

  private static String value(Field field, long value) {
    switch (field) {
      case PROTOCOL:
        return ProtocolNames.nameOrNumber((int) value);
      case ICMP_TYPE_CODE:
        return (value >> 8) + "/" + (value & 0xff);
      default:
        return Long.toString(value);
    }
  }

  /** A prefix, or first and last address. */
  private String addresses(IpAddress first, IpAddress last) {
    int bits = space.family().addressBits();
    long differHigh = first.hi() ^ last.hi();
    long differLow = first.lo() ^ last.lo();
    int free = differHigh != 0 ? 128 - Long.numberOfLeadingZeros(differHigh) : 64 - Long.numberOfLeadingZeros(differLow);
    ValueSet prefix = ValueSet.prefix(first.hi(), first.lo(), bits - free, bits);
    boolean whole = prefix.firstHigh(0) == first.hi() && prefix.firstLow(0) == first.lo()
        && prefix.lastHigh(0) == last.hi() && prefix.lastLow(0) == last.lo();
    return !whole ? first + "-" + last : free == 0 ? first.toString() : first + "/" + (bits - free);
  }

  private static String states(ValueSet set, ValueSet all) {
    List<String> names = new ArrayList<>();
    for (int state = 0; state < STATES.length; state++) {
      List<String> kinds = new ArrayList<>();
      boolean whole = true;
      for (int nat = 0; nat < CtState.COUNT; nat += CtState.SNAT) {
        if (all == null || all.contains(state | nat)) {
          boolean in = set.contains(state | nat);
          whole &= in;
          if (in) {
            kinds.add((nat & CtState.SNAT) != 0 && (nat & CtState.DNAT) != 0 ? "SNAT+DNAT"
                : nat == CtState.SNAT ? "SNAT" : nat == CtState.DNAT ? "DNAT" : "not NATed");
          }
        }
      }
      if (!kinds.isEmpty()) {
        names.add(whole ? STATES[state] : STATES[state] + " (" + String.join(" or ", kinds) + ")");
      }
    }
    return String.join(",", names);
  }

  /** {@code SYN without FIN,RST,ACK} where the set is of that kind. */
  private static String flags(ValueSet set) {
    long ones = 0xff;
    long zeros = 0xff;
    int count = 0;
    for (int value = 0; value < 256; value++) {
      if (set.contains(value)) {
        ones &= value;
        zeros &= ~value;
        count++;
      }
    }
    if (count == 1 << 8 - Long.bitCount(ones | zeros)) {
      return (ones == 0 ? "" : names(ones)) + (zeros == 0 ? "" : (ones == 0 ? "" : " ") + "without " + names(zeros));
    }
    ValueSet others = set.complement(8);
    return count > 128 ? "not " + flags(others) : "of " + count + " combinations";
  }

  private static String names(long flags) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < FLAGS.length; i++) {
      if ((flags & 1L << i) != 0) {
        names.add(FLAGS[i]);
      }
    }
    return String.join(",", names);
  }
}
