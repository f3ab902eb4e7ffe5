package io.sluice.corpus.agree;

import java.util.ArrayList;
import java.util.List;

/** Random targets, as rule text. */
final class TargetGenerator {

  /**
   * A target.
   *
   * @param text {@code -j ...}
   * @param protocol the protocol that its rule must name; empty for any
   */
  record Choice(String text, String protocol) {}

  private final World w;
  private final Vocabulary vocabulary;
  private final SetGenerator sets;
  private final boolean legacy;

  TargetGenerator(World w, Vocabulary vocabulary, SetGenerator sets, boolean legacy) {
    this.w = w;
    this.vocabulary = vocabulary;
    this.sets = sets;
    this.legacy = legacy;
  }

  /** Something that is not a jump, allowed in that table and all of those hooks. */
  Choice target(String table, List<String> hooks) {
    List<Choice> all = new ArrayList<>();
    plain(all, "ACCEPT", "ACCEPT", "RETURN");
    if (!table.equals("nat")) {
      plain(all, "DROP");
    }
    marks(all, table);
    switch (table) {
      case "filter":
        if (!hooks.contains("PREROUTING") && !hooks.contains("POSTROUTING")) {
          reject(all);
          synproxy(all, hooks);
        }
        break;
      case "raw":
        if (hooks.equals(List.of("PREROUTING")) || hooks.equals(List.of("OUTPUT"))) {
          add(all, "CT", "CT --zone " + w.pick("1", "2"), "");
        }
        add(all, "CT", "CT --notrack", "");
        add(all, "NOTRACK", "NOTRACK", "");
        add(all, "TRACE", "TRACE", "");
        add(all, "CT", "CT --helper ftp", "tcp -m tcp --dport 21");
        add(all, "CT", "CT --helper tftp", "udp -m udp --dport 69");
        break;
      case "mangle":
        mangle(all, hooks);
        break;
      case "nat":
        nat(all, hooks);
        break;
      default:
    }
    return w.pick(all);
  }

  private static void plain(List<Choice> all, String... names) {
    for (String n : names) {
      all.add(new Choice("-j " + n, ""));
    }
  }

  private void add(List<Choice> all, String extension, String text, String protocol) {
    if (vocabulary.hasTarget(extension)) {
      all.add(new Choice("-j " + text, protocol));
    }
  }

  private void marks(List<Choice> all, String table) {
    add(all, "MARK", "MARK " + w.pick("--set-mark 0x1", "--set-mark 0x2", "--set-xmark 0x10/0xf0", "--or-mark 0x3",
        "--and-mark 0xfe", "--xor-mark 0x1"), "");
    add(all, "CONNMARK", "CONNMARK " + w.pick("--set-mark 0x1", "--save-mark", "--restore-mark", "--set-xmark 0x2/0x3",
        "--save-mark --nfmask 0xf --ctmask 0xf"), "");
    add(all, "SET", "SET " + sets.target(table), "");
    add(all, "NFLOG", "NFLOG --nflog-group 77", "");
    add(all, "AUDIT", "AUDIT --type accept", "");
    add(all, "NFQUEUE", "NFQUEUE --queue-num 77 --queue-bypass", "");
    add(all, "LOG", "LOG --log-prefix \"generated: \"", "");
    // A timer's label is known to the whole machine: one scenario's must not meet another's.
    add(all, "IDLETIMER", "IDLETIMER --timeout 600 --label t" + w.random.nextInt(1_000_000_000), "");
    if (!table.equals("nat") && w.chance(30)) {
      // Nobody listens to the queue: the packet is dropped.
      add(all, "NFQUEUE", "NFQUEUE --queue-num 78", "");
      if (legacy) {
        plain(all, "QUEUE");
      }
    }
  }

  private void reject(List<Choice> all) {
    for (int i = 0; i < 3; i++) {
      String with = w.v4()
          ? w.pick("icmp-net-unreachable", "icmp-host-unreachable", "icmp-port-unreachable", "icmp-proto-unreachable",
              "icmp-net-prohibited", "icmp-host-prohibited", "icmp-admin-prohibited")
          : w.pick("icmp6-no-route", "icmp6-adm-prohibited", "icmp6-addr-unreachable", "icmp6-port-unreachable",
              "icmp6-policy-fail", "icmp6-reject-route");
      add(all, "REJECT", "REJECT --reject-with " + with, "");
    }
    add(all, "REJECT", "REJECT --reject-with tcp-reset", "tcp");
  }

  /** Opens connections in the names of clients; what comes by a bridge is left to {@link #reject}. */
  private void synproxy(List<Choice> all, List<String> hooks) {
    if (!w.isBridged() && List.of("INPUT", "FORWARD").containsAll(hooks)) {
      String options = w.pick("--mss 1460", "--mss 1000 --wscale 7 --timestamp --sack-perm", "--timestamp --wscale 3 --ecn --mss 1460");
      add(all, "SYNPROXY", "SYNPROXY " + options, "tcp");
    }
  }

