package io.sluice.analysis.oracle;

import io.sluice.host.NetDevice;
import io.sluice.ipset.IpSet;
import io.sluice.ipset.SetType;
import io.sluice.net.CtState;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.IcmpTypes;
import io.sluice.packet.IpAddress;
import io.sluice.packet.PacketBuilder;
import io.sluice.packet.Protocols;
import io.sluice.packet.TransportBuilder;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.IpMatch;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.Rewrite;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.Table;
import io.sluice.ruleset.Target;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * All packets that the rules of some tables (of some hosts) can tell apart: of those that every rule treats alike, one.
 *
 * <p>Ports, lengths, addresses and types are cut where some rule cuts them; interfaces and states that no rule tells apart
 * are one; marks are gone through bit by bit, since targets change them. What a packet is beside (its connection's tuple,
 * its payload) no rule may ask for.
 */
public final class PacketDomain {
  /** Those last that few packets have: of states that are alike to the rules the first is taken. */
  private static final int[] STATES = IntStream.range(0, CtState.COUNT)
      .filter(n -> (n & CtState.STATE_MASK) <= CtState.UNTRACKED && (CtState.hasConnection(n) || n < CtState.SNAT)).boxed()
      .sorted(Comparator.comparing(n -> (n & CtState.STATE_MASK) == CtState.RELATED)).mapToInt(n -> n).toArray();
  private static final int OTHER_PROTOCOL = 253;

  private final Family family;
  private final List<Host> hosts;
  private final Map<Field, TreeSet<BigInteger>> cuts = new EnumMap<>(Field.class);
  private final Map<Field, List<BigInteger[]>> ranges = new EnumMap<>(Field.class);
  private final Set<String> inPatterns = new HashSet<>();
  private final Set<String> outPatterns = new HashSet<>();
  private final List<List<Long>> stateRanges = new ArrayList<>();
  private final OctetClasses ttls = new OctetClasses();
  private final OctetClasses toses = new OctetClasses();
  private int jumps = 1;
  private int flagBits;
  private long markBits;
  private boolean marked;
  private boolean connmarked;
  private final boolean irregular;
  /** Whether packets go from hook to hook: then lo, by which none is forwarded, is like no other interface. */
  private final boolean tellsLoopback;
  private final boolean everyState;
  /** Whether rules ask for what is RELATED, as ICMP errors are. */
  private final boolean related;
  private final Set<String> asked = new HashSet<>();
  private List<Pattern> patterns;

  /** What does not depend on the hook. */
  private record Pattern(byte[] bytes, boolean regular) {}

  private PacketDomain(Family family, List<Host> hosts, List<String> tables, boolean irregular) {
    this.family = family;
    this.hosts = hosts;
    this.irregular = irregular;
    this.tellsLoopback = tables.size() > 1 || tables.contains("nat"); // what comes in there passes no nat chain
    for (Host host : hosts) {
      for (String table : tables) {
        Table rules = host.rules(family).table(table).orElseThrow();
        rules.chains().forEach(chain -> chain.rules().forEach(this::note));
      }
      host.sets().all().stream().filter(set -> asked.contains(set.header().name())).forEach(this::noteElements);
    }
    boolean types = cuts.containsKey(Field.ICMP_TYPE_CODE);
    this.everyState = types && !stateRanges.isEmpty();
    this.related = stateRanges.stream().anyMatch(ranges -> contains(ranges, CtState.RELATED));
    boolean untracked = family == Family.IPV6 && !stateRanges.isEmpty();
    boolean translated = tables.contains("nat") && (types || !stateRanges.isEmpty());
    if (everyState || related || untracked || translated) {
      cutByTracking();
    }
  }

  /** Connection tracking tells ICMP types apart, and ICMP from all else: which states they can have hangs on what they are. */
  private void cutByTracking() {
    BigInteger icmp = BigInteger.valueOf(family == Family.IPV4 ? Protocols.ICMP : Protocols.ICMPV6);
    cut(Field.PROTOCOL, icmp, icmp);
    int first = 0;
    for (int type = 1; type <= 256; type++) {
      if (type == 256 || !tracking(type).equals(tracking(first))) {
        cut(Field.ICMP_TYPE_CODE, BigInteger.valueOf(first << 8), BigInteger.valueOf(type - 1 << 8 | 0xff));
        first = type;
      }
    }
  }

