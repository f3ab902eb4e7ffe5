package io.sluice.corpus.agree;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Random matches, as rule text. */
final class MatchGenerator {
  private static final String[] STATES = {"NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED", "SNAT", "DNAT"};

  private final World w;
  private final Vocabulary vocabulary;
  private final SetGenerator sets;
  private final TransportMatches transport;

  MatchGenerator(World w, Vocabulary vocabulary, SetGenerator sets) {
    this.w = w;
    this.vocabulary = vocabulary;
    this.sets = sets;
    this.transport = new TransportMatches(w);
  }

  /**
   * The matches of one rule.
   *
   * @param table its table
   * @param hook the base chain, empty in a user chain
   * @param protocol a protocol that the target needs, empty for any
   */
  String matches(String table, String hook, String protocol) {
    List<String> out = new ArrayList<>();
    if (w.chance(12)) {
      out.add(not() + "-s " + w.network());
    }
    if (w.chance(12)) {
      out.add(not() + "-d " + w.network());
    }
    if (w.chance(10) && !hook.equals("OUTPUT") && !hook.equals("POSTROUTING")) {
      out.add(not() + "-i " + interfaceName());
    }
    if (w.chance(10) && !hook.equals("INPUT") && !hook.equals("PREROUTING")) {
      out.add(not() + "-o " + interfaceName());
    }
    String p = protocol;
    boolean inverted = false;
    if (p.isEmpty() && w.chance(45)) {
      p = transport.protocol();
    }
    if (!p.isEmpty()) {
      inverted = protocol.isEmpty() && w.chance(8);
      out.add((inverted ? "! " : "") + "-p " + p);
      if (!inverted) {
        transport.match(p).ifPresent(out::add);
      }
    }
    if (w.v4() && w.chance(3)) {
      out.add(not() + "-f");
    }
    int more = w.chance(65) ? 0 : 1 + w.random.nextInt(2);
    List<String> used = new ArrayList<>(p.equals("udplite") ? List.of("multiport") : List.of());
    for (int i = 0; i < more; i++) {
      Map.Entry<String, String> m = general(table, hook, inverted ? "" : p);
      if (!m.getValue().isEmpty() && vocabulary.hasMatch(m.getKey()) && !used.contains(m.getKey())) {
        used.add(m.getKey());
        out.add(("-m " + m.getKey() + " " + m.getValue()).strip());
      }
    }
    return String.join(" ", out);
  }

  private String not() {
    return w.chance(15) ? "! " : "";
  }

  private String interfaceName() {
    return w.pick(w.device(), w.device(), w.device().substring(0, 2) + "+", "lo", "eth", "+");
  }

  private Map.Entry<String, String> general(String table, String hook, String protocol) {
    switch (w.random.nextInt(3)) {
      case 0:
        return connection();
      case 1:
        return headers(hook, protocol);
      default:
        return stateful(table, hook, protocol);
    }
  }

  /** What conntrack and the marks know. */
  private Map.Entry<String, String> connection() {
    switch (w.random.nextInt(11)) {
      case 0:
      case 1:
      case 2:
        return Map.entry("conntrack", not() + "--ctstate " + states(STATES));
      case 3:
        return Map.entry("conntrack", conntrack());
      case 4:
        return Map.entry("state", not() + "--state " + states("NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED"));
      case 5:
        return Map.entry("mark", not() + "--mark " + w.pick("0x1", "0x2", "0x0", "0x0/0x10", "0x1/0x1", "0x2/0x3", "0x10/0xf0", "0x0"));
      case 6:
        return Map.entry("connmark", not() + "--mark " + w.pick("0x1", "0x2", "0x0", "0x0/0x2", "0x1/0x1", "0x2/0x3", "0x0"));
      case 7:
        return Map.entry("connbytes", not() + "--connbytes " + w.pick("100:1000", "2:5", "0:", "60:70")
            + " --connbytes-dir " + w.pick("original", "reply", "both") + " --connbytes-mode "
            + w.pick("packets", "bytes", "avgpkt"));
      case 8:
        return Map.entry("connlimit", w.pick("--connlimit-above ", "--connlimit-upto ") + w.random.nextInt(4)
            + " --connlimit-mask " + w.pick("0", "24", "32") + w.pick(" --connlimit-saddr", " --connlimit-daddr"));
      case 9:
        return Map.entry("cluster", "--cluster-total-nodes 2 --cluster-local-node 1 --cluster-hash-seed 0x7");
      default:
        return Map.entry("helper", w.helped ? not() + "--helper " + w.pick("ftp", "tftp") : "");
    }
  }

