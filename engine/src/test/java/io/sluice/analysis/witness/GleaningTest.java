package io.sluice.analysis.witness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.fuzz.GeneratedRules;
import io.sluice.analysis.space.Interrupted;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Random traffic comes to rules for which conversations must meet, and little of it is kept. */
class GleaningTest {
  /** The second packet of a connection, from another user's program than the first. */
  private static final Host MEETING = new GeneratedRules(0, Family.IPV4, "", List.of(
      new GeneratedRules.Table("mangle", List.of(new GeneratedRules.Chain("OUTPUT", "ACCEPT",
          List.of("-p tcp -m owner --uid-owner 1000 -j CONNMARK --set-mark 1")))),
      new GeneratedRules.Table("filter", List.of(new GeneratedRules.Chain("OUTPUT", "ACCEPT",
          List.of("-m conntrack --ctstate NEW -m connmark --mark 1 -m owner ! --uid-owner 1000 -j DROP",
              "-p tcp -m connmark --mark 2 -j DROP")))))).host();
  private static final RulePlace SECOND_USER = new RulePlace(Family.IPV4, "filter", "OUTPUT", 1);
  private static final RulePlace NEVER = new RulePlace(Family.IPV4, "filter", "OUTPUT", 2);

  private static Gleaning gleaning(Runnable goesOn) {
    return new Gleaning(MEETING, new Traffic(MEETING), 3, goesOn, new WitnessFinder(MEETING, 1)::confirms);
  }

  @Test
  void conversationsThatMeetComeToWhatNoneComesToAlone() {
    Witness witness = gleaning(() -> { }).of(SECOND_USER, List.of()).orElseThrow();
    assertEquals(2, witness.steps().size(), witness::toString);
    assertEquals(1000, witness.steps().get(0).owner().uid());
    assertTrue(new WitnessFinder(MEETING).confirms(SECOND_USER, witness), witness::toString);
    assertEquals(Optional.of(witness), gleaning(() -> { }).of(SECOND_USER, List.of()), "the same every time");
    assertTrue(new WitnessFinder(MEETING).find(SECOND_USER).witness().isPresent());
  }

  @Test
  void whatItDoesNotFindCostsSomeThousandConversations() {
    Gleaning gleaning = gleaning(() -> { });
    assertEquals(Optional.empty(), gleaning.of(NEVER, List.of()));
    int first = gleaning.conversations();
    assertTrue(first > 1_000 && first < 10_000, first + " conversations");
    assertTrue(new WitnessFinder(MEETING).find(NEVER).attempts() > first);
    for (int i = 0; i < 1_000; i++) {
      gleaning.of(NEVER, List.of());
    }
    int all = gleaning.conversations();
    gleaning.of(NEVER, List.of());
    assertEquals(all, gleaning.conversations(), "all that there may be for a host has been played");
  }

  @Test
  void isInterrupted() {
    int[] asked = {0};
    assertThrows(Interrupted.class, () -> gleaning(() -> {
      if (asked[0]++ == 100) {
        throw new Interrupted();
      }
    }).of(NEVER, List.of()));
  }

  /** Of packets that each do something, those that matter are kept in their order. */
  @Test
  void packetsThatAreNotNeededAreLeftOut() {
    List<Step> past = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      past.add(new Step("eth0", new byte[] {(byte) i}, 0, 0));
    }
    List<Step> needed = List.of(past.get(3), past.get(50), past.get(51), past.get(99));
    int[] asked = {0};
    Shrinking shrinking = new Shrinking(steps -> {
      asked[0]++;
      return steps.containsAll(needed);
    });
    assertEquals(needed, shrinking.of(past).orElseThrow().steps());
    assertTrue(asked[0] < 100, asked[0] + " times");
    assertFalse(shrinking.of(past.subList(0, 99)).isPresent());
  }
}