  private List<Boolean> tracking(int type) {
    return family == Family.IPV4 ? List.of(IcmpTypes.begins4(type), IcmpTypes.answer4(type) >= 0, IcmpTypes.isError4(type))
        : List.of(IcmpTypes.begins6(type), IcmpTypes.answer6(type) >= 0, IcmpTypes.isError6(type), IcmpTypes.isUntracked6(type));
  }

  /**
   * @param irregular whether later fragments and packets that are cut short are among them: where connections are tracked,
   *     no fragment gets to a rule
   */
  public static PacketDomain of(Family family, List<Host> hosts, String table, boolean irregular) {
    return of(family, hosts, List.of(table), irregular);
  }

  /** As {@link #of(Family, List, String, boolean)} for several tables. */
  public static PacketDomain of(Family family, List<Host> hosts, List<String> tables, boolean irregular) {
    return new PacketDomain(family, hosts, tables, irregular);
  }

  private TreeSet<BigInteger> cuts(Field field) {
    return cuts.computeIfAbsent(field, f -> new TreeSet<>(List.of(BigInteger.ZERO)));
  }

  private void cut(Field field, BigInteger first, BigInteger last) {
    int bits = field.bits() == 128 ? family.addressBits() : field.bits();
    cuts(field).add(first);
    ranges.computeIfAbsent(field, f -> new ArrayList<>()).add(new BigInteger[] {first, last});
    if (last.add(BigInteger.ONE).bitLength() <= bits) {
      cuts(field).add(last.add(BigInteger.ONE));
    }
  }

  private static BigInteger number(long hi, long lo) {
    return new BigInteger(Long.toUnsignedString(hi)).shiftLeft(64).or(new BigInteger(Long.toUnsignedString(lo)));
  }

  private void note(Rule rule) {
    IpMatch ip = rule.ip();
    note(new Constraint.Addresses(Field.SOURCE, ip.source()));
    note(new Constraint.Addresses(Field.DESTINATION, ip.destination()));
    inPatterns.add(ip.inInterface());
    outPatterns.add(ip.outInterface());
    if (ip.protocol() != 0) {
      cut(Field.PROTOCOL, BigInteger.valueOf(ip.protocol()), BigInteger.valueOf(ip.protocol()));
    }
    for (Match match : rule.matches()) {
      note(match.constraint());
    }
    if (rule.target() instanceof ExtensionTarget target && target.changes().contains(Field.CONNMARK)) {
      marked = true; // may be saved there
    }
    if (rule.target() instanceof ExtensionTarget target && target.rewrite().orElse(null) instanceof Rewrite.Octet octet) {
      (octet.field() == Field.TTL ? ttls : toses).rewrite(octet);
    }
    if (rule.target() instanceof ExtensionTarget target && target.rewrite().orElse(null) instanceof Rewrite.Copy copy) {
      connmarked |= copy.from() == Field.CONNMARK;
    }
    jumps += rule.target() instanceof Target.Jump || rule.target() instanceof Target.Goto ? 1 : 0;
  }

