package io.sluice.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.extension.UnknownPolicy;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.RuleSet;
import io.sluice.ruleset.Table;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever a reader is given, it answers with a value or with problems; and what was read prints back. */
class TextProperties {
  private static final CommandReader.RuleSets NOTHING =
      new CommandReader.RuleSets(RuleSet.empty(Family.IPV4), RuleSet.empty(Family.IPV6));

  /** Words of the language, so that random text gets past the first check. */
  private static final String[] WORDS = words();

  private static String[] words() {
    Set<String> words = new TreeSet<>(List.of(
        "*filter\n", "*nat\n", "*mangle\n", "*raw\n", "COMMIT\n", ":INPUT ACCEPT [0:0]\n", ":a - [0:0]\n", ":b - [0:0]\n",
        "\n", "\n", "\n", "\n-A INPUT", "\n-A a", "\n-A b", "[1:2] -A", "-j", "-g", "a", "b", "!", "!", "-p", "tcp", "udp", "icmp", "-m", "-s",
        "10.0.0.1", "1.2.3.4/8,::1", "0", "1", "80", "1:2", "65536", "-1", "0x", "\"", "\\", "=", "--", "-", "-i", "+", "eth0",
        "é", "\0", "\ud800", "[", "Chain INPUT (policy ACCEPT 1 packets, 2K bytes)\n", "Chain a (2 references)\n",
        " pkts bytes target     prot opt in     out     source               destination\n",
        "num   pkts bytes target     prot opt in     out     source               destination\n", "anywhere", "--", "*", "!", "0.0.0.0/0",
        "\niptables", "\nip6tables -t nat", "-t", "-D", "-X", "-R", "-E", "-Z"));
    for (Family family : Family.values()) {
      words.addAll(Extensions.of(family).matchNames());
      words.addAll(Extensions.of(family).targetNames());
      Extensions.of(family).matches().forEach(m -> m.options().forEach(o -> words.add(o.name())));
      for (String name : Extensions.of(family).targetNames()) {
        Extensions.of(family).target(name).ifPresent(t -> t.options().forEach(o -> words.add(o.name())));
      }
    }
    return words.toArray(new String[0]);
  }

  @Provide
  static Arbitrary<String> texts() {
    Arbitrary<String> word = Arbitraries.of(WORDS);
    Arbitrary<String> language = word.list().ofMinSize(0).ofMaxSize(60).map(list -> "*filter\n:a - [0:0]\n" + String.join(" ", list) + "\nCOMMIT\n");
    Arbitrary<String> listing = word.list().ofMinSize(0).ofMaxSize(60).map(list -> "Chain INPUT (policy ACCEPT 0 packets, 0 bytes)\n"
        + " pkts bytes target     prot opt in     out     source               destination\n 0 0 ACCEPT 6 -- * * 0.0.0.0/0 0.0.0.0/0 " + String.join(" ", list));
    Arbitrary<String> commands = word.list().ofMinSize(0).ofMaxSize(40).map(list -> "iptables -N a\niptables " + String.join(" ", list));
    Arbitrary<String> oneRule = word.list().ofMinSize(1).ofMaxSize(8).map(list -> "*filter\n-A INPUT " + String.join(" ", list).replace("\n", " ") + "\nCOMMIT\n");
    Arbitrary<String> garbage = Arbitraries.strings().ofMaxLength(300);
    return Arbitraries.oneOf(language, listing, commands, oneRule, oneRule, garbage);
  }

  @Property(tries = 2000, seed = "1")
  void readersAnswerWithAValueOrWithProblems(@ForAll("texts") String text, @ForAll Family family, @ForAll UnknownPolicy policy) {
    SourceText source = SourceText.of("fuzz", text);
    try {
      RuleSet read = RuleSetReader.read(source, family, policy);
      String printed = RuleSetWriter.plain().withCounters().save(read);
      RuleSet again = RuleSetReader.read(SourceText.of("printed", printed), family, policy);
      assertEquals(printed, RuleSetWriter.plain().withCounters().save(again));
      read.tables().forEach(t -> ListingFormat.numeric().verbose().list(t));
    } catch (ReadException e) {
      assertTrue(!e.problems().isEmpty() && e.problems().stream().allMatch(p -> p.line() >= 1 && p.column() >= 1));
    }
    try {
      RuleListingReader.of(family).unknown(policy).read(source);
    } catch (ReadException e) {
      assertTrue(!e.problems().isEmpty());
    }
    try {
      CommandReader.of(policy).apply(source, NOTHING);
    } catch (ReadException e) {
      assertTrue(!e.problems().isEmpty());
    }
  }

  @Property(tries = 100, seed = "1")
  void exactListingIsReadBack(@ForAll long seed, @ForAll Family family) throws ReadException {
    RuleSet rules = RuleSetReader.read(new RandomRules(new Random(seed), family).file(), family, UnknownPolicy.FAIL);
    for (Table table : rules.tables()) {
      RuleSet back = RuleListingReader.of(family).table(table.name())
          .read(SourceText.of("list", ListingFormat.numeric().verbose().exact().list(table)));
      assertEquals(RuleSetWriter.plain().withCounters().save(new RuleSet(family, rules.backend(), List.of(table))),
          RuleSetWriter.plain().withCounters().save(back));
    }
  }
}
