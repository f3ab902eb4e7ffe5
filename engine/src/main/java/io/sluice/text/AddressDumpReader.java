package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.extension.ArgumentException;
import io.sluice.host.InterfaceAddress;
import io.sluice.host.NetDevice;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads {@code ip addr} (also with {@code -d}, {@code -s}, {@code -o}) and {@code ip -j addr}.
 *
 * <p>Taken from it: index, name, flags, mtu, master, group, kind of link, hardware address and addresses. What {@code
 * -d} tells further of an interface (of a bridge or tunnel, say) is passed over, except which kind it is.
 */
public final class AddressDumpReader {
  private static final Map<String, InterfaceAddress.Flag> FLAGS = Map.of(
      "secondary", InterfaceAddress.Flag.SECONDARY,
      "temporary", InterfaceAddress.Flag.TEMPORARY,
      "deprecated", InterfaceAddress.Flag.DEPRECATED,
      "tentative", InterfaceAddress.Flag.TENTATIVE,
      "optimistic", InterfaceAddress.Flag.OPTIMISTIC,
      "dadfailed", InterfaceAddress.Flag.DADFAILED,
      "noprefixroute", InterfaceAddress.Flag.NOPREFIXROUTE);
  private static final Map<String, Family> ASKED = Map.of("nf_call_iptables", Family.IPV4, "nf_call_ip6tables", Family.IPV6);

  private final SourceText source;
  private final Problems problems = new Problems();
  private final Map<String, Draft> drafts = new LinkedHashMap<>();
  private final Map<Integer, String> indexes = new HashMap<>();
  private Draft current;

  private AddressDumpReader(SourceText source) {
    this.source = source;
  }

  /** The interfaces in the order of the dump. */
  public static List<NetDevice> read(SourceText source) throws ReadException {
    AddressDumpReader reader = new AddressDumpReader(source);
    if (JsonText.looksLikeJson(source)) {
      JsonText.read(source, reader.problems, reader::json);
    } else {
      reader.lines();
    }
    reader.checkMasters();
    reader.problems.throwIfAny();
    return reader.finish();
  }

  /** An interface that is being read. */
  private static final class Draft {
    final int index;
    final String name;
    Set<String> flags = Set.of();
    /** False for {@code ip -o addr}, which shows addresses only: the interface is then taken to be up. */
    boolean flagsKnown;
    int mtu = 1500;
    int group;
    String linkType = "ether";
    boolean bridge;
    boolean hairpin;
    final Set<Family> asked = EnumSet.noneOf(Family.class);
    List<Byte> hardwareAddress = List.of();
    Optional<Argument> master = Optional.empty();
    final List<InterfaceAddress> addresses = new ArrayList<>();

    Draft(int index, String name) {
      this.index = index;
      this.name = name;
    }
  }

  private void attempt(Runnable step) {
    try {
      step.run();
    } catch (ArgumentException e) {
      problems.add(source.problemAt(e));
    }
  }

  private void lines() {
    for (int i = 1; i <= source.lineCount(); i++) {
      int number = i;
      char first = source.lineLength(i) == 0 ? ' ' : source.text().charAt(source.lineStart(i));
      attempt(() -> {
        Words words = Words.ofLine(source, number);
        if (!words.isEmpty()) {
          line(words, first != ' ' && first != '\t');
        }
      });
    }
  }

  private void line(Words words, boolean begins) {
    if (begins) {
      current = null;
      // ip -o repeats index and name before each address.
      String second = words.peek(1);
      boolean oneLine = words.peek(2).equals("inet") || words.peek(2).equals("inet6") || words.peek(2).equals("link");
      boolean header = words.peek().endsWith(":") && (second.endsWith(":") || words.peek(2).startsWith("<"));
      if (!header && !oneLine) {
        Argument word = words.next("an interface");
        throw word.error(
            "not an interface: " + Excerpt.quote(word.text()),
            "expected a line like '2: eth0: <BROADCAST,UP> mtu 1500 …', as ip addr (without -br) prints it");
      }
      Draft draft = begin(words.next("an index"), words.next("a name"));
      current = draft;
      if (header) {
        headerRest(words, draft);
        return;
      }
    }
    if (current == null) {
      Argument word = words.next("a word");
      throw word.error("this belongs to no interface: " + Excerpt.quote(word.text()),
          "expected a line like '2: eth0: <BROADCAST,UP> mtu 1500 …' before it");
    }
    detail(words, current);
  }