  private void mangle(List<Choice> all, List<String> hooks) {
    add(all, "TOS", "TOS " + w.pick("--set-tos 0x10", "--set-tos 0x08/0x3f", "--or-tos 0x04", "--and-tos 0xfb"), "");
    add(all, "DSCP", "DSCP " + w.pick("--set-dscp 0x2e", "--set-dscp-class AF11"), "");
    if (w.v4()) {
      add(all, "TTL", "TTL " + w.pick("--ttl-set 10", "--ttl-dec 1", "--ttl-inc 1", "--ttl-dec 63"), "");
      add(all, "ECN", "ECN --ecn-tcp-remove", "tcp");
    } else {
      add(all, "HL", "HL " + w.pick("--hl-set 10", "--hl-dec 1", "--hl-inc 1", "--hl-dec 63"), "");
    }
    if (!hooks.contains("PREROUTING") && !hooks.contains("INPUT")) {
      add(all, "TCPMSS", "TCPMSS " + w.pick("--set-mss 1000", "--clamp-mss-to-pmtu"), "tcp -m tcp --tcp-flags SYN,RST SYN");
    } else {
      add(all, "TCPMSS", "TCPMSS --set-mss 1000", "tcp -m tcp --tcp-flags SYN,RST SYN");
    }
    add(all, "HMARK", "HMARK --hmark-tuple src,dst,proto --hmark-mod 4 --hmark-offset 1 --hmark-rnd 0xcafe", "");
    add(all, "CHECKSUM", "CHECKSUM --checksum-fill", "");
    add(all, "TCPOPTSTRIP", "TCPOPTSTRIP --strip-options " + w.pick("timestamp", "sack-permitted,wscale"), "tcp");
    if (!hooks.contains("PREROUTING") && !hooks.contains("INPUT")) {
      add(all, "CLASSIFY", "CLASSIFY --set-class 1:2", "");
    }
    add(all, "CONNSECMARK", "CONNSECMARK " + w.pick("--save", "--restore"), "");
    add(all, "RATEEST", "RATEEST --rateest-name estimated --rateest-interval 250ms --rateest-ewmalog 0.5s", "");
    if (hooks.equals(List.of("FORWARD")) && !w.isBridged()) {
      // Elsewhere the copy and its original cannot be told apart from outside, or copies of copies go round and round.
      add(all, "TEE", "TEE --gateway " + w.neighbour(), "");
      add(all, "TEE", "TEE --gateway " + w.neighbour(), "");
    }
    if (hooks.equals(List.of("PREROUTING"))) {
      add(all, "TPROXY", "TPROXY --on-port " + w.port() + " --tproxy-mark 0x1/0x1", w.pick("tcp", "udp"));
    }
    if (!w.v4() && !hooks.contains("FORWARD")) {
      String prefixes = " --src-pfx 2001:db8:" + w.pick("0", "1") + "::/64 --dst-pfx 2001:db8:" + w.pick("1", "9") + "::/64";
      if (!hooks.contains("POSTROUTING") && !hooks.contains("INPUT")) {
        add(all, "DNPT", "DNPT" + prefixes, "");
      }
      if (hooks.equals(List.of("POSTROUTING")) || hooks.equals(List.of("INPUT"))) {
        add(all, "SNPT", "SNPT" + prefixes, "");
      }
    }
  }

  private void nat(List<Choice> all, List<String> hooks) {
    boolean source = hooks.stream().allMatch(h -> h.equals("POSTROUTING") || h.equals("INPUT"));
    boolean destination = hooks.stream().allMatch(h -> h.equals("PREROUTING") || h.equals("OUTPUT"));
    String protocol = w.pick("tcp", "udp");
    for (int i = 0; i < 2; i++) {
      if (source) {
        add(all, "SNAT", "SNAT --to-source " + w.address(), "");
        add(all, "SNAT", "SNAT --to-source " + end(w.address(), ports()), protocol);
        if (!hooks.contains("INPUT")) {
          add(all, "MASQUERADE", "MASQUERADE", "");
          add(all, "MASQUERADE", "MASQUERADE --to-ports " + ports(), protocol);
        }
      }
      if (destination) {
        add(all, "DNAT", "DNAT --to-destination " + w.target(), "");
        add(all, "DNAT", "DNAT --to-destination " + end(w.target(), Integer.toString(w.port())), protocol);
        add(all, "DNAT", "DNAT --to-destination " + end(w.target(), "5000-5002"), protocol);
        add(all, "REDIRECT", "REDIRECT --to-ports " + w.port(), protocol);
        add(all, "REDIRECT", "REDIRECT", "");
      }
    }
    if (!hooks.contains("INPUT")) {
      add(all, "NETMAP", "NETMAP --to " + (w.v4() ? "10.9.0.0/24" : "2001:db8:9::/64"), "");
    }
  }

  private String ports() {
    return w.pick("5000", "5000-5002", "30000-30100");
  }

  private String end(String address, String ports) {
    return w.v4() ? address + ":" + ports : "[" + address + "]:" + ports;
  }
}
