package io.sluice.text;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The names that ipset has for ICMP types with their codes ({@code type << 8 | code}): lib/icmp.c, lib/icmpv6.c. */
final class IpSetIcmpNames {
  private static final Object[] V4 = {
    0x000, "echo-reply", 0x000, "pong", 0x300, "network-unreachable", 0x301, "host-unreachable",
    0x302, "protocol-unreachable", 0x303, "port-unreachable", 0x304, "fragmentation-needed",
    0x305, "source-route-failed", 0x306, "network-unknown", 0x307, "host-unknown", 0x309, "network-prohibited",
    0x30a, "host-prohibited", 0x30b, "TOS-network-unreachable", 0x30c, "TOS-host-unreachable",
    0x30d, "communication-prohibited", 0x30e, "host-precedence-violation", 0x30f, "precedence-cutoff",
    0x400, "source-quench", 0x500, "network-redirect", 0x501, "host-redirect", 0x502, "TOS-network-redirect",
    0x503, "TOS-host-redirect", 0x800, "echo-request", 0x800, "ping", 0x900, "router-advertisement",
    0xa00, "router-solicitation", 0xb00, "ttl-zero-during-transit", 0xb01, "ttl-zero-during-reassembly",
    0xc00, "ip-header-bad", 0xc01, "required-option-missing", 0xd00, "timestamp-request", 0xe00, "timestamp-reply",
    0x1100, "address-mask-request", 0x1200, "address-mask-reply"
  };
  private static final Object[] V6 = {
    0x100, "no-route", 0x101, "communication-prohibited", 0x103, "address-unreachable", 0x104, "port-unreachable",
    0x200, "packet-too-big", 0x300, "ttl-zero-during-transit", 0x301, "ttl-zero-during-reassembly",
    0x400, "bad-header", 0x401, "unknown-header-type", 0x402, "unknown-option", 0x8000, "echo-request",
    0x8000, "ping", 0x8100, "echo-reply", 0x8100, "pong", 0x8500, "router-solicitation",
    0x8600, "router-advertisement", 0x8700, "neighbour-solicitation", 0x8700, "neigbour-solicitation",
    0x8800, "neighbour-advertisement", 0x8800, "neigbour-advertisement", 0x8900, "redirect"
  };

  static final IpSetIcmpNames ICMP = new IpSetIcmpNames(V4);
  static final IpSetIcmpNames ICMPV6 = new IpSetIcmpNames(V6);

  private final Map<String, Integer> codes = new LinkedHashMap<>();
  private final Map<Integer, String> names = new HashMap<>();

  private IpSetIcmpNames(Object[] table) {
    for (int i = 0; i < table.length; i += 2) {
      codes.put((String) table[i + 1], (Integer) table[i]);
      names.putIfAbsent((Integer) table[i], (String) table[i + 1]);
    }
  }

  /** What the first name that begins so stands for, in capitals or not: name_to_icmp(). */
  Optional<Integer> code(String name) {
    return codes.keySet().stream().filter(known -> known.regionMatches(true, 0, name, 0, name.length())).findFirst().map(codes::get);
  }

  /** The name, or {@code type/code} where there is none. */
  String text(int typeCode) {
    String name = names.get(typeCode);
    return name != null ? name : (typeCode >> 8) + "/" + (typeCode & 0xff);
  }
}
