package io.sluice.pipeline;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.host.Sysctls;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Family;
import org.junit.jupiter.api.Test;

/** What limits ICMP errors remembers destinations, but not without end. */
class IcmpRateLimitTest {
  private static final int UNREACHABLE = 3;

  @Test
  void theDestinationLongestWithoutAMessageIsForgottenFirst() {
    IcmpRateLimit limit = new IcmpRateLimit(Sysctls.defaults(), new Clock());
    exhaust(limit, 1);
    exhaust(limit, 2);
    for (int other = 3; other < IcmpRateLimit.MOST_PEERS; other++) {
      allows(limit, other);
    }
    assertFalse(allows(limit, 1));
    allows(limit, IcmpRateLimit.MOST_PEERS);
    assertFalse(allows(limit, 1));
    allows(limit, IcmpRateLimit.MOST_PEERS + 1);
    assertFalse(allows(limit, 1));
    assertTrue(allows(limit, 2));
  }

  private static void exhaust(IcmpRateLimit limit, int to) {
    while (allows(limit, to)) {
      assertTrue(limit.allowsAny(Family.IPV4, 0));
    }
  }

  private static boolean allows(IcmpRateLimit limit, int to) {
    return limit.allows(Family.IPV4, UNREACHABLE, 0, to, 32, false);
  }
}
