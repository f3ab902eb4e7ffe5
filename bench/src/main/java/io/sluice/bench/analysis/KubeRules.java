package io.sluice.bench.analysis;

/**
 * The rules of a node of a cluster: what kube-proxy writes in its iptables mode, one service after another. Each service has
 * an address and port, a chain, and one endpoint with a chain of its own: five rules and two chains.
 */
final class KubeRules {
  private KubeRules() {}

  /** As iptables-save prints them: tables filter and nat. */
  static String save(int services) {
    StringBuilder chains = new StringBuilder();
    StringBuilder calls = new StringBuilder();
    StringBuilder bodies = new StringBuilder();
    for (int i = 0; i < services; i++) {
      String id = String.format("%016d", i);
      String address = "10." + (96 + i / 65_536) + "." + (i / 256 % 256) + "." + i % 256 + "/32";
      String endpoint = "10.244." + (i / 250 % 250) + "." + (2 + i % 250);
      int port = 80 + i % 7;
      chains.append(":KUBE-SVC-").append(id).append(" - [0:0]\n:KUBE-SEP-").append(id).append(" - [0:0]\n");
      calls.append("-A KUBE-SERVICES -d ").append(address).append(" -p tcp -m comment --comment \"ns/service-").append(i)
          .append(":http cluster IP\" -m tcp --dport ").append(port).append(" -j KUBE-SVC-").append(id).append('\n');
      bodies.append("-A KUBE-SVC-").append(id).append(" ! -s 10.244.0.0/16 -d ").append(address).append(" -p tcp -m tcp --dport ")
          .append(port).append(" -j KUBE-MARK-MASQ\n-A KUBE-SVC-").append(id).append(" -j KUBE-SEP-").append(id)
          .append("\n-A KUBE-SEP-").append(id).append(" -s ").append(endpoint).append("/32 -j KUBE-MARK-MASQ\n-A KUBE-SEP-")
          .append(id).append(" -p tcp -m tcp -j DNAT --to-destination ").append(endpoint).append(":8080\n");
    }
    return """
        *filter
        :INPUT ACCEPT [0:0]
        :FORWARD ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        :KUBE-FORWARD - [0:0]
        -A FORWARD -j KUBE-FORWARD
        -A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
        -A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT
        -A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        COMMIT
        *nat
        :PREROUTING ACCEPT [0:0]
        :INPUT ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        :POSTROUTING ACCEPT [0:0]
        :KUBE-SERVICES - [0:0]
        :KUBE-MARK-MASQ - [0:0]
        :KUBE-POSTROUTING - [0:0]
        """ + chains + """
        -A PREROUTING -j KUBE-SERVICES
        -A OUTPUT -j KUBE-SERVICES
        -A POSTROUTING -j KUBE-POSTROUTING
        -A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
        -A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
        -A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
        -A KUBE-POSTROUTING -j MASQUERADE
        """ + calls + bodies + "COMMIT\n";
  }
}
