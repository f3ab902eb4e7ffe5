package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.extension.CNumbers;
import io.sluice.extension.ProtocolNames;
import io.sluice.extension.ServiceNames;
import io.sluice.ipset.SetElement;
import io.sluice.ipset.SetHeader;
import io.sluice.ipset.SetResult;
import io.sluice.ipset.SetType;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Protocols;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The element and the options of an {@code add}, {@code del} or {@code test} line.
 *
 * <p>ipset 7.17: lib/parse.c (ipset_parse_elem(), ipset_parse_ip(), ipset_parse_proto_port()), the tables of
 * lib/ipset_*.c: what is asked for is one element, of which only {@code hash:ip} takes the first of a range.
 */
final class IpSetElementParser {
  /** Which options a line may have and what an element may be depends on the command. */
  enum Command { ADD, DELETE, TEST }

  private static final int MAX_COMMENT = 255;
  private static final int MAX_MAC = 17;
  private static final Set<String> PLACES = Set.of("before", "after");

  private final ServiceNames services;
  private final SetElement e = new SetElement();
  private final Set<String> given = new HashSet<>();
  private SetHeader set;
  private SetType type;
  private Family family;
  private Command command;

  IpSetElementParser(ServiceNames services) {
    this.services = services;
  }

  /** Reads the words from {@code from} on; the answer is valid until the next call. */
  SetElement parse(Command wanted, SetHeader header, List<Argument> words, int from) {
    command = wanted;
    given.clear();
    set = header;
    type = header.type();
    family = header.family();
    e.clear();
    element(words.get(from));
    int at = from + 1;
    while (at < words.size()) {
      at = option(words, at);
    }
    return e;
  }

  private void element(Argument text) {
    if (type == SetType.LIST_SET) {
      member(text);
      return;
    }
    if (type == SetType.BITMAP_PORT) {
      port(text, false);
      return;
    }
    if (type == SetType.HASH_MAC) {
      e.mac = mac(text);
      return;
    }
    List<Argument> parts = text.split(',');
    boolean optionalMac = type == SetType.BITMAP_IP_MAC;
    int wanted = type.dimensions();
    if (parts.size() != wanted && !(optionalMac && parts.size() == 1)) {
      throw text.error(parts.size() < wanted ? "a part of the element is missing" : "too many parts in the element",
          "expected " + shape());
    }
    firstAddress(parts.get(0));
    if (parts.size() == 1) {
      return;
    }
    Argument second = parts.get(1);
    if (type.hasPort()) {
      port(second, true);
    } else if (type.hasMac()) {
      e.mac = mac(second);
    } else if (type.hasMark()) {
      e.mark = second.u32();
    } else if (type.hasInterface()) {
      networkInterface(second);
    } else {
      secondAddress(second);
    }
    if (parts.size() == 3) {
      secondAddress(parts.get(2));
    }
  }

  /** {@code NAME} or {@code NAME,before,NAME}, with {@code after} too; a comma in front or at the end parts nothing. */
  private void member(Argument text) {
    String t = text.text();
    int first = t.indexOf(',');
    if (first <= 0 || t.endsWith(",")) {
      e.name = name(text);
      return;
    }
    int second = t.indexOf(',', first + 1);
    Argument place = text.part(first + 1, Math.max(second, first + 1));
    if (!PLACES.contains(place.text())) {
      throw text.error("not a set's name: " + t, "expected a name, or name,before,name");
    }
    given.add("before");
    e.name = name(text.part(0, first));
    place(place, text.part(second + 1, t.length()));
  }

  private static String name(Argument text) {
    if (text.text().length() > SetHeader.MAX_NAME) {
      throw text.error("the name is too long: " + text.text(), "expected at most " + SetHeader.MAX_NAME + " characters");
    }
    return text.text();
  }

  private void place(Argument name, Argument reference) {
    e.before = name.text().equals("before");
    e.after = !e.before;
    e.reference = name(reference);
  }

