package io.sluice.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.extension.UnknownPolicy;
import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.RuleSet;
import io.sluice.ruleset.Table;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandReaderTest {
  private static final CommandReader READER = CommandReader.of(UnknownPolicy.FAIL);
  private static final CommandReader.RuleSets NOTHING =
      new CommandReader.RuleSets(RuleSet.empty(Family.IPV4), RuleSet.empty(Family.IPV6));

  private static CommandReader.RuleSets apply(String commands) throws ReadException {
    return READER.apply(SourceText.of("commands", commands), NOTHING);
  }

  private static String filter(String commands) throws ReadException {
    return RuleSetWriter.plain().listRules(apply(commands).ipv4().table("filter").orElseThrow(), Backend.LEGACY);
  }

  @Test
  void theFixOfTheStoryGoesToTheTop() throws ReadException {
    RuleSet host = RuleSetReader.read("""
        *filter
        :INPUT ACCEPT [0:0]
        :FORWARD DROP [5:300]
        :OUTPUT ACCEPT [0:0]
        :CNI-FORWARD - [0:0]
        -A FORWARD -j CNI-FORWARD
        -A CNI-FORWARD -d 10.88.0.0/16 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        COMMIT
        """, Family.IPV4, UnknownPolicy.FAIL);
    CommandReader.RuleSets after = READER.apply(
        "iptables -I CNI-FORWARD -p tcp ! -i cni0 -o cni0 -d 10.88.0.5 --dport 80 -j ACCEPT",
        new CommandReader.RuleSets(host, NOTHING.ipv6()));
    assertEquals("""
        -A FORWARD -j CNI-FORWARD
        -A CNI-FORWARD -d 10.88.0.5/32 ! -i cni0 -o cni0 -p tcp -m tcp --dport 80 -j ACCEPT
        -A CNI-FORWARD -d 10.88.0.0/16 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        """, RuleSetWriter.plain().save(after.ipv4()).replaceAll("(?m)^[*:C].*\n", ""));
    assertSame(NOTHING.ipv6(), after.ipv6());
  }

  /** What compiles an edited rule set goes by that. */
  @Test
  void whatACommandDoesNotChangeIsTheSameObject() throws ReadException {
    RuleSet host = RuleSetReader.read("""
        *nat
        :PREROUTING ACCEPT [1:60]
        COMMIT
        *filter
        :INPUT ACCEPT [0:0]
        :FORWARD DROP [0:0]
        :OUTPUT ACCEPT [0:0]
        :A - [0:0]
        :B - [0:0]
        -A A -j B
        -A B -s 10.88.0.5/32 -j DROP
        COMMIT
        """, Family.IPV4, UnknownPolicy.FAIL);
    RuleSet after = READER.apply("iptables -A A -j DROP", new CommandReader.RuleSets(host, NOTHING.ipv6())).ipv4();
    assertSame(host.table("nat").orElseThrow(), after.table("nat").orElseThrow());
    Table then = host.table("filter").orElseThrow();
    Table now = after.table("filter").orElseThrow();
    assertSame(then.chain("B").orElseThrow(), now.chain("B").orElseThrow());
    assertEquals(2, now.chain("A").orElseThrow().rules().size());
    assertSame(then.chain("A").orElseThrow().rules().get(0), now.chain("A").orElseThrow().rules().get(0));
    RuleSet listed = READER.apply("iptables -L A", new CommandReader.RuleSets(host, NOTHING.ipv6())).ipv4();
    assertSame(then, listed.table("filter").orElseThrow());
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "-p tcp -m multiport --dports 22,80:90", "-m string --string a --algo bm", "-m u32 --u32 '0>>22&0x3C@12=1'", "-m recent --set --name a",
    "-m hashlimit --hashlimit-upto 5/sec --hashlimit-name a", "-m bpf --bytecode '1,6 0 0 1'"})
  void aRuleIsFoundByItsTextAndNoOtherIs(String rule) throws ReadException {
    String other = rule.replace("22", "23").replace("-m string", "-m string --icase").replace("--set", "--update").replace("0 1'", "0 2'").replace("5/", "6/")
        .replace("0>>23", "1>>22");
    assertEquals("-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n",
        filter("iptables -A INPUT " + rule + "\niptables -D INPUT " + rule));
    assertThrows(ReadException.class, () -> apply("iptables -A INPUT " + rule + "\niptables -D INPUT " + other));
  }

  @Test
  void anAddressThatNobodyLooksAtMayBeAttachedToItsOption() throws ReadException {
    assertEquals("-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n-A INPUT\n-A INPUT -d 10.0.0.1/32\n",
        filter("iptables -A INPUT -d0/0,10.0.0.1"));
    assertThrows(ReadException.class, () -> apply("iptables -A INPUT -s10.0.0.1,0/0"));
  }

  @Test
  void oneHelperIsAsGoodAsAnotherToDelete() throws ReadException {
    assertEquals("-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n",
        filter("iptables -A INPUT -m helper --helper ftp\niptables -D INPUT -m helper ! --helper tftp"));
  }

  @Test
  void commandsDoWhatTheySay() throws ReadException {
    assertEquals("""
        -P INPUT DROP
        -P FORWARD ACCEPT
        -P OUTPUT ACCEPT
        -N two
        -A INPUT -s 2.2.2.2/32
        -A INPUT -s 1.1.1.1/32
        -A INPUT -p udp -j two
        -A two -m comment --comment "it's \\"so\\""
        """.replace("it's", "it\\'s"), filter("""
        # a script

        iptables -N one
        sudo /usr/sbin/iptables -w 5 -A INPUT -p tcp -j one   # to be replaced
        iptables -I INPUT -s 1.1.1.1,2.2.2.2
        iptables -A one -m comment --comment "it's \\"so\\""
        iptables -E one two
        iptables -R INPUT 3 -p udp -j two
        iptables -A INPUT -j DROP
        iptables -D INPUT -j DROP
        iptables -N gone
        iptables --delete-chain gone
        iptables -P INPUT DROP
        iptables -L -v
        iptables -C INPUT -s 1.1.1.1
        """));
  }

  @Test
  void tableThatIsNotThereIsMadeAndPrintsFirst() throws ReadException {
    CommandReader.RuleSets rules = apply("iptables -A INPUT\niptables -t nat -N x\nip6tables -P INPUT DROP");
    assertEquals(List.of("nat", "filter"), rules.ipv4().tables().stream().map(t -> t.name()).toList());
    assertEquals(5, rules.ipv4().tables().get(0).chains().size());
    assertEquals(1, rules.ipv6().tables().size());
  }

  @Test
  void backEndIsTheOneOfTheCommandWhenThereAreNoRules() throws ReadException {
    assertEquals(Backend.NFT, apply("iptables-nft -A INPUT").ipv4().backend());
    assertTrue(problem("iptables-nft -A INPUT\niptables-legacy -A INPUT").startsWith("commands:2:1: the rule set is one of the nft back end"));
  }

  private static String problem(String commands) {
    return assertThrows(ReadException.class, () -> apply(commands)).getMessage();
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "iptables -D INPUT 1                     | 1:19: Index of deletion too big: 1",
    "iptables -I INPUT 2                     | 1:19: Index of insertion too big: 2",
    "iptables -R INPUT 1 -p tcp              | 1:19: Index of replacement too big: 1",
    "iptables -Z INPUT 1                     | 1:19: Index of counter too big: 1",
    "iptables -D INPUT -p tcp                | 1:10: Bad rule (does a matching rule exist in that chain?)",
    "iptables -C INPUT -p tcp                | 1:10: Bad rule (does a matching rule exist in that chain?)",
    "iptables -X INPUT                       | 1:13: Invalid argument: INPUT is a built-in chain",
    "iptables -X nope                        | 1:13: No chain/target/match by that name",
    "iptables -N INPUT                       | 1:13: Chain already exists: INPUT",
    "iptables -N 0123456789012345678901234567x | 1:13: chain name too long",
    "iptables -N -x                          | 1:13: a chain name cannot begin with '-'",
    "iptables -P nope DROP                   | 1:13: Bad built-in chain name: nope",
    "iptables -P INPUT REJECT                | 1:19: Bad policy name: REJECT",
    "iptables -E nope x                      | 1:13: No chain/target/match by that name",
    "iptables -t nope -L                     | 1:13: Table does not exist: nope",
    "iptables -t nat -P PREROUTING DROP      | 1:31: DROP is refused in the nat table",
    "iptables -t nat -A PREROUTING -j DROP   | 1:34: DROP is refused in the nat table",
    "iptables -R INPUT 1 -s 1.1.1.1,2.2.2.2  | 1:10: a replacement must be one rule",
    "iptables -A INPUT -j nope               | 1:22: no chain or target 'nope' in table filter",
    "iptables -6 -A INPUT                    | 1:10: '-6' is not for iptables",
    "iptables                                | 1:1: no command",
    "iptable -A INPUT                        | 1:1: not a command that is understood: iptable",
    "iptables -A INPUT ¦ tee x               | 1:19: '¦' means something to a shell",
    "iptables -A INPUT -s $HOME              | 1:22: '$' means something to a shell",
    "iptables -A INPUT -m comment --comment 'x | 1:40: quote is not closed"
  }, quoteCharacter = '`')
  void refusalsAreIptablesOwn(String command, String expected) {
    String message = problem(command.replace('¦', '|'));
    assertTrue(message.startsWith("commands:" + expected.replace('¦', '|')), message);
  }

  @Test
  void chainInUseOrWithRulesStays() {
    assertTrue(problem("iptables -N a\niptables -A INPUT -j a\niptables -X a").startsWith("commands:3:13: Too many links: 1 rules jump to chain a"));
    assertTrue(problem("iptables -N a\niptables -A a\niptables -X").startsWith("commands:3:10: Directory not empty: chain a has 1 rules"));
  }

  @Test
  void loopIsRefusedWhenItIsClosed() {
    String message = problem("iptables -N a\niptables -A INPUT -j a\niptables -A a -j a\n");
    assertTrue(message.startsWith("commands:3:18: Too many levels of symbolic links: chain a calls itself"), message);
  }

  @Test
  void legacyCommandZeroesAllPoliciesOfItsTable() throws ReadException {
    String text = "*filter\n:INPUT ACCEPT [1:2]\n:FORWARD ACCEPT [3:4]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n";
    RuleSet legacy = RuleSetReader.read(text, Family.IPV4, UnknownPolicy.FAIL);
    RuleSet nft = RuleSetReader.of(Family.IPV4).backend(Backend.NFT).read(SourceText.of("x", text));
    String legacyAfter = RuleSetWriter.plain().save(READER.apply("iptables -A INPUT", new CommandReader.RuleSets(legacy, NOTHING.ipv6())).ipv4());
    String nftAfter = RuleSetWriter.plain().save(READER.apply("iptables -A INPUT", new CommandReader.RuleSets(nft, NOTHING.ipv6())).ipv4());
    assertTrue(legacyAfter.contains(":FORWARD ACCEPT [0:0]"), legacyAfter);
    assertTrue(nftAfter.contains(":FORWARD ACCEPT [3:4]"), nftAfter);
  }
}
