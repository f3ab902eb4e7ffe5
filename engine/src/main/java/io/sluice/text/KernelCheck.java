package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Hook;
import io.sluice.packet.AddressMask;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.IpMatch;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.SourceLocation;
import io.sluice.ruleset.Target;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the kernel checks when it is handed a table: that no chain calls itself, how deep calls go, and that extensions
 * are only reached from hooks that they are for.
 *
 * <p>Legacy: mark_source_chains() and check_entry() in net/ipv4/netfilter/ip_tables.c. A rule behind an unconditional
 * verdict is not reached, chains that no base chain calls are not followed, and there is no limit to the depth. nft:
 * nft_chain_validate() in net/netfilter/nf_tables_api.c follows every rule, at most NFT_JUMP_STACK_SIZE (16) chains deep.
 * No recursion: chains nest as deep as a file says.
 */
final class KernelCheck {
  private static final int NFT_JUMP_STACK_SIZE = 16;

  /** A rule that the kernel refuses: where it stands, which of its words is meant, what is wrong. */
  record Refusal(SourceLocation location, Argument at, String message, String expected) {}

  private final EditTable table;
  private final Backend backend;
  private final Extensions extensions;
  private final List<Refusal> refusals = new ArrayList<>();
  private final Map<String, EnumSet<Hook>> hooksOfChain = new HashMap<>();
  /** Rules from each chain that the kernel follows: those before an unconditional verdict, or all of them. */
  private final Map<String, Integer> followed = new HashMap<>();

  private KernelCheck(EditTable table, Backend backend, Extensions extensions) {
    this.table = table;
    this.backend = backend;
    this.extensions = extensions;
  }

  static List<Refusal> check(EditTable table, Backend backend, Extensions extensions) {
    KernelCheck check = new KernelCheck(table, backend, extensions);
    for (EditChain chain : table.chains()) {
      check.followed.put(chain.name, check.reached(chain));
      check.hooksOfChain.put(chain.name, EnumSet.noneOf(Hook.class));
    }
    for (EditChain chain : table.chains()) {
      if (chain.isBuiltin()) {
        check.follow(chain, chain.base.orElseThrow().hook());
      }
    }
    if (check.refusals.isEmpty() && backend == Backend.NFT) {
      check.checkDepth();
    }
    check.checkExtensions();
    return check.refusals;
  }

  /** How many rules of a chain can be reached; the one with the unconditional verdict counts. */
  private int reached(EditChain chain) {
    if (backend == Backend.LEGACY) {
      for (int i = 0; i < chain.rules.size(); i++) {
        Rule rule = chain.rules.get(i).rule();
        if (rule.target() instanceof Target.Decide && rule.matches().isEmpty() && unconditional(rule.ip())) {
          return i + 1;
        }
      }
    }
    return chain.rules.size();
  }

  private static boolean unconditional(IpMatch ip) {
    AddressMask any = AddressMask.any(ip.family());
    return ip.equals(IpMatch.any(ip.family())) && ip.source().equals(any);
  }

  /** One chain on the path from the hook to the rule that is looked at. */
  private static final class Step {
    final EditChain chain;
    int next;

    Step(EditChain chain) {
      this.chain = chain;
    }
  }

  /** Walks everything that a base chain calls, notes the hook there, and finds chains that call themselves. */
  private void follow(EditChain base, Hook hook) {
    Deque<Step> path = new ArrayDeque<>();
    Set<String> onPath = new LinkedHashSet<>();
    enter(base, hook, path, onPath);
    while (!path.isEmpty()) {
      Step step = path.peek();
      if (step.next >= followed.get(step.chain.name)) {
        path.pop();
        onPath.remove(step.chain.name);
        continue;
      }
      EditRule rule = step.chain.rules.get(step.next++);
      if (rule.calls() == null) {
        continue;
      }
      EditChain callee = table.chain(rule.calls()).orElseThrow();
      if (onPath.contains(callee.name)) {
        loop(rule, callee, onPath);
        return;
      }
      if (!hooksOfChain.get(callee.name).contains(hook)) {
        enter(callee, hook, path, onPath);
      }
    }
  }

  private void enter(EditChain chain, Hook hook, Deque<Step> path, Set<String> onPath) {
    hooksOfChain.get(chain.name).add(hook);
    onPath.add(chain.name);
    path.push(new Step(chain));
  }

