package io.sluice.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sluice.extension.UnknownPolicy;
import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.RuleSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What iptables-nft 1.8.9 prints of rules with several matches of one header; {@code OptionLinesKernelIT} asks it. */
class ShownMatchesTest {
  /** Rules, and what is printed of them. */
  static final String[][] RULES = {
    {"-p tcp -m tcp --dport 1 -m tcp --sport 2", "-p tcp -m tcp --sport 2 --dport 1"},
    {"-p tcp -m tcp --dport 1 -m tcp --dport 2", "-p tcp -m tcp --dport 2"},
    {"-p tcp -m tcp --dport 1 -m conntrack --ctstate NEW -m tcp --sport 2",
        "-p tcp -m tcp --sport 2 --dport 1 -m conntrack --ctstate NEW"},
    {"-p tcp -m tcp --syn -m comment --comment x -m tcp --tcp-flags ACK ACK",
        "-p tcp -m tcp --tcp-flags ACK ACK -m comment --comment x"},
    {"-p tcp -m tcp ! --syn -m tcp --dport 5 -m tcp --tcp-flags ACK ACK", "-p tcp -m tcp --dport 5 ! --tcp-flags ACK ACK"},
    {"-p tcp -m tcp --syn -m tcp --tcp-option 3 -m tcp --dport 5",
        "-p tcp -m tcp --dport 5 --tcp-flags FIN,SYN,RST,ACK SYN -m tcp --tcp-option 3"},
    {"-p tcp -m tcp -m tcp --dport 5 -m tcp --sport 6", "-p tcp -m tcp -m tcp --sport 6 --dport 5"},
    {"-p udp -m udp ! --dport 1:5 -m udp --dport 7", "-p udp -m udp ! --dport 7"},
    {"-p tcp -m tcp --dport 10: -m tcp --dport :20", "-p tcp -m tcp --dport 10:20"},
    {"-p tcp -m tcp --dport :20 -m tcp ! --dport :10", "-p tcp -m tcp --dport 11:20"},
    {"-p tcp -m tcp --dport :20 -m tcp --dport 11:", "-p tcp -m tcp --dport 11:65535"},
    {"-p tcp -m tcp ! --dport :10 -m tcp --dport :5", "-p tcp -m tcp --dport 11:5"},
    {"-p tcp -m tcp ! --dport 10: -m tcp --dport :5", "-p tcp -m tcp ! --dport 10:5"},
    {"-p tcp -m tcp --dport 7 -m tcp --dport 0", "-p tcp -m tcp --dport 0"},
    {"-p udp -m udp --dport 20:10 -m udp --dport 5", "-p udp -m udp --dport 5"},
    {"! -p tcp -m tcp --dport 5 -m tcp --sport 6", "! -p tcp -m tcp --sport 6 --dport 5"},
    {"-p tcp -m tcp ! --dport 5 ! --sport 6 -m tcp --dport 10:", "-p tcp -m tcp ! --sport 6 ! --dport 10:65535"},
    {"-m limit --limit 3/sec -m limit --limit 4/sec -m mark --mark 0x1 -m mark --mark 0x2",
        "-m limit --limit 3/sec -m limit --limit 4/sec -m mark --mark 0x1 -m mark --mark 0x2"},
  };

  static List<OptionLines.Line> lines() {
    return List.of(RULES).stream().map(rule -> new OptionLines.Line("", "filter", "INPUT", rule[0])).toList();
  }

  @Test
  void nftShowsTheMatchesOfAHeaderAsOne() throws ReadException {
    for (String[] rule : RULES) {
      RuleSet rules = RuleSetReader.of(Family.IPV4).backend(Backend.NFT)
          .read(SourceText.of("rule", "*filter\n-A INPUT " + rule[0] + "\nCOMMIT\n"));
      assertEquals("-A INPUT " + rule[1], RuleSetWriter.plain().save(rules).lines().filter(l -> l.startsWith("-A")).findFirst().orElseThrow());
    }
  }

  /** As the kernel asks them all, so does what is said of a rule elsewhere. */
  @Test
  void aRuleKeepsAllOfItsMatches() throws ReadException {
    RuleSet rules = RuleSetReader.of(Family.IPV4).backend(Backend.NFT)
        .read(SourceText.of("rule", "*filter\n-A INPUT -p tcp --dport 1 -m tcp --dport 2\nCOMMIT\n"));
    assertEquals("-p tcp -m tcp --dport 1 -m tcp --dport 2", RuleSetWriter.rule(
        rules.table("filter").orElseThrow().chain("INPUT").orElseThrow().rules().get(0)));
  }

  @ParameterizedTest
  @CsvSource({
    "-p tcp --dport 1 -m tcp --dport 2, -p tcp --dport 2", "-p tcp --dport 1 -m tcp --sport 2, -p tcp --sport 2 --dport 1",
    "-p tcp ! --dport :1, -p tcp --dport 2:"})
  void nftDeletesTheRuleThatShowsTheSame(String rule, String deleted) throws ReadException {
    CommandReader.RuleSets empty = new CommandReader.RuleSets(
        new RuleSet(Family.IPV4, Backend.NFT, List.of()), new RuleSet(Family.IPV6, Backend.NFT, List.of()));
    CommandReader reader = CommandReader.of(UnknownPolicy.FAIL);
    CommandReader.RuleSets after = reader.apply("iptables -D INPUT " + deleted, reader.apply("iptables -A INPUT " + rule, empty));
    assertEquals(List.of(), after.ipv4().table("filter").orElseThrow().chain("INPUT").orElseThrow().rules());
  }
}
