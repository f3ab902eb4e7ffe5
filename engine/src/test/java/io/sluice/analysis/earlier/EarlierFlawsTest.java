package io.sluice.analysis.earlier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.sluice.analysis.fate.HookPackets;
import io.sluice.analysis.fuzz.GeneratedRules;
import io.sluice.analysis.fuzz.RuleSetGenerator;
import io.sluice.analysis.lint.AllWays;
import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.Reach.Answer;
import io.sluice.analysis.symbolic.Reachability;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.analysis.symbolic.SymbolicTable;
import io.sluice.extension.UnknownPolicy;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.text.ReadException;
import io.sluice.text.RuleSetReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** A flaw planted in what is said to be dropped before a chain is found out by all packets on all their ways; without one nothing is. */
class EarlierFlawsTest {
  private static final int RULE_SETS = Integer.getInteger("earlier.flaws.rulesets", 60);
  /** What random rules meet seldom: a mark, a state, hops, translation, fragments between a chain that drops and one that asks. */
  private static final List<GeneratedRules> RARE = List.of(
      rules(table("mangle", "PREROUTING", "-m ttl --ttl-eq 64 -j DROP"), table("filter", "FORWARD", "-m ttl --ttl-eq 64 -j ACCEPT")),
      rules(table("mangle", "PREROUTING", "-m mark --mark 0x1/0x1 -j DROP", "-p tcp -j MARK --set-xmark 0x1/0x1"),
          table("filter", "FORWARD", "-m mark --mark 0x1/0x1 -j ACCEPT")),
      rules(table("raw", "PREROUTING", "-m conntrack --ctstate NEW -j DROP"),
          table("filter", "FORWARD", "-m conntrack --ctstate NEW -j ACCEPT")),
      rules(table("mangle", "PREROUTING", "-d 10.0.0.2 -j DROP"),
          table("nat", "PREROUTING", "-p tcp -j DNAT --to-destination 10.0.0.2"), table("filter", "FORWARD", "-d 10.0.0.2 -j ACCEPT")),
      rules(table("raw", "PREROUTING", "-p tcp -m tcp --dport 80 -j DROP"), table("filter", "INPUT", "-p tcp -m tcp --dport 80 -j ACCEPT")));

  /** What a flawed analysis takes rules for, and what it takes to change between two chains. */
  private record Flaw(UnaryOperator<String> text, UnaryOperator<Passage.Change> between) {}

  /** The rule sets small enough to go through, with all rules that packets match. */
  private static final Map<Long, AllWays> WAYS = new TreeMap<>();

  private static GeneratedRules rules(GeneratedRules.Table... tables) {
    return new GeneratedRules(0, Family.IPV4, "", List.of(tables));
  }

  private static GeneratedRules.Table table(String name, String chain, String... rules) {
    return new GeneratedRules.Table(name, List.of(new GeneratedRules.Chain(chain, "ACCEPT", List.of(rules))));
  }

  @Test
  void withoutAFlawNothingIsFound() throws ReadException {
    assertEquals("", found(new Flaw(t -> t, change -> change)));
  }

  @Test
  void translationForgottenIsFoundOut() throws ReadException {
    assertNotEquals("", found(keeping(Field.SOURCE, Field.DESTINATION, Field.SOURCE_PORT, Field.DESTINATION_PORT)));
  }

  @Test
  void trackingForgottenIsFoundOut() throws ReadException {
    assertNotEquals("", found(keeping(Field.CTSTATE)));
  }

  @Test
  void aStateThatIsTakenToLastIsFoundOut() throws ReadException {
    assertNotEquals("", found(new Flaw(t -> t, change -> new Passage.Change(change.axes(), true))));
  }

  @Test
  void marksTakenToLastAreFoundOut() throws ReadException {
    assertNotEquals("", found(keeping(Field.MARK, Field.CONNMARK)));
  }

  @Test
  void hopsTakenToLastAreFoundOut() throws ReadException {
    assertNotEquals("", found(keeping(Field.TTL)));
  }

  @Test
  void joinedFragmentsForgottenAreFoundOut() throws ReadException {
    assertNotEquals("", found(keeping(Field.FRAGMENT, Field.LENGTH)));
  }

  @Test
  void theWayByOutputForgottenIsFoundOut() throws ReadException {
    assertNotEquals("", found(new Flaw(t -> t.replace(":OUTPUT ACCEPT", ":OUTPUT DROP"), change -> change)));
  }

  @Test
  void chanceThatAlwaysDropsIsFoundOut() throws ReadException {
    assertNotEquals("", found(new Flaw(
        t -> t.replaceAll("(?m)-m (limit --limit \\S+( --limit-burst \\S+)?|statistic --mode \\S+ --(every|probability) \\S+( --packet \\S+)?)( |$)", ""),
        change -> change)));
  }

  /** What these fields have before is what they have behind. */
  private static Flaw keeping(Field... fields) {
    return new Flaw(t -> t, change -> {
      Set<Axis> axes = new LinkedHashSet<>(change.axes());
      axes.removeIf(axis -> axis.field().isPresent() && Arrays.asList(fields).contains(axis.field().get()));
      return new Passage.Change(axes, change.keepsState());
    });
  }

  /** The first rule that is called dead and that a packet matches; empty if there is none. */
  private static String found(Flaw flaw) throws ReadException {
    for (long seed = 1 - RARE.size(); seed <= RULE_SETS; seed++) {
      GeneratedRules generated = seed <= 0 ? RARE.get((int) -seed)
          : new RuleSetGenerator(RuleSetGenerator.Scope.TABLES).generate(seed);
      AllWays ways = WAYS.computeIfAbsent(seed, s -> new AllWays(generated));
      String wrong = ways.isSmall() ? found(flaw, generated, ways) : "";
      if (!wrong.isEmpty()) {
        return "seed " + seed + ": " + wrong + "\n" + generated.save();
      }
    }
    return "";
  }

  private static String found(Flaw flaw, GeneratedRules generated, AllWays ways) throws ReadException {
    Host host = ways.host().with(
        RuleSetReader.read(flaw.text().apply(generated.save()), generated.family(), UnknownPolicy.FAIL));
    Space space = Space.of(host, generated.family());
    List<SymbolicTable> tables = new ArrayList<>();
    host.rules(generated.family()).tables().forEach(table -> tables.add(SymbolicTable.of(space, host, table)));
    Function<SymbolicChain, List<Cube>> among = base -> List.of(HookPackets.at(base.base().orElseThrow().hook(), space));
    EarlierChains earlier = new EarlierChains(space, tables, among, new Passage(host, space) {
      @Override
      Change between(Stage from, Stage to) {
        return flaw.between().apply(super.between(from, to));
      }
    });
    for (SymbolicTable table : tables) {
      Reachability reachability = new Reachability(table, earlier);
      for (SymbolicChain chain : table.chains()) {
        for (SymbolicRule rule : chain.rules()) {
          String name = table.name() + " " + chain.name() + " rule " + (rule.index() + 1);
          boolean dead = table.baseChains().stream().filter(base -> table.reachable(base).contains(chain)).allMatch(
              base -> reachability.decide(rule, base, among.apply(base), reach -> true).answer() == Answer.NEVER);
          if (dead && ways.hits().contains(name)) {
            return name + " is called dead";
          }
        }
      }
    }
    return "";
  }
}