  private String shape() {
    return type.toString().substring(type.toString().indexOf(':') + 1);
  }

  private void firstAddress(Argument text) {
    boolean ranges = family == Family.IPV4 && type != SetType.BITMAP_IP_MAC;
    boolean prefix = type.isNet() || ranges && type != SetType.HASH_IP_MAC;
    int dash = dash(text.text());
    int slash = text.text().indexOf('/');
    if (command == Command.TEST && type != SetType.HASH_IP && (dash >= 0 && ranges || slash >= 0 && !type.isNet())) {
      throw text.error("several addresses: " + text.text(), "expected a single one");
    }
    if (slash >= 0 && prefix) {
      IpAddress a = address(text.part(0, slash));
      e.hi = a.hi();
      e.lo = a.lo();
      e.cidr = (int) text.part(slash + 1, text.text().length()).number(0, family.addressBits());
      return;
    }
    if (dash >= 0 && ranges) {
      e.lo = address(text.part(0, dash)).lo();
      e.toLo = address(text.part(dash + 1, text.text().length())).lo();
      e.range = true;
      return;
    }
    String full = "/128";
    boolean whole = family == Family.IPV6 && text.text().endsWith(full);
    IpAddress a = address(whole ? text.part(0, text.text().length() - full.length()) : text);
    e.hi = a.hi();
    e.lo = a.lo();
  }

  private IpAddress address(Argument text) {
    return address(text, family);
  }

  /** Where a range's second half is parted off, behind brackets around the first, or -1: range_separator(). */
  static int dash(String text) {
    return text.indexOf('-', text.startsWith("[") ? Math.max(0, text.indexOf(']')) : 0);
  }

  /** Without the brackets that a name or an address may have, as those with a dash must. */
  private static Argument unbracketed(Argument text) {
    boolean brackets = text.text().length() > 1 && text.text().startsWith("[") && text.text().endsWith("]");
    return brackets ? text.part(1, text.text().length() - 1) : text;
  }

  /** As getaddrinfo() takes it where it is asked for a canonical name, too: no hexadecimal parts. */
  static IpAddress address(Argument word, Family family) {
    Argument text = unbracketed(word);
    return text.text().indexOf('x') >= 0 || text.text().indexOf('X') >= 0 ? text.address(family) : text.hostAddress(family);
  }

  private void secondAddress(Argument text) {
    int dash = dash(text.text());
    int slash = text.text().indexOf('/');
    if (type.isNet2() && slash >= 0) {
      e.cidr2 = (int) text.part(slash + 1, text.text().length()).number(0, family.addressBits());
      text = text.part(0, slash);
    } else if (type.isNet2() && dash >= 0 && family == Family.IPV4 && command != Command.TEST) {
      e.toLo2 = address(text.part(dash + 1, text.text().length())).lo();
      e.range2 = true;
      text = text.part(0, dash);
    }
    IpAddress a = address(text);
    e.hi2 = a.hi();
    e.lo2 = a.lo();
  }

  /** {@code [proto:]port[-port]}, {@code icmp:type}, or another protocol's {@code proto:0}. */
  private void port(Argument text, boolean withProtocol) {
    int colon = text.text().indexOf(':');
    e.protocol = Protocols.TCP;
    if (colon >= 0) {
      Argument name = text.part(0, colon);
      e.protocol = protocol(name);
      if (e.protocol == (family == Family.IPV4 ? Protocols.ICMPV6 : Protocols.ICMP) && type.hasFamily()) {
        throw name.error("protocol " + name.text() + " does not exist in an " + family + " set", "");
      }
      text = text.part(colon + 1, text.text().length());
    }
    if (!withProtocol && e.protocol != Protocols.TCP && e.protocol != Protocols.UDP) {
      throw text.error("this type of set has ports only", "expected a port number, or tcp: or udp: before it");
    }
    switch (e.protocol) {
      case Protocols.TCP:
      case Protocols.UDP:
      case Protocols.SCTP:
      case Protocols.UDPLITE:
        portRange(text);
        return;
      case Protocols.ICMP:
      case Protocols.ICMPV6:
        icmp(text);
        return;
      default:
        if (!text.text().equals("0")) {
          throw text.error(
              "protocol " + ProtocolNames.nameOrNumber(e.protocol) + " has no ports", "expected port 0 with it");
        }
        e.port = 0;
    }
  }