  private void loop(EditRule rule, EditChain callee, Set<String> onPath) {
    List<String> way = new ArrayList<>(onPath);
    way = way.subList(way.indexOf(callee.name), way.size());
    String shown = way.size() <= 6 ? String.join(" -> ", way) : String.join(" -> ", way.subList(0, 5)) + " -> ...";
    String message = backend == Backend.LEGACY ? "Too many levels of symbolic links" : "Too many links";
    if (refusals.stream().noneMatch(r -> r.location().equals(rule.rule().location()))) {
      refuse(rule, rule.target(), message + ": chain " + callee.name + " calls itself",
          shown + " -> " + callee.name + "\nbreak the loop: one of these rules must go");
    }
  }

  /** The longest chain of calls to each chain; there are no loops any more. */
  private void checkDepth() {
    Map<String, Integer> callers = new HashMap<>();
    Set<String> reachable = new HashSet<>();
    for (EditChain chain : table.chains()) {
      if (!hooksOfChain.get(chain.name).isEmpty()) {
        reachable.add(chain.name);
        chain.rules.stream().map(EditRule::calls).filter(c -> c != null).forEach(c -> callers.merge(c, 1, Integer::sum));
      }
    }
    Map<String, Integer> depth = new HashMap<>();
    Deque<EditChain> ready = new ArrayDeque<>();
    for (EditChain chain : table.chains()) {
      if (reachable.contains(chain.name) && !callers.containsKey(chain.name)) {
        depth.put(chain.name, 0);
        ready.add(chain);
      }
    }
    while (!ready.isEmpty()) {
      EditChain chain = ready.remove();
      for (EditRule rule : chain.rules) {
        if (rule.calls() == null) {
          continue;
        }
        int level = depth.get(chain.name) + 1;
        if (level >= NFT_JUMP_STACK_SIZE && depth.getOrDefault(rule.calls(), 0) < NFT_JUMP_STACK_SIZE) {
          refuse(rule, rule.target(), "Too many links: chain " + rule.calls() + " is called " + level + " chains deep",
              "nftables allows " + (NFT_JUMP_STACK_SIZE - 1));
        }
        depth.merge(rule.calls(), level, Math::max);
        if (callers.merge(rule.calls(), -1, Integer::sum) == 0) {
          ready.add(table.chain(rule.calls()).orElseThrow());
        }
      }
    }
  }

  /** check_match() and check_target() with the hooks that lead to each rule. */
  private void checkExtensions() {
    for (EditChain chain : table.chains()) {
      Set<Hook> hooks = hooksOfChain.get(chain.name);
      for (int i = 0; i < followed.get(chain.name) && !hooks.isEmpty(); i++) {
        checkExtensions(chain, chain.rules.get(i), hooks);
      }
    }
  }

  private void checkExtensions(EditChain chain, EditRule rule, Set<Hook> hooks) {
    // nft_match_validate() looks at matches in base chains only; targets are looked at wherever they are.
    boolean matchesChecked = backend == Backend.LEGACY || chain.isBuiltin();
    for (int m = 0; matchesChecked && m < rule.rule().matches().size(); m++) {
      Set<Hook> allowed = rule.rule().matches().get(m).hooks();
      if (!allowed.containsAll(hooks)) {
        Argument at = m < rule.matchNames().size() ? rule.matchNames().get(m) : rule.target();
        refuse(rule, at, wrongHook("match '" + rule.rule().matches().get(m).name() + "'", hooks, allowed), allowed(allowed));
      }
    }
    if (rule.rule().target() instanceof ExtensionTarget target) {
      target.refusal(rule.rule().matches(), backend).ifPresent(
          why -> refuse(rule, rule.target(), "Invalid argument: target '" + target.name() + "' " + why, ""));
      Set<Hook> allowed = EnumSet.copyOf(target.hooks());
      extensions.target(target.name()).ifPresent(e -> allowed.retainAll(e.hooks()));
      if (!allowed.containsAll(hooks)) {
        refuse(rule, rule.target(), wrongHook("target '" + target.name() + "'", hooks, allowed), allowed(allowed));
      }
    }
  }

  private static String wrongHook(String what, Set<Hook> hooks, Set<Hook> allowed) {
    Set<Hook> wrong = EnumSet.copyOf(hooks);
    wrong.removeAll(allowed);
    return "Invalid argument: " + what + " with these options cannot be used in a chain that is reached from " + words(wrong);
  }

  private static String allowed(Set<Hook> allowed) {
    return allowed.isEmpty() ? "it can be used nowhere" : "it can be reached from: " + words(allowed);
  }

  private static String words(Set<Hook> hooks) {
    return String.join(", ", hooks.stream().map(Hook::name).toList());
  }

  private void refuse(EditRule rule, Argument at, String message, String expected) {
    refusals.add(new Refusal(rule.rule().location(), at, message, expected));
  }
}
