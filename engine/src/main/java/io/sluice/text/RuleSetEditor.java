package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.extension.ArgumentException;
import io.sluice.extension.UnknownMatch;
import io.sluice.extension.UnknownPolicy;
import io.sluice.extension.UnknownTarget;
import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.BaseChain;
import io.sluice.ruleset.Counters;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.IpMatch;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.RuleSet;
import io.sluice.ruleset.SourceLocation;
import io.sluice.ruleset.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The tables while commands change them: what libiptc/libiptc.c and the switch in do_command4() (iptables/iptables.c) do.
 * Nothing is checked here that only the kernel checks when the table is handed to it; see {@link KernelCheck}.
 *
 * <p>Every method that cannot do what it is asked throws {@link ArgumentException}, with iptables' own words first.
 */
final class RuleSetEditor {
  /** More rules than this cannot be meant: a line can make 100,000 of lists of addresses. */
  private static final int MAX_RULES = 5_000_000;

  private final CommandParser.Context context;
  private final Backend backend;
  private final Map<String, EditTable> tables = new LinkedHashMap<>();
  /** How a legacy kernel lists its tables: the one loaded last first. */
  private final List<String> order = new ArrayList<>();
  private int rulesMade;

  RuleSetEditor(RuleSet ruleSet, CommandParser.Context context) {
    this.context = context;
    this.backend = ruleSet.backend();
    ruleSet.tables().forEach(t -> {
      tables.put(t.name(), EditTable.of(t));
      order.add(t.name());
    });
  }

  RuleSet toRuleSet() {
    List<String> printed = backend == Backend.NFT ? BuiltinTables.NFT_ORDER.stream().filter(tables::containsKey).toList() : order;
    return new RuleSet(context.family(), backend, printed.stream().map(n -> tables.get(n).toTable()).toList());
  }

  /** The line {@code *name} of a file whose tables stand in the order in which they print. */
  EditTable beginTable(Argument name, SourceLocation location) {
    checkTable(name);
    EditTable table = tables.get(name.text());
    if (table == null) {
      table = EditTable.fresh(name.text(), backend, location);
      tables.put(name.text(), table);
      order.add(name.text());
    }
    table.flush();
    return table;
  }

  /**
   * The table of a command. One that is not there yet is as the kernel would make it.
   *
   * @param load whether it is there from now on; it will print before the others
   */
  EditTable table(Argument name, SourceLocation location, boolean load) {
    checkTable(name);
    EditTable table = tables.get(name.text());
    if (table == null) {
      table = EditTable.fresh(name.text(), backend, location);
      if (load) {
        tables.put(name.text(), table);
        order.add(0, name.text());
      }
    }
    return table;
  }

  boolean hasChain(String table, String chain) {
    return tables.containsKey(table) && tables.get(table).chain(chain).isPresent();
  }

  private static void checkTable(Argument name) {
    if (!BuiltinTables.isTable(name.text())) {
      throw name.error("Table does not exist: " + name.text(), Similar.hint(name.text(), BuiltinTables.names())
          + "expected one of: " + String.join(" ", BuiltinTables.names()));
    }
  }

  /**
   * Changes the table as the command says. A file's {@code -Z} is about the counters that the kernel had, not about those
   * that the file gives: TC_ZERO_ENTRIES() in libiptc. After a throw some of the change may have happened; the caller throws the
   * result away.
   */
  void apply(Command command, EditTable table, SourceLocation location) {
    switch (command.kind()) {
      case APPEND -> {
        EditChain chain = chain(table, command);
        chain.rules.addAll(rules(command, table, location));
      }
      case INSERT -> {
        EditChain chain = chain(table, command);
        if (command.number() > chain.rules.size() + 1) {
          throw tooBig(command, "insertion", chain);
        }
        // Each of several rules goes in at the same place, so that they end up in reverse.
        rules(command, table, location).forEach(rule -> chain.rules.add(command.number() - 1, rule));
      }
      case REPLACE -> {
        EditChain chain = chain(table, command);
        checkNumber(command, "replacement", chain);
        chain.rules.set(command.number() - 1, rules(command, table, location).get(0));
      }
      case DELETE -> {
        EditChain chain = chain(table, command);
        rules(command, table, location).forEach(rule -> chain.rules.remove(find(command, chain, rule)));
      }
      case DELETE_NUMBER -> {
        EditChain chain = chain(table, command);
        checkNumber(command, "deletion", chain);
        chain.rules.remove(command.number() - 1);
      }
      case CHECK -> {
        EditChain chain = chain(table, command);
        rules(command, table, location).forEach(rule -> find(command, chain, rule));
      }
      case LIST, LIST_RULES -> chains(table, command);
      case FLUSH -> chains(table, command).forEach(c -> c.rules.clear());
      case ZERO -> {
        List<EditChain> chains = chains(table, command);
        if (!context.restore()) {
          chains.forEach(RuleSetEditor::zero);
        }
      }
      case ZERO_NUMBER -> {
        EditChain chain = chain(table, command);
        if (backend == Backend.NFT && command.number() > chain.rules.size()) {
          return; // nft_rule_zero_counters() of 1.8.9 takes any number
        }
        checkNumber(command, "counter", chain);
        if (!context.restore()) {
          chain.rules.set(command.number() - 1, chain.rules.get(command.number() - 1).withCounters(Counters.ZERO));
        }
      }
      case NEW_CHAIN -> create(table, command.chain().orElseThrow(), location);
      case DELETE_CHAIN -> deleteChains(table, command);
      case RENAME_CHAIN -> rename(table, command);
      case POLICY -> setPolicy(
          table, command.chain().orElseThrow(), command.name().orElseThrow(), policyCounters(command), location);
      default -> throw new IllegalStateException("unknown command " + command.kind());
    }
  }