  /** ipset_parse_proto(). */
  static int protocol(Argument name) {
    String known = name.text().equalsIgnoreCase("icmpv6") ? "ipv6-icmp" : name.text();
    int number = ProtocolNames.fileNumber(known).filter(n -> n != 0)
        .orElseGet(() -> Character.isDigit(name.text().isEmpty() ? 'x' : name.text().charAt(0)) ? name.u8() : -1);
    if (number <= 0) {
      throw name.error("unknown protocol: " + name.text(), "expected a protocol's name or number");
    }
    return number;
  }

  private void portRange(Argument text) {
    int dash = dash(text.text());
    if (dash < 0) {
      e.port = onePort(text);
      return;
    }
    if (command == Command.TEST) {
      throw text.error("several ports: " + text.text(), "expected a single one");
    }
    e.port = onePort(text.part(0, dash));
    e.portTo = onePort(text.part(dash + 1, text.text().length()));
  }

  private int onePort(Argument text) {
    return port(text, e.protocol, services);
  }

  /** A port's number, or its name with the protocol: ipset_parse_port(). */
  static int port(Argument text, int protocol, ServiceNames services) {
    if (text.text().matches("(?s)\\s*\\+?[0-9].*")) {
      return text.u16();
    }
    // A number is none in brackets.
    return services.port(unbracketed(text).text(), ProtocolNames.nameOrNumber(protocol)).orElseThrow(
        () -> text.error("not a port: " + text.text(), "expected a number in 0..65535 or a service's name"));
  }

  private void icmp(Argument text) {
    IpSetIcmpNames names = e.protocol == Protocols.ICMP ? IpSetIcmpNames.ICMP : IpSetIcmpNames.ICMPV6;
    java.util.Optional<Integer> named = names.code(text.text());
    if (named.isPresent()) {
      e.port = named.get();
      return;
    }
    List<Argument> parts = text.split('/');
    if (parts.size() != 2) {
      throw text.error("not an ICMP type: " + text.text(), "expected type/code or ipset's name of one");
    }
    e.port = parts.get(0).u8() << 8 | parts.get(1).u8();
  }

  private void networkInterface(Argument text) {
    String name = text.text();
    if (name.startsWith("physdev:")) {
      e.physdev = true;
      name = name.substring("physdev:".length());
    }
    if (name.length() > 15 || text.text().isEmpty()) {
      throw text.error("not an interface name: " + text.text(), "expected 1 to 15 characters");
    }
    e.name = name;
  }

  /** Six numbers as strtol() reads them in base 16, in 17 characters at most: ipset_parse_ether(). */
  private static long mac(Argument text) {
    List<Argument> parts = text.split(':');
    boolean fits = parts.size() == 6 && text.text().length() <= MAX_MAC;
    long mac = 0;
    for (Argument part : parts) {
      CNumbers.Whole number = CNumbers.strtoul(part.text(), 0, 16);
      fits &= number.end() == part.text().length() && (number.bits() & ~0xffL) == 0;
      mac = mac << 8 | number.bits() & 0xff;
    }
    if (!fits) {
      throw text.error("not an Ethernet address: " + text.text(), "expected six pairs of hexadecimal digits");
    }
    return mac;
  }

  private int option(List<Argument> words, int at) {
    Argument name = words.get(at);
    switch (name.text()) {
      case "nomatch":
        require(name, type.hasNomatch() && command != Command.DELETE);
        e.nomatch = true;
        return at + 1;
      case "wildcard":
        require(name, type.hasInterface() && command == Command.ADD);
        e.wildcard = true;
        return at + 1;
      case "-exist":
      case "--exist":
      case "-!":
        return at + 1;
      default:
        return valueOption(name, value(words, at), at + 2);
    }
  }