  /** The interface of {@code 2: eth0@if3:}, which is made if it is new. */
  private Draft begin(Argument number, Argument name) {
    Argument digits = number.text().endsWith(":") ? number.part(0, number.text().length() - 1) : number;
    int index = (int) DumpTables.number(digits, 1, Integer.MAX_VALUE);
    int end = name.text().endsWith(":") ? name.text().length() - 1 : name.text().length();
    int at = name.text().indexOf('@');
    Argument plain = name.part(0, at >= 0 && at < end ? at : end);
    String device = DumpTables.deviceName(plain);
    Draft known = drafts.get(device);
    if (known != null && known.index == index) {
      return known;
    }
    if (known != null || indexes.containsKey(index)) {
      throw plain.error(
          "two interfaces with one " + (known != null ? "name: " + device : "index: " + index),
          "expected the dump of one network namespace");
    }
    Draft draft = new Draft(index, device);
    drafts.put(device, draft);
    indexes.put(index, device);
    return draft;
  }

  private void headerRest(Words words, Draft draft) {
    Argument flags = words.next("<flags>");
    String f = flags.text();
    if (!f.startsWith("<") || !f.endsWith(">") || f.length() < 2) {
      throw flags.error("not interface flags: " + Excerpt.quote(f), "expected something like <BROADCAST,MULTICAST,UP>");
    }
    draft.flags = new LinkedHashSet<>(List.of(f.substring(1, f.length() - 1).split(",")));
    draft.flagsKnown = true;
    while (!words.isEmpty()) {
      switch (words.next("an attribute").text()) {
        case "mtu" -> draft.mtu = (int) DumpTables.number(words.next("a number of bytes"), 0, Integer.MAX_VALUE);
        case "master" -> draft.master = Optional.of(words.next("an interface"));
        case "group" -> draft.group = DumpTables.group(words.next("a group"));
        default -> {
          // qdisc, state, qlen and the like: no matter here.
        }
      }
    }
  }

  /** One line under a header. */
  private void detail(Words words, Draft draft) {
    Argument first = words.next("a word");
    String word = first.text();
    if (word.startsWith("link/")) {
      draft.linkType = word.substring(5);
      if (draft.linkType.equals("ether") || draft.linkType.equals("loopback")) {
        draft.hardwareAddress = hardwareAddress(words.next("a hardware address"));
      }
    } else if (word.equals("inet") || word.equals("inet6")) {
      draft.addresses.add(address(words, word.equals("inet") ? Family.IPV4 : Family.IPV6));
    } else if (word.equals("bridge")) {
      draft.bridge = true;
      while (!words.isEmpty()) {
        String attribute = words.next("an attribute").text();
        if (ASKED.containsKey(attribute) && words.take("1")) {
          draft.asked.add(ASKED.get(attribute));
        }
      }
    } else if (word.equals("bridge_slave")) {
      while (!words.isEmpty()) {
        if (words.next("an attribute").text().equals("hairpin")) {
          draft.hairpin = words.next("on or off").text().equals("on");
        }
      }
    } else if (word.equals("vrf")) {
      throw first.unsupported("interface " + draft.name + " is a VRF", "virtual routing domains are not modelled");
    }
    // All else is of no consequence: lifetimes, statistics, alternative names, what -d tells of the kind of interface.
  }

  private InterfaceAddress address(Words words, Family family) {
    Argument local = words.next("an address");
    boolean peered = words.take("peer");
    Argument prefixed = peered ? words.next("the peer's address") : local;
    Optional<IpAddress> broadcast = Optional.empty();
    int scope = 0;
    EnumSet<InterfaceAddress.Flag> flags = EnumSet.noneOf(InterfaceAddress.Flag.class);
    while (!words.isEmpty()) {
      Argument word = words.next("an attribute");
      switch (word.text()) {
        case "brd" -> broadcast = Optional.of(words.next("the broadcast address").address(family));
        case "scope" -> scope = DumpTables.scope(words.next("a scope"));
        case "metric", "any", "proto" -> words.next("a value");
        default -> {
          // Besides flags there are some without consequence (dynamic, mngtmpaddr), and the label.
          if (FLAGS.containsKey(word.text())) {
            flags.add(FLAGS.get(word.text()));
          }
        }
      }
    }
    int slash = prefixed.text().indexOf('/');
    int bits = slash < 0 ? family.addressBits()
        : (int) DumpTables.number(prefixed.part(slash + 1, prefixed.text().length()), 0, family.addressBits());
    IpAddress prefixAddress = (slash < 0 ? prefixed : prefixed.part(0, slash)).address(family);
    IpAddress own = peered ? local.address(family) : prefixAddress;
    Optional<IpAddress> peer = peered ? Optional.of(prefixAddress) : Optional.empty();
    return new InterfaceAddress(own, bits, scope, broadcast, peer, flags);
  }

  private static List<Byte> hardwareAddress(Argument word) {
    List<Byte> bytes = new ArrayList<>();
    for (Argument part : word.split(':')) {
      if (part.text().length() != 2) {
        throw word.error("not a hardware address: " + Excerpt.quote(word.text()), "expected six bytes like 02:42:ac:11:00:02");
      }
      bytes.add((byte) DumpTables.number(new Argument("0x" + part.text(), part.offset()), 0, 255));
    }
    return bytes;
  }