  /** The listing of {@code iptables -S -v} says what they are; the command zeroes them, {@code -c} or not (observed, 1.8.9). */
  private Counters policyCounters(Command command) {
    return context.restore() ? command.counters().orElse(Counters.ZERO) : Counters.ZERO;
  }

  private static void zero(EditChain chain) {
    chain.counters = Counters.ZERO;
    chain.rules.replaceAll(r -> r.withCounters(Counters.ZERO));
  }

  private static EditChain chain(EditTable table, Argument name) {
    return table.chain(name.text()).orElseThrow(() -> noChain(table, name));
  }

  private static ArgumentException noChain(EditTable table, Argument name) {
    return name.error("No chain/target/match by that name: no chain '" + name.text() + "' in table " + table.name,
        Similar.hint(name.text(), table.chainNames()) + "make it first: -N " + name.text());
  }

  private static EditChain chain(EditTable table, Command command) {
    return chain(table, command.chain().orElseThrow());
  }

  private static List<EditChain> chains(EditTable table, Command command) {
    return command.chain().map(name -> List.of(chain(table, name))).orElseGet(table::chains);
  }

  private static void checkNumber(Command command, String of, EditChain chain) {
    if (command.number() > chain.rules.size()) {
      throw tooBig(command, of, chain);
    }
  }

  private static ArgumentException tooBig(Command command, String of, EditChain chain) {
    return command.numberWord().error("Index of " + of + " too big: " + command.number(),
        "chain " + chain.name + " has " + chain.rules.size() + " rules");
  }

  /** The first rule that shows the same; counters do not count. */
  private int find(Command command, EditChain chain, EditRule wanted) {
    Rule w = wanted.rule();
    List<Match> matches = ShownMatches.of(w, backend);
    for (int i = 0; i < chain.rules.size(); i++) {
      Rule r = chain.rules.get(i).rule();
      if (r.ip().equals(w.ip()) && r.target().equals(w.target()) && ShownMatches.same(ShownMatches.of(r, backend), matches)) {
        return i;
      }
    }
    throw command.word().error("Bad rule (does a matching rule exist in that chain?)",
        "no rule of chain " + chain.name + " says the same");
  }

  /** iptc_create_chain(). */
  void create(EditTable table, Argument name, SourceLocation location) {
    if (table.chain(name.text()).isPresent() || Extensions.VERDICTS.contains(name.text())) {
      throw name.error("Chain already exists: " + name.text(), "choose another name");
    }
    table.put(new EditChain(name.text(), Optional.empty(), location));
  }

  /** iptc_set_policy(). From now on the chain is where its policy is said. */
  void setPolicy(EditTable table, Argument name, Argument policy, Counters counters, SourceLocation location) {
    EditChain chain = table.chain(name.text()).filter(EditChain::isBuiltin).orElseThrow(
        () -> name.error("Bad built-in chain name: " + name.text(), "only built-in chains have a policy"));
    if (!policy.text().equals("ACCEPT") && !policy.text().equals("DROP")) {
      throw policy.error("Bad policy name: " + policy.text(), "expected ACCEPT or DROP");
    }
    BaseChain old = chain.base.orElseThrow();
    EditChain changed = chain.copy(chain.name, Optional.of(
        new BaseChain(old.hook(), old.priority(), old.nat(), Verdict.valueOf(policy.text()))), location);
    changed.counters = counters;
    table.put(changed);
  }

  private void deleteChains(EditTable table, Command command) {
    Map<String, Long> references = table.references();
    for (EditChain chain : chains(table, command)) {
      Argument at = command.chain().orElse(command.word());
      if (chain.isBuiltin()) {
        // nft_may_delete_chain(): an empty one with policy ACCEPT goes, and its counters with it; it is made again when needed.
        boolean goes = backend == Backend.NFT && chain.rules.isEmpty() && chain.base.orElseThrow().policy() == Verdict.ACCEPT;
        if (goes) {
          chain.counters = Counters.ZERO;
        }
        if (goes || command.chain().isEmpty()) {
          continue;
        }
        throw at.error("Invalid argument: " + chain.name + " is a built-in chain", "-F " + chain.name + " empties it");
      }
      if (references.containsKey(chain.name)) {
        throw at.error("Too many links: " + references.get(chain.name) + " rules jump to chain " + chain.name, "delete these rules first");
      }
      if (!chain.rules.isEmpty()) {
        throw at.error("Directory not empty: chain " + chain.name + " has " + chain.rules.size() + " rules", "empty it first: -F " + chain.name);
      }
      table.remove(chain.name);
    }
  }

