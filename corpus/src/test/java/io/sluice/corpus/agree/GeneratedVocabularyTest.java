package io.sluice.corpus.agree;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sluice.corpus.scenario.Scenario;
import io.sluice.corpus.scenario.Scenario.Backend;
import io.sluice.netfilter.Family;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What random rule sets are made of: every match, target and type of set that there is, or DIFFERENCES.md says why not. */
class GeneratedVocabularyTest {
  private static final int RULE_SETS = 3_000;
  private static final Pattern WORD = Pattern.compile(" -(m|j) ([A-Za-z0-9]+)|( -f)(?= |$)", Pattern.MULTILINE);

  private static final String BOTH = "-m tcp -m udp -m sctp -m dccp -m esp -m ipcomp -m addrtype -m cgroup -m cluster -m comment"
      + " -m connbytes -m connlabel -m connlimit -m connmark -m conntrack -m cpu -m devgroup -m dscp -m ecn -m hashlimit"
      + " -m helper -m iprange -m length -m limit -m mac -m mark -m multiport -m owner -m physdev -m pkttype -m policy -m quota"
      + " -m rateest -m recent -m rpfilter -m set -m socket -m state -m statistic -m string -m tcpmss -m time -m tos -m u32 -m ah"
      + " -j ACCEPT -j DROP -j RETURN -j QUEUE -j NFQUEUE -j REJECT -j LOG -j NFLOG -j AUDIT -j TRACE -j CT -j NOTRACK -j DNAT"
      + " -j SNAT -j MASQUERADE -j REDIRECT -j NETMAP -j MARK -j CONNMARK -j CONNSECMARK -j CLASSIFY -j CHECKSUM -j DSCP -j TOS"
      + " -j HMARK -j IDLETIMER -j RATEEST -j SET -j TCPMSS -j TCPOPTSTRIP -j TEE -j TPROXY"
      + " -j SYNPROXY";
  private static final String ONLY_IPV4 = "-f -m icmp -m ttl -m realm -m osf -m bpf -j ECN -j TTL";
  private static final String ONLY_IPV6 = "-m icmp6 -m hl -m frag -m rt -m hbh -m dst -m ipv6header -m eui64 -m mh -m srh -j HL -j SNPT"
      + " -j DNPT";
  /** Not generated, each with a line of DIFFERENCES.md. */
  private static final List<String> KEPT_OUT = List.of("SECMARK");
  private static final String SETS = "bitmap:port hash:ip hash:net hash:ip,port hash:net,port hash:ip,port,ip hash:ip,port,net"
      + " hash:net,iface list:set";
  private static final String IPV4_SETS = "bitmap:ip bitmap:ip,mac";
  private static final String TABLES = "raw mangle nat filter security";

  @ParameterizedTest
  @EnumSource
  void everythingThatThereIsIsGenerated(Family family) {
    boolean v4 = family == Family.IPV4;
    Set<String> words = new TreeSet<>();
    Set<String> types = new TreeSet<>();
    Set<String> tables = new TreeSet<>();
    for (long seed = 0; seed < RULE_SETS; seed++) {
      Scenario host = new ScenarioGenerator(seed, family, seed % 2 == 0 ? Backend.LEGACY : Backend.NFT).host();
      String rules = v4 ? host.rules4() : host.rules6();
      for (Matcher m = WORD.matcher(rules); m.find();) {
        words.add(m.group(3) == null ? "-" + m.group(1) + " " + m.group(2) : m.group(3).strip());
      }
      rules.lines().filter(l -> l.startsWith("*")).forEach(l -> tables.add(l.substring(1)));
      host.sets().lines().filter(l -> l.startsWith("create ")).forEach(l -> types.add(l.split(" ")[2]));
    }
    assertEquals(Set.of(), missing(words, BOTH + " " + (v4 ? ONLY_IPV4 : ONLY_IPV6), " (?=-)"));
    assertEquals(Set.of(), missing(types, SETS + (v4 ? " " + IPV4_SETS : ""), " "));
    assertEquals(Set.of(), missing(tables, TABLES, " "));
  }

  private static Set<String> missing(Set<String> seen, String wanted, String separator) {
    Set<String> rest = new TreeSet<>(List.of(wanted.split(separator)));
    rest.removeAll(seen);
    return rest;
  }

  @ParameterizedTest
  @EnumSource
  void whatSluiceKnowsIsAllAccountedFor(Family family) throws IOException {
    String generated = BOTH + " " + ONLY_IPV4 + " " + ONLY_IPV6;
    Set<String> known = new TreeSet<>();
    io.sluice.match.Matches.all().stream().filter(m -> m.families().contains(family)).forEach(m -> known.add("-m " + m.name()));
    io.sluice.target.Targets.all().stream().filter(t -> t.families().contains(family)).forEach(t -> known.add("-j " + t.name()));
    known.removeAll(List.of(generated.split(" (?=-)")));
    known.removeAll(List.of("-m icmpv6", "-m ipv6-icmp")); // other names of icmp6
    String differences = Files.readString(Path.of("DIFFERENCES.md"));
    KEPT_OUT.stream().filter(name -> differences.contains("| `" + name + "` |")).forEach(name -> known.remove("-j " + name));
    assertEquals(Set.of(), known);
  }
}
