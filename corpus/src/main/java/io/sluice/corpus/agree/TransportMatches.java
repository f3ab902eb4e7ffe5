package io.sluice.corpus.agree;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Random transport protocols, and matches on their headers, as rule text. */
final class TransportMatches {
  private static final String[] FLAGS = {"FIN", "SYN", "RST", "PSH", "ACK", "URG"};

  private final World w;

  TransportMatches(World w) {
    this.w = w;
  }

  /** What {@code -p} takes. */
  String protocol() {
    return w.v4() ? w.pick("tcp", "tcp", "tcp", "udp", "udp", "udp", "icmp", "icmp", "sctp", "udplite", "dccp", "gre", "esp", "ah", "ipcomp", "50")
        : w.pick("tcp", "tcp", "tcp", "udp", "udp", "udp", "ipv6-icmp", "ipv6-icmp", "sctp", "udplite", "dccp", "gre", "esp", "ipcomp", "mh", "50");
  }

  /** A match on the header of a protocol, or none. */
  Optional<String> match(String protocol) {
    switch (protocol) {
      case "tcp":
        return Optional.of(tcp());
      case "sctp":
        return w.chance(35) ? Optional.of("-m sctp " + not() + "--chunk-types " + w.pick("any INIT,COOKIE_ECHO", "all DATA", "only INIT",
            "any DATA:B,ABORT", "only INIT_ACK")) : Optional.of("-m sctp " + portOptions());
      case "dccp":
        return w.chance(50) ? Optional.of("-m dccp " + not() + "--dccp-types " + w.pick("REQUEST,RESPONSE", "ACK", "DATA,DATAACK", "RESET"))
            : Optional.of("-m dccp " + portOptions());
      case "udp":
        return w.chance(80) ? Optional.of("-m udp " + portOptions()) : Optional.empty();
      case "udplite":
        return w.chance(60) ? Optional.of("-m multiport " + multiport()) : Optional.empty();
      case "icmp":
        return w.chance(60) ? Optional.of("-m icmp " + not() + "--icmp-type "
            + w.pick("8", "0", "3", "3/1", "3/3", "3/4", "11", "any", "echo-request", "5/1")) : Optional.empty();
      case "ipv6-icmp":
        return w.chance(60) ? Optional.of("-m icmp6 " + not() + "--icmpv6-type "
            + w.pick("128", "129", "1", "1/4", "3", "2", "echo-request")) : Optional.empty();
      case "esp":
        return w.chance(80) ? Optional.of("-m esp " + not() + "--espspi " + spi()) : Optional.empty();
      case "ah":
        return w.chance(80) ? Optional.of("-m ah " + not() + "--ahspi " + spi()) : Optional.empty();
      case "ipcomp":
        return w.chance(80) ? Optional.of("-m ipcomp " + not() + "--ipcompspi " + spi()) : Optional.empty();
      case "mh":
        return w.chance(80) ? Optional.of("-m mh " + not() + "--mh-type " + w.pick("1", "0:4", "5", "cot")) : Optional.empty();
      default:
        return Optional.empty();
    }
  }

  private String not() {
    return w.chance(15) ? "! " : "";
  }

  private String spi() {
    return w.pick("100", "0:100", "200:300", "0:4294967295");
  }

  private String portOptions() {
    String s = w.chance(30) ? not() + "--sport " + w.ports() : "";
    String d = s.isEmpty() || w.chance(60) ? not() + "--dport " + w.ports() : "";
    return (s + " " + d).strip();
  }

  private String tcp() {
    switch (w.random.nextInt(6)) {
      case 0:
        return "-m tcp " + not() + "--tcp-flags " + flags();
      case 1:
        return "-m tcp " + not() + "--syn";
      case 2:
        return "-m tcp " + portOptions() + " --syn";
      case 3:
        return "-m tcp " + not() + "--tcp-option " + w.pick("2", "3", "8");
      default:
        return "-m tcp " + portOptions();
    }
  }

  /** Which flags are looked at, and which of them must be set; now and then one that is not looked at. */
  private String flags() {
    List<String> mask = new ArrayList<>();
    List<String> set = new ArrayList<>();
    for (String f : FLAGS) {
      boolean masked = w.chance(40);
      if (masked) {
        mask.add(f);
      }
      if (w.chance(masked ? 35 : 3)) {
        set.add(f);
      }
    }
    return (mask.isEmpty() ? "ALL" : String.join(",", mask)) + " " + (set.isEmpty() ? w.pick("NONE", "ACK", "SYN")
        : String.join(",", set));
  }

  /** The options of {@code -m multiport}. */
  String multiport() {
    List<String> list = new ArrayList<>();
    for (int i = 0; i < 1 + w.random.nextInt(4); i++) {
      String p = w.ports();
      boolean range = !p.startsWith(":") && !p.endsWith(":") && p.contains(":");
      boolean proper = range && !p.substring(0, p.indexOf(':')).equals(p.substring(p.indexOf(':') + 1));
      list.add(proper ? p : p.replaceFirst("^:", "").replaceFirst(":.*", ""));
    }
    return not() + w.pick("--dports ", "--sports ", "--ports ") + String.join(",", list);
  }
}
