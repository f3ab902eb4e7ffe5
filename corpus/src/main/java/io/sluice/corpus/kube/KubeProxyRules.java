package io.sluice.corpus.kube;

import io.sluice.corpus.kube.Cluster.Endpoint;
import io.sluice.corpus.kube.Cluster.Service;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * kube-proxy's rules in its iptables mode, as {@code iptables-save} prints them: tables filter and nat.
 *
 * <p>A packet to a service's address is sent to one of its endpoints by lot, each with the same chance: of n endpoints the
 * first is taken with 1/n, the second of the rest with 1/(n-1), and so on. A service that keeps its clients asks
 * {@code recent} first. Services without endpoints are refused in table filter.
 */
public final class KubeProxyRules {
  private static final String AFFINITY_SECONDS = "10800";
  private static final String NEW = " -m conntrack --ctstate NEW";
  private static final String REFUSED = " -j REJECT --reject-with icmp-port-unreachable";
  private static final String MASQUERADE = "0x4000/0x4000";

  private static final String[] FILTER_CHAINS = {"KUBE-EXTERNAL-SERVICES", "KUBE-FIREWALL", "KUBE-FORWARD", "KUBE-NODEPORTS",
    "KUBE-PROXY-FIREWALL", "KUBE-SERVICES"};
  private static final String[] NAT_CHAINS = {"KUBE-MARK-MASQ", "KUBE-NODEPORTS", "KUBE-POSTROUTING", "KUBE-SERVICES"};

  private final Cluster cluster;
  /** The rules of each chain of the table that is being written. */
  private final Map<String, StringBuilder> chains = new TreeMap<>();

  private KubeProxyRules(Cluster cluster) {
    this.cluster = cluster;
  }

  /**
   * Services of all kinds: a tenth UDP, one in twenty with a node port or with session affinity, a few down.
   *
   * @param services how many
   * @param endpoints how many pods a service has on the mean
   * @param seed the same seed gives the same rules
   */
  public static String varied(int services, int endpoints, long seed) {
    return new KubeProxyRules(Cluster.of(services, endpoints, true, seed)).save();
  }

  /** Services of one kind: TCP, one endpoint each, no node port: five rules and two chains for each. */
  public static String uniform(int services) {
    return new KubeProxyRules(Cluster.of(services, 1, false, 1)).save();
  }

  private String save() {
    filter();
    String filter = table("filter", "INPUT", "FORWARD", "OUTPUT");
    chains.clear();
    nat();
    return filter + table("nat", "PREROUTING", "INPUT", "OUTPUT", "POSTROUTING");
  }

  /** Base chains in the order of their hooks, the others by name, as iptables-save prints them. */
  private String table(String name, String... base) {
    StringBuilder out = new StringBuilder("*").append(name).append('\n');
    StringBuilder rules = new StringBuilder();
    for (String chain : base) {
      out.append(':').append(chain).append(" ACCEPT [0:0]\n");
      rules.append(Objects.requireNonNullElse(chains.remove(chain), ""));
    }
    chains.forEach((chain, text) -> {
      out.append(':').append(chain).append(" - [0:0]\n");
      rules.append(text);
    });
    return out.append(rules).append("COMMIT\n").toString();
  }

  private void rule(String chain, String text) {
    chains.computeIfAbsent(chain, c -> new StringBuilder()).append("-A ").append(chain).append(text).append('\n');
  }

  private void empty(String... names) {
    for (String name : names) {
      chains.put(name, new StringBuilder());
    }
  }

  private void filter() {
    empty(FILTER_CHAINS);
    for (String chain : List.of("INPUT", "FORWARD", "OUTPUT")) {
      rule(chain, NEW + comment("kubernetes load balancer firewall") + " -j KUBE-PROXY-FIREWALL");
    }
    rule("INPUT", comment("kubernetes health check service ports") + " -j KUBE-NODEPORTS");
    rule("INPUT", NEW + comment("kubernetes externally-visible service portals") + " -j KUBE-EXTERNAL-SERVICES");
    rule("INPUT", " -j KUBE-FIREWALL");
    rule("FORWARD", comment("kubernetes forwarding rules") + " -j KUBE-FORWARD");
    rule("FORWARD", NEW + comment("kubernetes service portals") + " -j KUBE-SERVICES");
    rule("FORWARD", NEW + comment("kubernetes externally-visible service portals") + " -j KUBE-EXTERNAL-SERVICES");
    rule("OUTPUT", NEW + comment("kubernetes service portals") + " -j KUBE-SERVICES");
    rule("OUTPUT", " -j KUBE-FIREWALL");
    rule("KUBE-FIREWALL", " ! -s 127.0.0.0/8 -d 127.0.0.0/8" + comment("block incoming localnet connections")
        + " -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP");
    rule("KUBE-FORWARD", " -m conntrack --ctstate INVALID -j DROP");
    rule("KUBE-FORWARD", comment("kubernetes forwarding rules") + " -m mark --mark " + MASQUERADE + " -j ACCEPT");
    rule("KUBE-FORWARD", comment("kubernetes forwarding conntrack rule") + " -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT");
    for (Service s : cluster.services()) {
      if (s.endpoints().isEmpty()) {
        String comment = comment(s.name() + " has no endpoints");
        rule("KUBE-SERVICES", to(s) + comment + port(s, s.port()) + REFUSED);
        if (s.nodePort() > 0) {
          rule("KUBE-EXTERNAL-SERVICES", " -p " + s.protocol() + comment + " -m addrtype --dst-type LOCAL" + port(s, s.nodePort()) + REFUSED);
        }
      }
    }
  }