  private void note(Constraint constraint) {
    if (constraint instanceof Constraint.Not not) {
      note(not.inner());
    } else if (constraint instanceof Constraint.All all) {
      all.parts().forEach(this::note);
    } else if (constraint instanceof Constraint.Some some) {
      some.parts().forEach(this::note);
    } else if (constraint instanceof Constraint.In in) {
      if (in.field() == Field.CTSTATE) {
        stateRanges.add(in.ranges());
      }
      if (in.field() == Field.TTL) {
        ttls.ask(value -> contains(in.ranges(), value));
        return;
      }
      for (int i = 0; i < in.ranges().size(); i += 2) {
        cut(in.field(), BigInteger.valueOf(in.ranges().get(i)), BigInteger.valueOf(in.ranges().get(i + 1)));
      }
    } else if (constraint instanceof Constraint.Masked masked) {
      if (masked.field() == Field.TCP_FLAGS) {
        flagBits |= (int) masked.mask();
      } else if (masked.field() == Field.MARK || masked.field() == Field.CONNMARK) {
        markBits |= masked.mask();
        marked |= masked.field() == Field.MARK;
        connmarked |= masked.field() == Field.CONNMARK;
      } else if (masked.field() == Field.TOS) {
        toses.ask(value -> (value & masked.mask()) == masked.value());
      } else {
        throw new IllegalArgumentException("not gone through: " + masked);
      }
    } else if (constraint instanceof Constraint.Addresses addresses) {
      int length = addresses.mask().prefixLength();
      if (length < 0) {
        throw new IllegalArgumentException("a mask with holes: " + addresses);
      }
      BigInteger first = number(addresses.mask().hi(), addresses.mask().lo());
      cut(addresses.field(), first, first.add(BigInteger.ONE.shiftLeft(family.addressBits() - length)).subtract(BigInteger.ONE));
    } else if (constraint instanceof Constraint.AddressRange range) {
      cut(range.field(), number(range.first().hi(), range.first().lo()), number(range.last().hi(), range.last().lo()));
    } else if (constraint instanceof Constraint.InSet inSet) {
      asked.add(inSet.query().set());
    } else if (constraint instanceof Constraint.Opaque opaque && opaque.pure()) {
      throw new IllegalArgumentException("not gone through: a match that only itself knows what it asks for");
    }
  }

  private void noteElements(IpSet set) {
    if (set.header().type() == SetType.LIST_SET) {
      hosts.forEach(host -> set.forEach(member -> host.sets().set(member.name).ifPresent(this::noteElements)));
      return;
    }
    if (set.header().family() != family) {
      return;
    }
    set.forEach(element -> {
      int bits = element.cidr > 0 ? element.cidr : family.addressBits();
      BigInteger first = number(element.hi, element.lo);
      BigInteger last = first.add(BigInteger.ONE.shiftLeft(family.addressBits() - bits)).subtract(BigInteger.ONE);
      for (Field field : List.of(Field.SOURCE, Field.DESTINATION)) {
        cut(field, first, last);
      }
      if (element.protocol != 0) {
        cut(Field.PROTOCOL, BigInteger.valueOf(element.protocol), BigInteger.valueOf(element.protocol));
        for (Field field : List.of(Field.SOURCE_PORT, Field.DESTINATION_PORT)) {
          cut(field, BigInteger.valueOf(element.port), BigInteger.valueOf(element.port));
        }
      }
    });
  }

  /** One value of each class, the lowest; of lengths, one that a packet may have. */
  private List<Integer> values(Field field, int usual) {
    List<Integer> values = new ArrayList<>();
    if (!cuts.containsKey(field)) {
      return List.of(usual);
    }
    Set<BitSet> seen = new HashSet<>();
    for (BigInteger cut : cuts.get(field)) {
      if (!seen.add(inside(field, cut))) {
        continue;
      }
      BigInteger next = cuts.get(field).higher(cut);
      int last = next == null ? (1 << field.bits()) - 1 : next.intValue() - 1;
      values.add(field == Field.LENGTH ? Math.min(Math.max(cut.intValue(), usual), last) : cut.intValue());
    }
    return values;
  }

  private List<IpAddress> addresses(Field field) {
    List<IpAddress> all = new ArrayList<>();
    Set<BitSet> seen = new HashSet<>();
    for (BigInteger cut : cuts(field)) {
      if (seen.add(inside(field, cut))) {
        all.add(new IpAddress(family, cut.shiftRight(64).longValue(), cut.longValue()));
      }
    }
    return all;
  }

  /** How many packets there are about; {@link #packets} makes no fewer than a third of them. */
  public long size(Hook hook) {
    long transports = 3L + 2L * values(Field.SOURCE_PORT, 1).size() * values(Field.DESTINATION_PORT, 1).size() * flags().size()
        + values(Field.ICMP_TYPE_CODE, 0).size();
    return transports * values(Field.LENGTH, 60).size() * ttls.values(64, jumps).size() * toses.values(0, jumps).size() * addresses(Field.SOURCE).size()
        * addresses(Field.DESTINATION).size() * states().size() * marks(marked).size() * marks(connmarked).size()
        * devices(inPatterns, name -> mayComeIn(hook, name)).size() * devices(outPatterns, name -> mayLeave(hook, name)).size();
  }

