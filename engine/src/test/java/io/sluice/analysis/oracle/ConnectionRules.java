package io.sluice.analysis.oracle;

import io.sluice.netfilter.Family;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Random rules in all tables on a packet's way, about the connections of a {@link ConnectionWorld}. */
public final class ConnectionRules {
  private static final int MOST = 3;
  private static final List<String> CHAINS = List.of("raw PREROUTING", "raw OUTPUT", "mangle PREROUTING", "mangle INPUT", "mangle FORWARD",
      "mangle OUTPUT", "mangle POSTROUTING", "nat PREROUTING", "nat INPUT", "nat OUTPUT", "nat POSTROUTING", "filter INPUT",
      "filter FORWARD", "filter OUTPUT", "filter U");

  private final SplittableRandom random;
  private final ConnectionWorld world;

  public ConnectionRules(SplittableRandom random, ConnectionWorld world) {
    this.random = random;
    this.world = world;
  }

  /** Lines by chain. */
  public Map<String, List<String>> chains() {
    Map<String, List<String>> chains = new LinkedHashMap<>();
    for (String chain : CHAINS) {
      List<String> lines = new ArrayList<>();
      boolean often = chain.startsWith("filter") || chain.startsWith("nat");
      for (int i = random.nextInt(often ? MOST + 1 : 2); i > 0; i--) {
        lines.add(rule(chain));
      }
      chains.put(chain, lines);
    }
    return chains;
  }

  /** The same with one or two rules added, deleted or replaced. */
  public Map<String, List<String>> edited(Map<String, List<String>> chains) {
    Map<String, List<String>> edited = new LinkedHashMap<>();
    chains.forEach((chain, lines) -> edited.put(chain, new ArrayList<>(lines)));
    for (int edits = 1 + random.nextInt(2); edits > 0; edits--) {
      String chain = one(CHAINS);
      List<String> lines = edited.get(chain);
      if (!lines.isEmpty() && random.nextInt(3) != 0) {
        lines.remove(random.nextInt(lines.size()));
      }
      if (random.nextInt(3) != 0) {
        lines.add(random.nextInt(lines.size() + 1), rule(chain));
      }
    }
    return edited;
  }

  /** As iptables-save prints them; chains of the filter table drop by policy, at random. */
  public String text(Map<String, List<String>> chains, List<String> policies) {
    StringBuilder text = new StringBuilder();
    for (String table : List.of("raw", "mangle", "nat", "filter")) {
      text.append('*').append(table).append('\n');
      int filter = 0;
      for (String chain : CHAINS) {
        if (chain.startsWith(table + " ")) {
          String name = name(chain);
          text.append(':').append(name).append(' ')
              .append(name.equals("U") ? "-" : table.equals("filter") ? policies.get(filter++) : "ACCEPT").append(" [0:0]\n");
        }
      }
      for (String chain : CHAINS) {
        if (chain.startsWith(table + " ")) {
          chains.get(chain).forEach(line -> text.append("-A ").append(name(chain)).append(line).append('\n'));
        }
      }
      text.append("COMMIT\n");
    }
    return text.toString();
  }

  /** Three of them, for INPUT, FORWARD and OUTPUT. */
  public List<String> policies() {
    return List.of(policy(), policy(), policy());
  }

  private String policy() {
    return random.nextInt(4) == 0 ? "DROP" : "ACCEPT";
  }

  private static String name(String chain) {
    return chain.substring(chain.indexOf(' ') + 1);
  }

  private String rule(String chain) {
    StringBuilder rule = new StringBuilder();
    boolean in = chain.endsWith("PREROUTING") || chain.endsWith("INPUT") || chain.endsWith("FORWARD");
    boolean out = chain.endsWith("OUTPUT") || chain.endsWith("POSTROUTING") || chain.endsWith("FORWARD");
    boolean raw = chain.startsWith("raw");
    boolean mangle = chain.startsWith("mangle");
    if (in && random.nextInt(4) == 0) {
      rule.append(one(List.of(" -i eth0", " ! -i eth1", " -i lo")));
    }
    if (out && random.nextInt(4) == 0) {
      rule.append(one(List.of(" -o eth0", " ! -o eth1", " -o lo")));
    }
    for (String end : List.of(" -s ", " -d ")) {
      if (random.nextInt(4) == 0) {
        rule.append(random.nextInt(4) == 0 ? " !" : "").append(end).append(world.address(random.nextInt(5)));
      }
    }
    boolean nat = chain.startsWith("nat");
    boolean destination = chain.equals("nat PREROUTING") || chain.equals("nat OUTPUT");
    String target = raw ? one(List.of(" -j DROP", " -j ACCEPT")) : mangle
        ? one(List.of(" -j MARK --set-xmark 0x1/0xffffffff", " -j MARK --set-xmark 0x1/0x1", " -j DROP", " -j CONNMARK --save-mark", " -j CONNMARK --restore-mark"))
        : nat ? destination ? destinationNat() : sourceNat(chain) : chain.endsWith(" U") ? one(List.of(" -j ACCEPT", " -j DROP", " -j RETURN"))
            : one(List.of(" -j ACCEPT", " -j ACCEPT", " -j DROP", " -j REJECT", " -j U", " -g U"));
    boolean port = target.contains("--to-ports") || target.matches(".*[0-9\\]]:\\d$");
    if (port || random.nextInt(2) == 0) {
      rule.append(one(List.of(" -p tcp", " -p tcp -m tcp --dport 1", " -p udp", " -p tcp -m tcp ! --dport 1", port ? " -p tcp" : echo(),
          " -p tcp -m tcp --tcp-flags FIN FIN", " -p tcp -m tcp ! --tcp-flags RST RST", port ? " -p udp" : error())));
    }
    if (!raw && random.nextInt(4) == 0) {
      rule.append(one(List.of(" -m conntrack --ctstate NEW", " -m conntrack --ctstate RELATED,ESTABLISHED", " -m conntrack --ctstate RELATED",
          " -m mark --mark 1",
          " -m conntrack --ctstate DNAT", " -m conntrack ! --ctstate SNAT", " -m connmark --mark 1")));
    }
    return rule.append(target).toString();
  }

  private String echo() {
    return world.family() == Family.IPV4 ? " -p icmp" : " -p ipv6-icmp";
  }

  private String error() {
    return random.nextBoolean() ? echo()
        : world.family() == Family.IPV4 ? " -p icmp -m icmp --icmp-type 3" : " -p ipv6-icmp -m icmp6 --icmpv6-type 1";
  }

  private String destinationNat() {
    boolean v4 = world.family() == Family.IPV4;
    String to = world.address(random.nextInt(5));
    switch (random.nextInt(5)) {
      case 0:
        return " -j DNAT --to-destination " + (v4 ? to : "[" + to + "]") + ":2";
      case 1:
        return " -j REDIRECT --to-ports 2";
      case 2:
        return " -j DNAT --to-destination " + world.address(2) + "-" + world.address(3);
      case 3:
        return " -j ACCEPT";
      default:
        return " -j DNAT --to-destination " + to;
    }
  }

  private String sourceNat(String chain) {
    return chain.endsWith("POSTROUTING") && random.nextBoolean() ? " -j MASQUERADE"
        : random.nextInt(4) == 0 ? " -j ACCEPT" : " -j SNAT --to-source " + world.address(random.nextInt(5));
  }

  private <T> T one(List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }
}