  private void rename(EditTable table, Command command) {
    Argument oldName = command.chain().orElseThrow();
    Argument newName = command.name().orElseThrow();
    ChainNames.checkLength(newName);
    if (table.chain(newName.text()).isPresent() || Extensions.VERDICTS.contains(newName.text())) {
      throw newName.error("File exists: there is a chain " + newName.text(), "choose another name");
    }
    EditChain chain = chain(table, oldName);
    if (chain.isBuiltin() && backend == Backend.NFT) {
      throw oldName.unsupported("iptables-nft would rename the base chain " + oldName.text() + " itself",
          "such a table is one that iptables-nft no longer lists; it is not simulated");
    }
    if (chain.isBuiltin()) {
      throw oldName.error("No chain/target/match by that name: " + oldName.text() + " is a built-in chain", "only user chains can be renamed");
    }
    table.remove(chain.name);
    table.put(chain.copy(newName.text(), Optional.empty(), chain.location));
    for (EditChain c : table.chains()) {
      c.rules.replaceAll(rule -> {
        if (!oldName.text().equals(rule.calls())) {
          return rule;
        }
        boolean jump = rule.rule().target() instanceof Target.Jump;
        return rule.withTarget(jump ? new Target.Jump(newName.text()) : new Target.Goto(newName.text()));
      });
    }
  }

  private List<EditRule> rules(Command command, EditTable table, SourceLocation location) {
    RuleSpec spec = command.rule().orElseThrow();
    String place = location + " (" + table.name + " " + command.chain().map(Argument::text).orElse("") + ")";
    Target target = target(spec, table, place);
    List<Match> matches = new ArrayList<>(spec.matches());
    matches.replaceAll(m -> m instanceof UnknownMatch unknown ? unknown.at(place) : m);
    if (target instanceof UnknownTarget unknown && unknown.policy() == UnknownPolicy.NO_MATCH) {
      matches.add(UnknownMatch.never());
    }
    rulesMade += spec.addresses().size();
    if (rulesMade > MAX_RULES) {
      throw command.word().error("too many rules", "at most " + MAX_RULES + " can be loaded");
    }
    List<EditRule> rules = new ArrayList<>(spec.addresses().size());
    Argument at = spec.target().orElse(command.word());
    List<Match> shared = List.copyOf(matches);
    // ipv6_post_parse() of 1.8.9 leaves what nft reads at zero.
    boolean lost = !context.restore() && backend == Backend.NFT && context.family() == Family.IPV6;
    Counters counters = lost ? Counters.ZERO : spec.counters();
    for (IpMatch ip : spec.addresses()) {
      rules.add(new EditRule(new Rule(ip, shared, target, counters, location), at, spec.matchNames()));
    }
    return rules;
  }

  /** What the word after {@code -j} or {@code -g} is: a chain comes before an extension of the same name. */
  private Target target(RuleSpec spec, EditTable table, String place) {
    if (spec.target().isEmpty()) {
      return new Target.None();
    }
    Argument name = spec.target().get();
    Optional<EditChain> chain = table.chain(name.text());
    if (chain.isPresent() && !Extensions.VERDICTS.contains(name.text())) {
      if (chain.get().isBuiltin()) {
        throw name.error("Invalid argument: " + name.text() + " is a built-in chain", "only user chains can be called");
      }
      return spec.goTo() ? new Target.Goto(name.text()) : new Target.Jump(name.text());
    }
    if (spec.goTo()) {
      throw name.error("goto '" + name.text() + "' is not a chain", Similar.hint(name.text(), table.chainNames())
          + "make it before this line");
    }
    if (Extensions.VERDICTS.contains(name.text())) {
      return new Target.Decide(Verdict.valueOf(name.text()));
    }
    return spec.extension().map(e -> (Target) e).orElseGet(() -> unknownTarget(spec, name, table, place));
  }

  private ExtensionTarget unknownTarget(RuleSpec spec, Argument name, EditTable table, String place) {
    if (context.policy() != UnknownPolicy.FAIL) {
      return new UnknownTarget(name.text(), spec.unknown(), context.policy(), place);
    }
    if (Extensions.of(context.family()).isTarget(name.text())) {
      throw name.unsupported("unknown target '" + name.text() + "'",
          "to load it all the same, choose what it shall answer: --unknown=no-match or --unknown=maybe");
    }
    throw name.unsupported("no chain or target '" + name.text() + "' in table " + table.name,
        Similar.hint(name.text(), table.chainNames(), Extensions.of(context.family()).targetNames()) + "a chain must be made before it is called; a target must be known, or treated "
            + "as --unknown=no-match or --unknown=maybe");
  }
}