  /** Which of the ranges that rules and sets name a value is in: two with the same ones are alike to them. */
  private BitSet inside(Field field, BigInteger value) {
    BitSet inside = new BitSet();
    List<BigInteger[]> all = ranges.getOrDefault(field, List.of());
    for (int i = 0; i < all.size(); i++) {
      inside.set(i, all.get(i)[0].compareTo(value) <= 0 && value.compareTo(all.get(i)[1]) <= 0);
    }
    return inside;
  }

  /** Every packet that a chain at this hook may see. */
  public List<DomainPacket> packets(Hook hook) {
    if (patterns == null) {
      patterns = patterns();
    }
    List<DomainPacket> all = new ArrayList<>();
    for (NetDevice in : devices(inPatterns, name -> mayComeIn(hook, name))) {
      for (NetDevice out : devices(outPatterns, name -> mayLeave(hook, name))) {
        for (int state : states()) {
          for (int mark : marks(marked)) {
            for (int connmark : CtState.hasConnection(state) ? marks(connmarked) : List.of(0)) {
              for (Pattern pattern : patterns) {
                all.add(new DomainPacket(in, out, pattern.bytes(), pattern.regular(), state, mark, connmark));
              }
            }
          }
        }
      }
    }
    return all;
  }

  private static boolean mayComeIn(Hook hook, String name) {
    return hook == Hook.OUTPUT ? name.isEmpty() : hook == Hook.POSTROUTING ? !name.equals("lo")
        : !name.isEmpty() && (hook != Hook.FORWARD || !name.equals("lo"));
  }

  private static boolean mayLeave(Hook hook, String name) {
    return hook == Hook.PREROUTING || hook == Hook.INPUT ? name.isEmpty()
        : !name.isEmpty() && (hook != Hook.FORWARD || !name.equals("lo"));
  }

  /** Of the interfaces that may be here, and "none", those that some pattern tells from the ones before. */
  private List<NetDevice> devices(Set<String> named, Predicate<String> mayBe) {
    List<NetDevice> all = new ArrayList<>();
    all.add(null);
    hosts.forEach(host -> host.network().devices().forEach(all::add));
    List<NetDevice> different = new ArrayList<>();
    Set<List<Boolean>> seen = new HashSet<>();
    for (NetDevice device : all) {
      List<Boolean> answers = new ArrayList<>(named.stream().map(pattern -> IpMatch.interfaceMatches(pattern, device)).toList());
      answers.add(tellsLoopback && device != null && device.isLoopback());
      if (mayBe.test(device == null ? "" : device.name()) && seen.add(answers)) {
        different.add(device);
      }
    }
    return different;
  }

  private List<Integer> states() {
    List<Integer> different = new ArrayList<>();
    Set<List<Boolean>> seen = new HashSet<>();
    for (int state : STATES) {
      List<Boolean> answers = new ArrayList<>(stateRanges.stream().map(ranges -> contains(ranges, state)).toList());
      answers.add(CtState.hasConnection(state));
      answers.add(related && (state & CtState.STATE_MASK) == CtState.RELATED);
      for (int one = 0; everyState && one <= CtState.UNTRACKED; one++) {
        answers.add((state & CtState.STATE_MASK) == one);
      }
      if (seen.add(answers)) {
        different.add(state);
      }
    }
    return different;
  }

  private static boolean contains(List<Long> ranges, long value) {
    for (int i = 0; i < ranges.size(); i += 2) {
      if (ranges.get(i) <= value && value <= ranges.get(i + 1)) {
        return true;
      }
    }
    return false;
  }

  /** All combinations of the low bits that rules speak of, and one bit above them where whole marks are compared. */
  private List<Integer> marks(boolean asked) {
    if (!asked) {
      return List.of(0);
    }
    boolean whole = (markBits >>> 3) != 0;
    return IntStream.range(0, whole ? 8 : 4).boxed().toList();
  }

