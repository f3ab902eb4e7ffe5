package io.sluice.corpus.analysis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.lint.Linter;
import io.sluice.analysis.lint.RuleStatus;
import io.sluice.analysis.lint.RuleStatus.State;
import io.sluice.corpus.kernel.Kernel;
import io.sluice.corpus.kernel.KernelSubject;
import io.sluice.corpus.scenario.Finals;
import io.sluice.corpus.scenario.PacketLine;
import io.sluice.corpus.scenario.Scenario;
import io.sluice.corpus.scenario.ScenarioFile;
import io.sluice.corpus.scenario.Step;
import io.sluice.netfilter.Family;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Odd packets for rules that look dead, on hosts where some are not: from everywhere to everywhere, cut short, in pieces, with
 * options and broken headers, as frames on {@code lo}. The kernel counts none of them at a rule that lint says never matches.
 */
class LintKernelIT {
  private static final String RULES4 = """
      *raw
      :PREROUTING ACCEPT [0:0]
      :OUTPUT ACCEPT [0:0]
      %s
      -A PREROUTING -m conntrack --ctstate NEW
      -A PREROUTING -m conntrack --ctstate UNTRACKED
      -A PREROUTING -f
      -A OUTPUT -f
      COMMIT
      *mangle
      :PREROUTING ACCEPT [0:0]
      :POSTROUTING ACCEPT [0:0]
      -A PREROUTING -i lo -f
      -A PREROUTING ! -i lo -f
      -A POSTROUTING -f
      -A POSTROUTING -o lo -d 203.0.113.5/32
      COMMIT
      *nat
      :PREROUTING ACCEPT [0:0]
      :INPUT ACCEPT [0:0]
      :OUTPUT ACCEPT [0:0]
      :POSTROUTING ACCEPT [0:0]
      -A PREROUTING -i lo
      -A PREROUTING -m conntrack --ctstate ESTABLISHED
      -A PREROUTING -p icmp -m icmp --icmp-type 0
      -A INPUT -i lo
      -A OUTPUT -m conntrack --ctstate INVALID
      COMMIT
      *filter
      :INPUT ACCEPT [0:0]
      :FORWARD ACCEPT [0:0]
      :OUTPUT ACCEPT [0:0]
      :TCP - [0:0]
      -A INPUT -d 203.0.113.5/32
      -A INPUT -d 0.0.0.0/32
      -A INPUT -s 127.0.0.0/8 -i eth0
      -A INPUT -s 10.0.0.1/32 -i eth1
      -A INPUT -d 10.0.1.255/32 -i eth0
      -A INPUT -d 239.1.1.1/32
      -A INPUT -f
      -A INPUT -p icmp -m icmp --icmp-type 0 -m conntrack --ctstate NEW
      -A FORWARD -i lo
      -A FORWARD -o lo
      -A FORWARD -d 10.0.0.1/32
      -A FORWARD -d 10.0.1.255/32
      -A FORWARD -d 0.0.0.0/32
      -A FORWARD -d 239.1.1.1/32
      -A FORWARD -d 203.0.113.5/32 -o eth1
      -A FORWARD -s 224.0.0.5/32
      -A FORWARD -s 10.0.0.1/32
      -A FORWARD -f
      -A FORWARD -p tcp -g TCP
      -A OUTPUT -f
      -A OUTPUT -s 224.0.0.5/32
      -A OUTPUT -m conntrack --ctstate UNTRACKED
      -A TCP -p tcp -m tcp --dport 0:1023 -j RETURN
      -A TCP -p tcp -m tcp --dport 1024:65535 -j RETURN
      -A TCP -p udp
      -A TCP -m conntrack --ctdir ORIGINAL -j RETURN
      -A TCP -m conntrack --ctdir REPLY -j RETURN
      -A TCP -m conntrack --ctstate INVALID
      COMMIT
      """;
  private static final String RULES6 = """
      *nat
      :PREROUTING ACCEPT [0:0]
      :INPUT ACCEPT [0:0]
      -A PREROUTING -i lo
      -A PREROUTING -p ipv6-icmp -m icmp6 --icmpv6-type 135
      -A INPUT -i lo
      COMMIT
      *filter
      :INPUT ACCEPT [0:0]
      :FORWARD ACCEPT [0:0]
      :OUTPUT ACCEPT [0:0]
      :REST - [0:0]
      -A INPUT -d 2001:db8:5::5/128
      -A INPUT -d ff05::5/128
      -A INPUT -s ::1/128 -i eth0
      -A INPUT -s ff02::1/128
      -A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 129 -m conntrack --ctstate NEW
      -A FORWARD -i lo
      -A FORWARD -o lo
      -A FORWARD -d 2001:db8:1::1/128
      -A FORWARD -d 2001:db8:1::/128
      -A FORWARD -d 2001:db8:9::/128
      -A FORWARD -s fe80::99/128 -i eth0 -o eth1
      -A FORWARD -s ::/128
      -A FORWARD -j REST
      -A REST -p tcp -j RETURN
      -A REST ! -p tcp -j RETURN
      -A REST
      COMMIT
      """;
  private static final List<String> ADDRESSES4 =
      List.of("10.0.0.1", "10.0.1.9", "203.0.113.5", "127.0.0.1", "0.0.0.0", "224.0.0.5", "239.1.1.1", "10.0.1.255");
  private static final List<String> ADDRESSES6 =
      List.of("2001:db8:1::1", "2001:db8:5::5", "2001:db8:1::", "2001:db8:9::", "fe80::99", "::", "::1", "ff02::1", "ff05::5");
  private static final List<String> KINDS = List.of("tcp %s:4000 > %s:80 flags S",
      "tcp %s:80 > %s:4000 flags A", "udp %s:53 > %s:53 len 8",
      "tcp %s:4000 > %s:80 flags S truncate 8", "udp %s:4000 > %s:80 len 64 frag 0 more 7", "proto 17 %s > %s len 16 frag 3 last 8",
      "proto 253 %s > %s len 20");
  private static final List<String> KINDS4 = List.of("icmp %s > %s type 8 id 1", "icmp %s > %s type 0 id 9", "icmp %s > %s type 9",
      "udp %s:4000 > %s:80 len 8 ipopt 8307040a00010900", "proto 2 %s > %s ttl 1 ipopt 94040000 len 8");
  private static final List<String> KINDS6 = List.of("icmpv6 %s > %s type 128 id 1", "icmpv6 %s > %s type 129 id 9",
      "icmpv6 %s > %s type 135 ttl 255 len 16", "proto 60 %s > %s hex 3c", "proto 59 %s > %s",
      "proto 44 %s > %s hex 3c00020000000001");

