package io.sluice.match;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sluice.compile.chain.CompileOptions;
import io.sluice.compile.chain.CompiledRules;
import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.RuleSet;
import io.sluice.text.ReadException;
import io.sluice.text.RuleSetReader;
import io.sluice.text.SourceText;
import io.sluice.walk.ChainEvaluator;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRuleSet;
import io.sluice.walk.Traversal;
import io.sluice.walk.Walker;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The packets of the {@code .cases} files once more, through a chain that begins with the case's rule. Behind it, where the
 * case is one packet, stand the other rules of the file: an index is made of several. Walker and compiled rules answer as
 * the case says, and count alike.
 */
class CompiledMatchCasesTest {
  private static final CompileOptions INDEXED = CompileOptions.DEFAULT.withScanRules(0);
  private static final CompileOptions SCANNED = CompileOptions.DEFAULT.withScanRules(Integer.MAX_VALUE);

  /** Chains of fewer rules are the walker's. */
  private static final int UNWALKED = 6;

  static Stream<CaseFile.Case> cases() throws IOException {
    return CaseFile.all().stream().filter(CaseFile.Case::hasPacket);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void chainAnswersAsTheCaseSays(CaseFile.Case c) throws Exception {
    for (Backend backend : Backend.values()) {
      RuleSet rules = rules(c, backend);
      List<String> walked = run(c, rules, live -> new Walker());
      assertEquals(c.answers(backend), walked.stream().map(w -> w.split(":")[0]).toList(),
          () -> backend + " walker answers " + c);
      for (CompileOptions options : List.of(INDEXED, SCANNED)) {
        CompiledRules compiled = CompiledRules.compile(rules, CaseWorld.NETWORK, options);
        assertEquals(walked, run(c, rules, compiled::evaluator), () -> backend + " compiled answers " + c);
      }
    }
  }

  private static RuleSet rules(CaseFile.Case c, Backend backend) throws ReadException, IOException {
    List<CaseFile.Case> all = new ArrayList<>(List.of(c));
    if (c.packets().size() == 1) {
      CaseFile.all().stream().filter(o -> o.file().equals(c.file()) && o.hasPacket() && o.family() == c.family()
          && o.table().equals(c.table()) && hook(o).equals(hook(c))).forEach(all::add);
    }
    String text = "*" + c.table() + "\n:" + hook(c) + " ACCEPT [0:0]\n"
        + all.stream().map(o -> "-A " + hook(c) + " " + o.matchWords(o.rule()) + "\n").distinct().collect(Collectors.joining())
        + ("-A " + hook(c) + "\n").repeat(UNWALKED) + "COMMIT\n";
    return RuleSetReader.of(c.family()).backend(backend).read(SourceText.of("case", text));
  }

  private static String hook(CaseFile.Case c) {
    return new PacketNotation(c.family(), c.protocol(), c.packets().get(0)).hook().name();
  }

  /** For each packet what the first rule said, and behind a colon the verdict and everything that has been counted. */
  private static List<String> run(CaseFile.Case c, RuleSet rules, Function<LiveRuleSet, ChainEvaluator> engine) {
    LiveRuleSet live = new LiveRuleSet(rules);
    ChainEvaluator evaluator = engine.apply(live);
    LiveChain chain = live.tables().get(0).chain(hook(c));
    CaseWorld world = new CaseWorld(c.family(), c.table(), rules.backend(), c.sets());
    List<String> answers = new ArrayList<>();
    for (String step : c.packets()) {
      long before = chain.rule(0).counters().packets();
      Traversal traversal = new Traversal();
      Verdict verdict = world.ask(evaluator, chain, new PacketNotation(c.family(), c.protocol(), step), traversal);
      boolean dropped = traversal.isHotdrop() && traversal.decidedBy() == chain.rule(0);
      boolean counted = chain.rule(0).counters().packets() > before;
      String counters = IntStream.range(0, chain.ruleCount()).mapToObj(i -> chain.rule(i).counters().toString())
          .collect(Collectors.joining(" "));
      answers.add((dropped ? "hotdrop" : counted ? "match" : "no match") + ": " + verdict + " " + counters + " "
          + chain.counters());
    }
    return answers;
  }
}