  private void require(Argument name, boolean allowed) {
    if (!allowed) {
      throw name.error("type " + type + " has no '" + name.text() + "' here", "");
    }
  }

  private static Argument value(List<Argument> words, int at) {
    if (at + 1 >= words.size()) {
      Argument name = words.get(at);
      throw name.error("'" + name.text() + "' is unknown here, or its argument is missing", OPTIONS);
    }
    return words.get(at + 1);
  }

  private static final String OPTIONS =
      "expected one of: timeout packets bytes comment skbmark skbprio skbqueue nomatch wildcard before after";

  private int valueOption(Argument name, Argument value, int next) {
    boolean place = PLACES.contains(name.text());
    require(name, place ? type == SetType.LIST_SET : command == Command.ADD);
    if (!given.add(place ? "before" : name.text())) {
      throw name.error("'" + name.text() + "' is given already", "");
    }
    switch (name.text()) {
      case "timeout":
        e.timeoutSeconds = value.number(0, SetHeader.MAX_TIMEOUT);
        return next;
      case "packets":
        e.packets = unsigned(value);
        return next;
      case "bytes":
        e.bytes = unsigned(value);
        return next;
      case "comment":
        if (value.text().length() > MAX_COMMENT) {
          throw value.error("comment too long", "expected at most " + MAX_COMMENT + " bytes");
        }
        if (value.text().indexOf('"') >= 0) {
          throw value.error("a comment cannot contain \"", "");
        }
        e.comment = value.text();
        return next;
      case "skbmark":
        skbMark(value);
        return next;
      case "skbprio":
        skbPriority(value);
        return next;
      case "skbqueue":
        e.skbQueue = value.u16();
        return next;
      case "before":
      case "after":
        place(name, value);
        return next;
      default:
        throw name.error("unknown option: " + name.text(), OPTIONS);
    }
  }

  private static long unsigned(Argument value) {
    CNumbers.Whole number = CNumbers.strtoul(value.text(), 0, 0);
    if (number.end() == 0 || number.end() < value.text().length() || number.bits() == -1) {
      throw value.error("not a number: " + value.text(), "expected 0..18446744073709551614");
    }
    return number.bits();
  }

  /**
   * {@code 0xMARK[/0xMASK]}, read as scanf() does: what follows is ignored, a mask without 0x too (ipset_parse_skbmark() in
   * lib/parse.c).
   */
  private void skbMark(Argument value) {
    String text = value.text();
    CNumbers.Whole mark = text.startsWith("0x") ? hexadecimal(text, 2) : null;
    if (mark == null) {
      throw value.error("not a mark: " + text, "expected 0xMARK or 0xMARK/0xMASK");
    }
    CNumbers.Whole mask = text.startsWith("/0x", mark.end()) ? hexadecimal(text, mark.end() + 3) : null;
    e.skbMark = (int) mark.bits();
    e.skbMarkMask = mask == null ? -1 : (int) mask.bits();
  }

  /** {@code MAJOR:MINOR}, likewise (ipset_parse_skbprio()); of each number the lowest 16 bits count. */
  private void skbPriority(Argument value) {
    String text = value.text();
    CNumbers.Whole major = hexadecimal(text, 0);
    CNumbers.Whole minor = major != null && text.startsWith(":", major.end()) ? hexadecimal(text, major.end() + 1) : null;
    if (minor == null) {
      throw value.error("not a class: " + text, "expected MAJOR:MINOR in hexadecimal");
    }
    e.skbPriority = (int) major.bits() << 16 | (int) minor.bits() & 0xffff;
  }

  private static CNumbers.Whole hexadecimal(String text, int from) {
    CNumbers.Whole number = CNumbers.strtoul(text, from, 16);
    return number.end() == from ? null : number;
  }
}