  @BeforeEach
  void kernel() {
    Kernel.needed();
  }

  @Test
  void whatIsCalledDeadCountsNothing() throws Exception {
    judge(host("legacy", "", "", ""), 12);
    judge(host("nft", "", "-A OUTPUT -p udp -j CT --notrack", ""), 12);
  }

  @Test
  void whereKnobsLetMoreThroughMoreIsAlive() throws Exception {
    StringBuilder knobs = new StringBuilder("[sysctl]\n");
    for (String knob : List.of("accept_source_route", "bc_forwarding", "accept_local", "route_localnet")) {
      for (String device : List.of("all", "lo", "eth0", "eth1")) {
        knobs.append("net.ipv4.conf.").append(device).append('.').append(knob).append(" = 1\n");
      }
    }
    judge(host("nft", "", "", knobs.toString()), 12);
    judge(host("nft", "", "", "[sysctl]\nnet.ipv4.ip_forward = 0\nnet.ipv6.conf.all.forwarding = 0\n"), 5);
  }

  @Test
  void whereRoutesLeadElsewhereMoreIsAlive() throws Exception {
    judge(host("nft", "throw 203.0.113.0/24\ndefault dev eth1 table 253\n", "", ""), 12);
    judge(host("legacy", "203.0.113.0/24 dev lo\nblackhole 239.1.1.1\n", "", ""), 12);
  }

  private static Scenario host(String backend, String routes, String raw, String knobs) {
    return ScenarioFile.parse("odd", "backend " + backend + "\n" + Router.DEVICES + "-6 2001:db8:9::/64 dev eth1\n" + routes + knobs + "[iptables]\n"
        + String.format(RULES4, raw) + "[ip6tables]\n" + RULES6);
  }

  /** @param least how many rules packets must have come to, so that there is something to be seen */
  private static void judge(Scenario scenario, int least) throws Exception {
    List<RuleStatus> rules = Linter.of(scenario.host()).witnesses(false).run().rules();
    Finals counted;
    try (KernelSubject kernel = new KernelSubject(scenario)) {
      for (byte[] packet : packets()) {
        for (String device : List.of("eth0", "eth1")) {
          kernel.send(new Step.In(device, packet));
        }
        kernel.send(new Step.Local(packet, 0, 0));
        kernel.sendCrafted(packet);
      }
      counted = kernel.finals();
    }
    List<String> wrong = rules.stream().filter(rule -> rule.state() == State.NEVER && RuleCounts.packets(counted, rule.place()) > 0)
        .map(rule -> rule.subject() + " " + rule.subject().text() + ": " + rule.reason()).toList();
    assertEquals(List.of(), wrong, scenario::toString);
    long met = rules.stream().filter(rule -> RuleCounts.packets(counted, rule.place()) > 0).count();
    assertTrue(met >= least && rules.stream().anyMatch(rule -> rule.state() == State.NEVER), met + " rules met");
  }

  private static List<byte[]> packets() {
    List<byte[]> packets = new ArrayList<>();
    for (Family family : Family.values()) {
      boolean v4 = family == Family.IPV4;
      List<String> addresses = v4 ? ADDRESSES4 : ADDRESSES6;
      List<String> kinds = new ArrayList<>(KINDS);
      kinds.addAll(v4 ? KINDS4 : KINDS6);
      for (String kind : kinds) {
        String line = v4 ? kind : kind.replace("%s:", "[%s]:");
        for (String source : addresses) {
          addresses.forEach(destination -> packets.add(PacketLine.parse(String.format(line, source, destination), List.of())));
        }
      }
    }
    return packets;
  }
}
