package io.sluice.ipset;

import java.util.Optional;

/**
 * The types of sets, with what their elements consist of.
 *
 * <p>Kernel: struct ip_set_type at the end of each file of net/netfilter/ipset/.
 */
public enum SetType {
  BITMAP_IP("bitmap:ip", 1, ""),
  BITMAP_IP_MAC("bitmap:ip,mac", 2, ""),
  BITMAP_PORT("bitmap:port", 1, ""),
  HASH_IP("hash:ip", 1, "ip"),
  HASH_MAC("hash:mac", 1, "mac"),
  HASH_IP_MAC("hash:ip,mac", 2, "ip mac"),
  HASH_IP_MARK("hash:ip,mark", 2, "ip mark"),
  HASH_IP_PORT("hash:ip,port", 2, "ip port"),
  HASH_IP_PORT_IP("hash:ip,port,ip", 3, "ip port ip2"),
  HASH_IP_PORT_NET("hash:ip,port,net", 3, "ip port net2"),
  HASH_NET("hash:net", 1, "net"),
  HASH_NET_IFACE("hash:net,iface", 2, "net iface zero"),
  HASH_NET_NET("hash:net,net", 2, "net net2 zero"),
  HASH_NET_PORT("hash:net,port", 2, "net port"),
  HASH_NET_PORT_NET("hash:net,port,net", 3, "net port net2 zero"),
  LIST_SET("list:set", 1, "");

  private final String text;
  private final int dimensions;
  private final boolean net;
  private final boolean net2;
  private final boolean ip2;
  private final boolean port;
  private final boolean mac;
  private final boolean mark;
  private final boolean iface;
  private final boolean zeroPrefix;

  SetType(String text, int dimensions, String parts) {
    this.text = text;
    this.dimensions = dimensions;
    java.util.List<String> p = java.util.List.of(parts.split(" "));
    this.net = p.contains("net");
    this.net2 = p.contains("net2");
    this.ip2 = net2 || p.contains("ip2");
    this.port = p.contains("port");
    this.mac = p.contains("mac");
    this.mark = p.contains("mark");
    this.iface = p.contains("iface");
    this.zeroPrefix = p.contains("zero");
  }

  /** The type of that name, such as {@code hash:ip}. */
  public static Optional<SetType> of(String text) {
    for (SetType type : values()) {
      if (type.text.equals(text)) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /** How many words {@code src,dst,…} must have at least. */
  public int dimensions() {
    return dimensions;
  }

  public boolean isHash() {
    return text.startsWith("hash:");
  }

  public boolean isBitmap() {
    return text.startsWith("bitmap:");
  }

  /** Whether the first part is a network. */
  public boolean isNet() {
    return net;
  }

  /** Whether the last part is a network. */
  public boolean isNet2() {
    return net2;
  }

  /** Whether there is a second address, or network. */
  public boolean hasSecondAddress() {
    return ip2;
  }

  /** Whether there is a protocol with its port. */
  public boolean hasPort() {
    return port;
  }

  public boolean hasMac() {
    return mac || this == BITMAP_IP_MAC;
  }

  public boolean hasMark() {
    return mark;
  }

  public boolean hasInterface() {
    return iface;
  }

  /** Whether an element may be a network of prefix length 0 (IP_SET_HASH_WITH_NET0). */
  public boolean allowsZeroPrefix() {
    return zeroPrefix;
  }

  /** Whether elements may be "nomatch" (IPSET_TYPE_NOMATCH). */
  public boolean hasNomatch() {
    return net || net2;
  }

  /** Whether the set belongs to one address family; the others are asked about packets of both. */
  public boolean hasFamily() {
    return this != BITMAP_PORT && this != HASH_MAC && this != LIST_SET;
  }

  /** The name as ipset prints it. */
  @Override
  public String toString() {
    return text;
  }
}