  /** What stands in the packet or is known of its devices. */
  private Map.Entry<String, String> headers(String hook, String protocol) {
    switch (w.random.nextInt(w.v4() ? 23 : 31)) {
      case 0:
      case 1:
        return Map.entry("multiport", protocol.matches("tcp|udp|sctp|dccp") ? transport.multiport() : "");
      case 2:
      case 3:
        return Map.entry("addrtype", addrtype(hook));
      case 4:
        return Map.entry("iprange", not() + w.pick("--src-range ", "--dst-range ") + range());
      case 5:
      case 6:
        return Map.entry("length", not() + "--length " + w.pick("40", "0:60", "60:1500", "100:", ":99", "28"));
      case 7:
        return w.v4() ? Map.entry("ttl", w.pick("--ttl-eq 64", "--ttl-eq 63", "--ttl-lt 64", "--ttl-gt 63", "! --ttl-eq 64"))
            : Map.entry("hl", w.pick("--hl-eq 64", "--hl-eq 63", "--hl-lt 64", "--hl-gt 63", "! --hl-eq 64"));
      case 8:
        return Map.entry("tos", not() + "--tos " + w.pick("0x10/0xff", "0x00/0x3f", "0x08/0x08", "0xb8/0xfc"));
      case 9:
        return Map.entry("dscp", not() + "--dscp " + w.pick("0x00", "0x2e", "0x04", "0x02"));
      case 10:
        return Map.entry("comment", "--comment \"rule of the generator\"");
      case 11:
        return Map.entry("pkttype", not() + "--pkt-type " + w.pick("unicast", "broadcast", "multicast"));
      case 12:
        return Map.entry("tcpmss", protocol.equals("tcp") ? not() + "--mss " + w.pick("1460", "0:1000", "536:1460") : "");
      case 13:
        return Map.entry("ecn", protocol.equals("tcp") ? w.pick("", "! ") + w.pick("--ecn-tcp-ece", "--ecn-tcp-cwr")
            : not() + "--ecn-ip-ect " + w.random.nextInt(4));
      case 14:
        return Map.entry("u32", not() + "--u32 \"" + (w.v4() ? w.pick("0>>22&0x3C@0>>16=0:1024", "6&0xFF=6", "4&0x3FFF=0",
            "0&0xFFFF=40:60", "12=0x0a000002", "0>>22&0x3C@12>>26&0x3C@0=1") : w.pick("4>>16=20:60", "6&0xFF=6,17",
            "40&0xFFFF=22:80 && 4&0xFF=64")) + "\"");
      case 15:
      case 16:
        return Map.entry("string", not() + "--hex-string \"" + w.pick("|0a0b0c|", "|00010203|", "|ff|", "|1e1f20|") + "\" --algo "
            + w.pick("bm", "kmp") + w.pick("", " --from 20 --to 60", " --to 40", " --from 50"));
      case 17:
        return Map.entry("bpf", w.v4() ? "--bytecode \"" + w.pick("4,48 0 0 9,21 0 1 6,6 0 0 1,6 0 0 0",
            "4,40 0 0 2,37 0 1 60,6 0 0 1,6 0 0 0", "1,6 0 0 65535") + "\"" : "");
      case 18:
        return Map.entry("devgroup", hook.isEmpty() ? "" : not() + (hook.equals("OUTPUT") || hook.equals("POSTROUTING") ? "--dst-group "
            : "--src-group ") + w.pick("0", "1", "0x0/0x1"));
      case 19:
        return Map.entry("mac", !w.isBridged() && w.chance(70) || hook.equals("OUTPUT") || hook.equals("POSTROUTING") || hook.isEmpty() ? ""
            : not() + "--mac-source 02:00:00:00:00:0" + w.pick("2", "3", "4"));
      case 20:
        return Map.entry("policy", hook.equals("OUTPUT") || hook.equals("POSTROUTING") ? "--dir out --pol none"
            : hook.isEmpty() || hook.equals("FORWARD") ? "" : "--dir in --pol none");
      case 21:
        return Map.entry("time", not().isEmpty() ? "--datestart 2020-01-01T00:00:00 --datestop 2037-01-01T00:00:00"
            : "--datestart 2036-01-01T00:00:00");
      case 22:
        return w.v4() ? Map.entry("realm", hook.equals("INPUT") || hook.equals("FORWARD") ? not() + "--realm 7" : "")
            : Map.entry("eui64", hook.matches("PREROUTING|INPUT|FORWARD") ? " " : "");
      case 23:
        return Map.entry("ah", protocol.isEmpty() ? not() + "--ahspi " + w.pick("0:100", "200", "100:300") : "");
      case 24:
        return Map.entry("srh", w.pick("--srh-next-hdr 6", "--srh-tag 7", "--srh-segs-left-eq 0", "! --srh-hdr-len-gt 2",
            "--srh-psid 2001:db8::/32"));
      case 25:
      case 26:
        return Map.entry("ipv6header", w.pick("--soft ", "") + not() + "--header " + w.pick("hop", "dst", "frag", "none", "prot",
            "hop,dst", "auth", "route"));
      case 27:
        return Map.entry("hbh", w.pick(not() + "--hbh-len 8", "--hbh-opts 5"));
      case 28:
        return Map.entry("dst", w.pick(not() + "--dst-len 8", "--dst-opts 1"));
      case 29:
        return Map.entry("frag", w.pick("--fragid 0:4294967295", "--fragmore", "--fraglast", "--fragfirst"));
      default:
        return Map.entry("rt", w.pick("--rt-type 0", not() + "--rt-segsleft 0:1", "--rt-len 8"));
    }
  }

