package io.sluice.extension;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.sluice.net.ActionParam;
import io.sluice.net.Net;
import io.sluice.net.Oracle;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class UnknownExtensionsTest {
  private final List<String> asked = new ArrayList<>();

  private ActionParam answering(Boolean... answers) {
    Oracle oracle = question -> {
      asked.add(question);
      return answers[asked.size() - 1];
    };
    return new ActionParam(new Net(null, null, null, new Clock(), oracle, null, null, new SplittableRandom(1)));
  }

  @Test
  void noMatchNeverMatchesAndAsksNobody() {
    UnknownMatch match = new UnknownMatch("magic", "--wand 3", UnknownPolicy.NO_MATCH, "f:1 (filter INPUT)");
    assertEquals(false, match.matches(new SkBuff(), answering()));
    assertEquals(List.of(), asked);
  }

  @Test
  void maybeIsAskedWithItsTextAndPlace() {
    UnknownMatch match = new UnknownMatch("magic", "--wand 3", UnknownPolicy.MAYBE, "f:1 (filter INPUT)");
    assertEquals(true, match.matches(new SkBuff(), answering(true)));
    assertEquals(List.of("-m magic --wand 3 of f:1 (filter INPUT) matches"), asked);
  }

  @Test
  void unknownTargetMayDropAcceptOrGoOn() {
    UnknownTarget target = new UnknownTarget("MAGIC", "", UnknownPolicy.MAYBE, "f:1 (filter INPUT)");
    assertEquals(Verdict.DROP, target.target(new SkBuff(), answering(true)));
    assertEquals(List.of("-j MAGIC of f:1 (filter INPUT) drops the packet"), asked);
    asked.clear();
    assertEquals(Verdict.ACCEPT, target.target(new SkBuff(), answering(false, true)));
    asked.clear();
    assertEquals(Verdict.CONTINUE, target.target(new SkBuff(), answering(false, false)));
  }

  @Test
  void sameWordsAreTheSameExtensionWhereverTheyStand() {
    UnknownMatch match = new UnknownMatch("magic", "--wand 3", UnknownPolicy.MAYBE, "f:1");
    assertEquals(match, match.at("g:2"));
    assertEquals(match.hashCode(), match.at("g:2").hashCode());
    assertNotEquals(match, new UnknownMatch("magic", "--wand 4", UnknownPolicy.MAYBE, "f:1"));
  }
}