  private void json(JsonValue.Struct link) {
    Draft draft = begin(link.require("ifindex"), link.require("ifname"));
    Set<String> flags = new LinkedHashSet<>();
    link.items("flags").forEach(f -> flags.add(f.scalar("flags").text()));
    draft.flags = flags;
    draft.flagsKnown = true;
    link.word("mtu").ifPresent(w -> draft.mtu = (int) DumpTables.number(w, 0, Integer.MAX_VALUE));
    draft.master = link.word("master");
    link.word("group").ifPresent(w -> draft.group = DumpTables.group(w));
    link.word("link_type").ifPresent(w -> draft.linkType = w.text());
    if (draft.linkType.equals("ether") || draft.linkType.equals("loopback")) {
      link.word("address").ifPresent(w -> draft.hardwareAddress = hardwareAddress(w));
    }
    if (link.members().get("linkinfo") instanceof JsonValue.Struct info) {
      if (info.members().get("info_slave_data") instanceof JsonValue.Struct port) {
        draft.hairpin = port.word("hairpin").filter(w -> w.text().equals("true")).isPresent();
      }
      if (info.members().get("info_data") instanceof JsonValue.Struct data) {
        ASKED.forEach((name, family) -> data.word(name).filter(w -> w.text().equals("1")).ifPresent(w -> draft.asked.add(family)));
      }
      info.word("info_kind").ifPresent(kind -> {
        draft.bridge = kind.text().equals("bridge");
        if (kind.text().equals("vrf")) {
          throw kind.unsupported("interface " + draft.name + " is a VRF", "virtual routing domains are not modelled");
        }
      });
    }
    for (JsonValue item : link.items("addr_info")) {
      if (!(item instanceof JsonValue.Struct s && s.members().isEmpty())) {
        attempt(() -> draft.addresses.add(jsonAddress(item.struct())));
      }
    }
  }

  private static InterfaceAddress jsonAddress(JsonValue.Struct a) {
    Argument familyWord = a.require("family");
    if (!familyWord.text().equals("inet") && !familyWord.text().equals("inet6")) {
      throw familyWord.error("unknown address family: " + familyWord.text(), "expected inet or inet6");
    }
    Family family = familyWord.text().equals("inet") ? Family.IPV4 : Family.IPV6;
    Argument local = a.word("local").orElseGet(() -> a.require("address"));
    Optional<IpAddress> peer = a.word("local").isPresent()
        ? a.word("address").map(w -> w.address(family)) : Optional.empty();
    EnumSet<InterfaceAddress.Flag> flags = EnumSet.noneOf(InterfaceAddress.Flag.class);
    FLAGS.forEach((name, flag) -> {
      if (a.word(name).filter(w -> !w.text().equals("false")).isPresent()) {
        flags.add(flag);
      }
    });
    int bits = (int) DumpTables.number(a.require("prefixlen"), 0, family.addressBits());
    return new InterfaceAddress(
        local.address(family), bits, a.word("scope").map(DumpTables::scope).orElse(0),
        a.word("broadcast").map(w -> w.address(family)), peer, flags);
  }

  private void checkMasters() {
    for (Draft d : drafts.values()) {
      d.master.filter(m -> !drafts.containsKey(m.text())).ifPresent(m -> problems.add(source.problemAt(m.error(
          "interface " + d.name + " belongs to " + Excerpt.quote(m.text()) + ", which is not in this dump",
          "give the output of ip addr for all interfaces"))));
    }
  }

  private List<NetDevice> finish() {
    Set<String> masters = new HashSet<>();
    drafts.values().forEach(d -> d.master.ifPresent(m -> masters.add(m.text())));
    List<NetDevice> devices = new ArrayList<>();
    for (Draft d : drafts.values()) {
      boolean up = d.flags.contains("UP") || !d.flagsKnown;
      boolean carrier = d.flags.contains("LOWER_UP") || !d.flagsKnown;
      NetDevice.Kind kind = kind(d, masters);
      boolean multicast = d.flags.contains("MULTICAST") || !d.flagsKnown && kind != NetDevice.Kind.LOOPBACK;
      devices.add(new NetDevice(
          d.index, d.name, kind, d.mtu, up, carrier, multicast, !d.flags.contains("NOARP"), d.group, d.hardwareAddress,
          d.master.map(Argument::text), d.hairpin, d.asked, d.addresses));
    }
    return devices;
  }

  private static NetDevice.Kind kind(Draft d, Set<String> masters) {
    if (d.linkType.equals("loopback") || !d.flagsKnown && d.name.equals("lo")) {
      return NetDevice.Kind.LOOPBACK;
    }
    // Without -d a bridge shows only as the master of others that has not the flag of bonds and the like.
    if (d.bridge || masters.contains(d.name) && !d.flags.contains("MASTER")) {
      return NetDevice.Kind.BRIDGE;
    }
    return d.linkType.equals("ether") ? NetDevice.Kind.ETHERNET : NetDevice.Kind.RAW_IP;
  }
}