  /** What remembers, and what asks the host. */
  private Map.Entry<String, String> stateful(String table, String hook, String protocol) {
    boolean pre = hook.equals("PREROUTING") && !table.equals("nat");
    switch (w.random.nextInt(16)) {
      case 0:
        return Map.entry("statistic", w.chance(25) ? "--mode random " + not() + "--probability " + w.pick("0.5", "0.2", "0", "1")
            : "--mode nth " + w.pick("", "! ") + "--every " + (2 + w.random.nextInt(3)) + " --packet "
            + w.random.nextInt(2));
      case 1:
        return Map.entry("limit", "--limit 1/hour --limit-burst " + (1 + w.random.nextInt(5)));
      case 2:
        return Map.entry("hashlimit", w.pick("--hashlimit-upto ", "--hashlimit-above ") + "1/hour --hashlimit-burst "
            + (1 + w.random.nextInt(4)) + w.pick("", " --hashlimit-mode srcip", " --hashlimit-mode dstip,dstport",
            " --hashlimit-mode srcip --hashlimit-srcmask 24") + " --hashlimit-name h" + w.random.nextInt(10_000));
      case 3:
        return Map.entry("recent", w.pick("--set --name r1", "--update --seconds 600 --hitcount 3 --name r1 --rsource",
            "! --rcheck --name r1", "--rcheck --seconds 600 --reap --hitcount 2 --name r2 --rdest", "--set --name r2 --rdest",
            "--remove --name r1", "--rcheck --rttl --name r1"));
      case 4:
        return Map.entry("quota", not() + "--quota " + w.pick("1000", "200", "5000"));
      case 5:
        return Map.entry("owner", hook.equals("OUTPUT") || hook.equals("POSTROUTING")
            ? not() + w.pick("--uid-owner 0", "--uid-owner 1000", "--gid-owner 0", "--uid-owner 0-999", "--socket-exists")
            : "");
      case 6:
        return Map.entry("rpfilter", pre && !table.equals("raw") || table.equals("raw") && pre
            ? w.pick("", "--loose", "--validmark", "--accept-local", "--invert") : "");
      case 7:
        return Map.entry("socket", hook.equals("PREROUTING") || hook.equals("INPUT") ? w.pick("--nowildcard", "--transparent")
            : "");
      case 8:
        return Map.entry("physdev", physdev(hook));
      case 9:
      case 10:
        return Map.entry("set", not() + "--match-set " + sets.match());
      case 11:
        // What no packet shows: the harness keeps the kernel on processor 0, has no group with this number and no fingerprints.
        return Map.entry("cpu", not() + "--cpu " + w.random.nextInt(2));
      case 12:
        return Map.entry("cgroup", hook.equals("INPUT") || hook.equals("OUTPUT") ? "--cgroup 1048577" : "");
      case 13:
        return Map.entry("osf", w.v4() && protocol.equals("tcp") && hook.matches("PREROUTING|INPUT|FORWARD") ? "--genre Linux" : "");
      case 14:
        return Map.entry("rateest", w.estimated ? w.pick("--rateest estimated --rateest-gt --rateest-bps 90gbit", "--rateest estimated ! --rateest-gt --rateest-bps 90gbit",
            "--rateest estimated --rateest-lt --rateest-pps 4000000000") : "");
      default:
        return Map.entry("connlabel", not() + "--label " + w.random.nextInt(4) + w.pick("", " --set"));
    }
  }

