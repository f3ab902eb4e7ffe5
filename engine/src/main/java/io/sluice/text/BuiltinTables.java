package io.sluice.text;

import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Priority;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.BaseChain;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * iptables' tables and their built-in chains as base chains: packet_filter, nf_nat_ipv4_table and their like in
 * net/ipv4/netfilter/iptable_*.c, net/ipv6/netfilter/ip6table_*.c; for nft xtables_ipv4[] in iptables/nft.c.
 */
final class BuiltinTables {
  private static final Map<String, Hook[]> HOOKS = new TreeMap<>(Map.of(
      "filter", new Hook[] {Hook.INPUT, Hook.FORWARD, Hook.OUTPUT},
      "nat", new Hook[] {Hook.PREROUTING, Hook.INPUT, Hook.OUTPUT, Hook.POSTROUTING},
      "mangle", Hook.values(),
      "raw", new Hook[] {Hook.PREROUTING, Hook.OUTPUT},
      "security", new Hook[] {Hook.INPUT, Hook.FORWARD, Hook.OUTPUT}));

  /** The order in which iptables-nft-save prints tables, whenever they were loaded: enum nft_table_type in iptables/nft.h. */
  static final List<String> NFT_ORDER = List.of("mangle", "security", "raw", "filter", "nat");

  private BuiltinTables() {}

  /** Where iptables-nft puts the security table: behind NAT in INPUT, unlike the legacy one. */
  private static final int NFT_SECURITY = 150;

  static Set<String> names() {
    return HOOKS.keySet();
  }

  static boolean isTable(String name) {
    return HOOKS.containsKey(name);
  }

  /** The hooks of a table's built-in chains, in their order; the caller knows that there is such a table. */
  static Hook[] hooks(String table) {
    return HOOKS.get(table).clone();
  }

  /** What a built-in chain is with its first policy, ACCEPT; empty for a name that is no built-in chain of the table. */
  static Optional<BaseChain> chain(String table, String chain, Backend backend) {
    for (Hook hook : HOOKS.get(table)) {
      if (hook.name().equals(chain)) {
        return Optional.of(new BaseChain(hook, priority(table, hook, backend), table.equals("nat"), Verdict.ACCEPT));
      }
    }
    return Optional.empty();
  }

  /** The table that has these built-in chains; {@code filter} when they do not tell it from {@code security}. */
  static String guess(Collection<String> builtin) {
    if (!builtin.contains("PREROUTING") && !builtin.contains("POSTROUTING")) {
      return "filter";
    }
    return builtin.contains("FORWARD") ? "mangle" : builtin.contains("POSTROUTING") ? "nat" : "raw";
  }

  private static int priority(String table, Hook hook, Backend backend) {
    return switch (table) {
      case "raw" -> Priority.RAW;
      case "mangle" -> Priority.MANGLE;
      case "security" -> backend == Backend.NFT ? NFT_SECURITY : Priority.SECURITY;
      case "nat" -> hook == Hook.PREROUTING || hook == Hook.OUTPUT ? Priority.NAT_DST : Priority.NAT_SRC;
      default -> Priority.FILTER;
    };
  }
}