  private void nat() {
    empty(NAT_CHAINS);
    rule("PREROUTING", comment("kubernetes service portals") + " -j KUBE-SERVICES");
    rule("OUTPUT", comment("kubernetes service portals") + " -j KUBE-SERVICES");
    rule("POSTROUTING", comment("kubernetes postrouting rules") + " -j KUBE-POSTROUTING");
    rule("KUBE-MARK-MASQ", " -j MARK --set-xmark " + MASQUERADE);
    rule("KUBE-POSTROUTING", " -m mark ! --mark " + MASQUERADE + " -j RETURN");
    rule("KUBE-POSTROUTING", " -j MARK --set-xmark 0x4000/0x0");
    rule("KUBE-POSTROUTING", comment("kubernetes service traffic requiring SNAT") + " -j MASQUERADE --random-fully");
    cluster.services().stream().filter(s -> !s.endpoints().isEmpty()).forEach(this::service);
    rule("KUBE-SERVICES", comment("kubernetes service nodeports; NOTE: this must be the last rule in this chain")
        + " -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS");
  }

  private void service(Service s) {
    String chain = "KUBE-SVC-" + s.hash();
    String comment = comment(s.name() + " cluster IP");
    rule("KUBE-SERVICES", to(s) + comment + port(s, s.port()) + " -j " + chain);
    if (s.nodePort() > 0) {
      String outside = "KUBE-EXT-" + s.hash();
      rule("KUBE-NODEPORTS", " -p " + s.protocol() + comment(s.name()) + port(s, s.nodePort()) + " -j " + outside);
      rule(outside, comment("masquerade traffic for " + s.name() + " external destinations") + " -j KUBE-MARK-MASQ");
      rule(outside, " -j " + chain);
    }
    rule(chain, " ! -s " + Cluster.PODS + to(s) + comment + port(s, s.port()) + " -j KUBE-MARK-MASQ");
    if (s.sticky()) {
      s.endpoints().forEach(e -> rule(chain, comment(s.name() + " -> " + e.address() + ":" + e.port())
          + " -m recent --rcheck --seconds " + AFFINITY_SECONDS + " --reap" + remembered(e) + " -j " + chain(e)));
    }
    int left = s.endpoints().size();
    for (Endpoint e : s.endpoints()) {
      rule(chain, comment(s.name() + " -> " + e.address() + ":" + e.port()) + (left == 1 ? "" : lot(left)) + " -j " + chain(e));
      rule(chain(e), " -s " + e.address() + "/32" + comment(s.name()) + " -j KUBE-MARK-MASQ");
      rule(chain(e), " -p " + s.protocol() + comment(s.name()) + (s.sticky() ? " -m recent --set" + remembered(e) : "")
          + " -m " + s.protocol() + " -j DNAT --to-destination " + e.address() + ":" + e.port());
      left--;
    }
  }

  private static String to(Service s) {
    return " -d " + s.address() + "/32 -p " + s.protocol();
  }

  private static String port(Service s, int port) {
    return " -m " + s.protocol() + " --dport " + port;
  }

  private static String chain(Endpoint e) {
    return "KUBE-SEP-" + e.hash();
  }

  private static String remembered(Endpoint e) {
    return " --name " + chain(e) + " --mask 255.255.255.255 --rsource";
  }

  private static String comment(String text) {
    return " -m comment --comment \"" + text + "\"";
  }

  /** One chance in {@code n}, in the 2^31 steps that the kernel knows and the digits that iptables-save prints. */
  private static String lot(int n) {
    return String.format(Locale.ROOT, " -m statistic --mode random --probability %.11f",
        Math.round(0x8000_0000L / (double) n) / (double) 0x8000_0000L);
  }
}