  private String physdev(String hook) {
    boolean in = (w.isBridged() || w.chance(20)) && hook.matches("PREROUTING|FORWARD|INPUT");
    return in && hook.equals("FORWARD") && w.chance(50) ? not() + w.pick("--physdev-is-bridged", "--physdev-is-out", "--physdev-is-bridged --physdev-out p1")
        : in ? not() + w.pick("--physdev-is-in", "--physdev-in p0", "--physdev-in p+") : "";
  }

  private String states(String... all) {
    List<String> out = new ArrayList<>();
    for (String s : all) {
      if (w.chance(s.equals("NEW") || s.equals("ESTABLISHED") ? 50 : 25)) {
        out.add(s);
      }
    }
    return out.isEmpty() ? all[w.random.nextInt(all.length)] : String.join(",", out);
  }

  private String conntrack() {
    switch (w.random.nextInt(7)) {
      case 0:
        return "--ctdir " + w.pick("ORIGINAL", "REPLY");
      case 1:
        return not() + "--ctproto " + w.pick("6", "17", w.v4() ? "1" : "58");
      case 2:
        return not() + "--ctorigsrc " + w.network();
      case 3:
        return not() + "--ctrepldst " + w.network();
      case 4:
        return not() + "--ctstatus " + w.pick("SEEN_REPLY", "ASSURED", "CONFIRMED", "NONE", "EXPECTED,SEEN_REPLY");
      case 5:
        return not() + "--ctorigdstport " + w.ports().replaceFirst("^:", "0:").replaceFirst(":$", ":65535");
      default:
        return not() + "--ctexpire " + w.pick("0:100", "100:1000", "1000:500000");
    }
  }

  private String addrtype(String hook) {
    String types = w.pick("LOCAL", "LOCAL", "UNICAST", "UNICAST", "BROADCAST", "MULTICAST", "LOCAL,BROADCAST", "ANYCAST", "UNSPEC");
    if (types.contains("BROADCAST") && !w.v4()) {
      types = "LOCAL";
    }
    String limit = w.chance(20) && hook.equals("INPUT") ? " --limit-iface-in" : "";
    return not() + w.pick("--dst-type ", "--src-type ") + types + limit;
  }

  private String range() {
    String a = w.address();
    String b = w.address();
    if (w.v4()) {
      return lower(a, b) ? a + "-" + b : b + "-" + a;
    }
    return a + "-" + a;
  }

  private static boolean lower(String a, String b) {
    return io.sluice.packet.IpAddress.of(a).compareTo(io.sluice.packet.IpAddress.of(b)) <= 0;
  }
}
