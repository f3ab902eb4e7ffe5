package io.sluice.compile.chain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class JudgeTest {
  private static final int FIRST_SCAN = 64;

  private long misses;

  /** A window of packets that come to {@code slot}, of which {@code part} of 1,024 are like none before. */
  private void window(Judge judge, int slot, int part) {
    for (int i = 1; i < 1_024; i++) {
      assertFalse(judge.isDueAfter(slot));
    }
    assertTrue(judge.isDueAfter(slot));
    misses += judge.isStrange() ? 0 : part;
    judge.decide(misses);
  }

  private int windowsScanned(Judge judge, int slot, int part) {
    int windows = 0;
    while (judge.isStrange()) {
      window(judge, slot, part);
      windows++;
    }
    return windows;
  }

  @Test
  void strangePacketsAreScannedTwiceAsLongEachTime() {
    Judge judge = new Judge(100, 3, true);
    for (int i = FIRST_SCAN; i <= 1 << 14; i *= 2) {
      window(judge, 99, 300);
      assertEquals(i, windowsScanned(judge, 99, 300));
    }
    window(judge, 99, 300);
    assertEquals(1 << 14, windowsScanned(judge, 99, 300));
  }

  @Test
  void friendlyPacketsAreLookedUpAgainAndTheNextScanIsShort() {
    Judge judge = new Judge(100, 3, true);
    window(judge, 99, 300);
    windowsScanned(judge, 99, 0);
    window(judge, 99, 300);
    assertEquals(2 * FIRST_SCAN, windowsScanned(judge, 99, 0));
    window(judge, 99, 250);
    assertFalse(judge.isStrange());
    window(judge, 99, 300);
    assertEquals(FIRST_SCAN, windowsScanned(judge, 99, 0));
  }

  @Test
  void whatIsSearchedInLessTimeIsNotScanned() {
    Judge judge = new Judge(10_000, 3, false);
    window(judge, 5_000, 1_024);
    assertFalse(judge.isStrange());
    window(judge, 50, 1_024);
    assertTrue(judge.isStrange());
    window(judge, 60, 1_024);
    assertTrue(judge.isStrange());
    window(judge, 5_000, 1_024);
    assertFalse(judge.isStrange());
  }

  @Test
  void packetsThatComeNoFurtherThanALookIsWorthAreNear() {
    Judge judge = new Judge(100, 3, true);
    assertFalse(judge.isNear());
    window(judge, 2, 0);
    assertTrue(judge.isNear());
    window(judge, 3, 0);
    assertFalse(judge.isNear());
  }

  @Test
  void fewSlotsAreAlwaysNear() {
    Judge judge = new Judge(3, 3, true);
    assertTrue(judge.isNear());
    for (int i = 0; i < 5_000; i++) {
      assertFalse(judge.isDueAfter(3));
    }
    assertFalse(new Judge(4, 3, true).isNear());
  }
}
