package io.sluice.match;

import io.sluice.net.SkBuff;
import java.util.Map;

/** Gives a packet the connection that its notation describes. */
final class CaseConnections {
  private CaseConnections() {}

  static void attach(SkBuff skb, Map<String, String> words) {
    if (words.get("ct").equals("UNTRACKED")) {
      skb.ct().setUntracked();
      return;
    }
    throw new IllegalArgumentException("ct=" + words.get("ct"));
  }
}
