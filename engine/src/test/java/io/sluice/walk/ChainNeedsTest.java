package io.sluice.walk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sluice.extension.UnknownPolicy;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Rule;
import io.sluice.text.RuleSetReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What an edited chain needs is what all its rules need. */
class ChainNeedsTest {
  private static final String RULES = """
      *filter
      :FORWARD DROP [0:0]
      -A FORWARD -p tcp -j ACCEPT
      -A FORWARD -m limit --limit 1/sec -j ACCEPT
      -A FORWARD -m conntrack --ctstate NEW -j ACCEPT
      -A FORWARD -m statistic --mode nth --every 3 --packet 1 -j ACCEPT
      -A FORWARD -m connbytes --connbytes 1 --connbytes-dir both --connbytes-mode packets -j ACCEPT
      -A FORWARD -j ACCEPT
      COMMIT
      """;

  @Test
  void editsAddUp() throws Exception {
    List<Rule> all = RuleSetReader.read(RULES, Family.IPV4, UnknownPolicy.FAIL).rules().toList();
    Random random = new Random(1);
    List<Rule> then = List.of();
    ChainNeeds needs = ChainNeeds.of(then);
    for (int i = 0; i < 2_000; i++) {
      int from = random.nextInt(then.size() + 1);
      int to = Math.min(then.size(), from + random.nextInt(3));
      int end = from + random.nextInt(then.size() > 20 ? 1 : 3);
      List<Rule> now = new ArrayList<>(then.subList(0, from));
      for (int rule = from; rule < end; rule++) {
        now.add(all.get(random.nextInt(all.size())));
      }
      now.addAll(then.subList(to, then.size()));
      needs = needs.with(then, from, to, now, end);
      ChainNeeds expected = ChainNeeds.of(now);
      assertEquals(expected.all, needs.all);
      assertArrayEquals(expected.remembering, needs.remembering);
      then = List.copyOf(now);
    }
  }
}
