package io.sluice.ruleset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TableTest {
  private static final int MANY = 40_000;

  private static Chain chain(int number) {
    return new Chain("CHAIN-" + number, Optional.empty(), Counters.ZERO, List.of(), new SourceLocation("nat.rules", number));
  }

  @Test
  void eachOfManyChainsIsFoundAtOnce() {
    List<Chain> chains = IntStream.range(0, MANY).mapToObj(TableTest::chain).toList();
    Table table = new Table("nat", chains);
    assertTimeoutPreemptively(Duration.ofSeconds(4),
        () -> chains.forEach(chain -> assertEquals(Optional.of(chain), table.chain(chain.name()))));
    assertTrue(table.chain("CHAIN-" + MANY).isEmpty());
  }

  @Test
  void tablesOfTheSameChainsAreEqual() {
    Table table = new Table("nat", List.of(chain(1), chain(2)));
    assertEquals(table, new Table("nat", List.of(chain(1), chain(2))));
    assertEquals(table.hashCode(), new Table("nat", List.of(chain(1), chain(2))).hashCode());
    assertTrue(!table.equals(new Table("nat", List.of(chain(2), chain(1)))) && !table.equals(new Table("raw", table.chains())));
  }
}
