package io.sluice.match;

import io.sluice.conntrack.Connection;
import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.host.IpAddresses;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.Optional;

/**
 * {@code -m cluster --cluster-total-nodes n [!] (--cluster-local-node i | --cluster-local-nodemask m)
 * --cluster-hash-seed s}: whether this node of several is to answer, by a hash of the connection's original source.
 *
 * <p>Kernel: xt_cluster_mt() in net/netfilter/xt_cluster.c; jhash in include/linux/jhash.h. iptables:
 * extensions/libxt_cluster.c. Of an IPv6 address only the first 32 bits count: xt_cluster_hash_ipv6() divides a number
 * of words as if it were one of bytes. As in the kernel, a packet with a multicast link address but a unicast IP address becomes
 * PACKET_HOST on the way.
 */
record ClusterMatch(int totalNodes, int nodeMask, boolean inverted, int seed) implements Match {

  private static final int MAX_NODES = 32;

  static final MatchExtension EXTENSION = new Extension("cluster",
      OptionSpec.value("--cluster-total-nodes"), OptionSpec.invertible("--cluster-local-node"),
      OptionSpec.invertible("--cluster-local-nodemask"), OptionSpec.value("--cluster-hash-seed")) {
    @Override
    public Match parse(Options options) {
      int total = (int) options.require("--cluster-total-nodes").number(1, MAX_NODES);
      int seed = options.require("--cluster-hash-seed").u32();
      Options.Use use = one(options, "--cluster-local-node", "--cluster-local-nodemask");
      if (use == null) {
        throw options.missing("--cluster-local-node or --cluster-local-nodemask");
      }
      int value = (int) use.arguments().get(0).number(1, MAX_NODES);
      int mask = use.spec().isCalled("--cluster-local-node") ? 1 << value - 1 : value;
      if ((mask & 0xffff_ffffL) >= 1L << total) {
        throw use.arguments().get(0).error("no such node: " + value, "expected at most --cluster-total-nodes");
      }
      return new ClusterMatch(total, mask, use.inverted(), seed);
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (!in.skip("cluster")) {
        return Optional.empty();
      }
      boolean inverted = bang(in.peek());
      Argument mask = in.expectPrefix(inverted ? "!node_mask=" : "node_mask=");
      Argument total = in.expectPrefix("total_nodes=");
      Argument seed = in.expectPrefix("hash_seed=");
      return Optional.of(
          new ClusterMatch((int) total.number(1, MAX_NODES), mask.u32(), inverted, seed.u32()));
    }
  };

  @Override
  public String name() {
    return "cluster";
  }

  @Override
  public boolean needsConntrack() {
    return true;
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    if (skb.packetType() == SkBuff.PacketType.MULTICAST && !IpAddresses.isMulticast(skb.family(), skb.dstHi(), skb.dstLo())) {
      skb.setPacketType(SkBuff.PacketType.UNICAST);
    }
    if (!skb.ct().isTracked()) { // a template of -j CT is none
      return false;
    }
    Connection hashed = skb.ct().connection().masterOrSelf();
    // Of an IPv6 address the kernel hashes 32 bits: xt_cluster_hash_ipv6() divides NF_CT_TUPLE_L3SIZE, 4 words, by 4 bytes.
    long word = hashed.family() == Family.IPV4 ? hashed.srcLo(false) : hashed.srcHi(false) >>> 32;
    int hash = JenkinsHash.word(Integer.reverseBytes((int) word), seed);
    int node = (int) ((hash & 0xffff_ffffL) * totalNodes >>> 32); // reciprocal_scale()
    return (nodeMask >> node & 1) != 0 != inverted;
  }

  @Override
  public void print(RuleWriter out) {
    out.option(inverted, "--cluster-local-nodemask", String.format("0x%08x", nodeMask))
        .option("--cluster-total-nodes", totalNodes).option("--cluster-hash-seed", String.format("0x%08x", seed));
  }

  @Override
  public void list(ListingWriter out) {
    out.word(String.format("cluster %snode_mask=0x%08x total_nodes=%d hash_seed=0x%08x", inverted ? "!" : "", nodeMask,
        totalNodes, seed));
  }

  @Override
  public Constraint constraint() {
    return Constraint.pureOpaque();
  }
}