  private List<Pattern> patterns() {
    BitSet protocols = new BitSet();
    for (BigInteger cut : cuts(Field.PROTOCOL)) {
      protocols.set(cut.intValue());
    }
    protocols.and(mentioned());
    protocols.set(OTHER_PROTOCOL);
    List<Pattern> all = new ArrayList<>();
    for (IpAddress source : addresses(Field.SOURCE)) {
      for (IpAddress destination : addresses(Field.DESTINATION)) {
        for (int ttl : ttls.values(64, jumps)) {
          for (int tos : toses.values(0, jumps)) {
            protocols.stream().forEach(protocol -> ofProtocol(source, destination, ttl, tos, protocol, all));
          }
        }
      }
    }
    return all;
  }

  /** The protocols that rules name; the others are all alike. */
  private static BitSet mentioned() {
    BitSet known = new BitSet();
    for (int protocol : new int[] {Protocols.TCP, Protocols.UDP, Protocols.ICMP, Protocols.ICMPV6}) {
      known.set(protocol);
    }
    return known;
  }

  private void ofProtocol(
      IpAddress source, IpAddress destination, int ttl, int tos, int protocol, List<Pattern> into) {
    Supplier<PacketBuilder> ip = () -> PacketBuilder.from(source, destination).ttl(ttl).tos(tos).id(1);
    boolean ports = protocol == Protocols.TCP || protocol == Protocols.UDP;
    boolean icmp = protocol == Protocols.ICMP || protocol == Protocols.ICMPV6;
    for (int length : values(Field.LENGTH, 60)) {
      if (ports) {
        for (int from : values(Field.SOURCE_PORT, 1)) {
          for (int to : values(Field.DESTINATION_PORT, 1)) {
            for (int flags : protocol == Protocols.TCP ? flags() : List.of(0)) {
              add(protocol == Protocols.TCP ? ip.get().tcp(from, to).flags(flags) : ip.get().udp(from, to), length, into);
            }
            if (irregular) {
              addShort(ip.get().udp(from, to), protocol, 4, into);
            }
          }
        }
      } else if (icmp) {
        for (int type : values(Field.ICMP_TYPE_CODE, 0)) {
          add(ip.get().icmp(type >> 8, type & 0xff), length, into);
        }
      } else {
        add(ip.get().raw(protocol), length, into);
      }
    }
    if (irregular) {
      addShort(ip.get().udp(0, 0), protocol, 0, into);
      into.add(new Pattern(ip.get().fragment(64, false, 1).raw(protocol).payload(16).build(), false));
    }
  }

  private List<Integer> flags() {
    List<Integer> all = new ArrayList<>();
    for (int flags = 0; flags < 256; flags++) {
      if ((flags & ~flagBits) == 0) {
        all.add(flags);
      }
    }
    return all;
  }

  private static void add(TransportBuilder<?> packet, int length, List<Pattern> into) {
    int least = packet.build().length;
    if (length >= least) {
      byte[] bytes = packet.payload(length - least).build();
      into.add(new Pattern(bytes, true));
    } else if (least < 100) {
      into.add(new Pattern(packet.build(), true));
    }
  }

  /** A packet whose transport header ends after some bytes. */
  private static void addShort(TransportBuilder<?> packet, int protocol, int keep, List<Pattern> into) {
    byte[] bytes = packet.truncate(keep).build();
    boolean v4 = bytes[0] >> 4 == 4;
    bytes[v4 ? 9 : 6] = (byte) protocol;
    if (v4) {
      int sum = 0;
      bytes[10] = 0;
      bytes[11] = 0;
      for (int i = 0; i < 20; i += 2) {
        sum += (bytes[i] & 0xff) << 8 | bytes[i + 1] & 0xff;
      }
      sum = (sum & 0xffff) + (sum >>> 16);
      sum = ~((sum & 0xffff) + (sum >>> 16));
      bytes[10] = (byte) (sum >> 8);
      bytes[11] = (byte) sum;
    }
    into.add(new Pattern(bytes, false));
  }
}
