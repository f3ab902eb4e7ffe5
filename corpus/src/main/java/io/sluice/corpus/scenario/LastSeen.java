package io.sluice.corpus.scenario;

import io.sluice.host.NetDevice;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.pipeline.Observer;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * The bytes of a step's packet, and of what the host sent on account of it, as each entered its last hook or stood behind
 * connection tracking there: what the harness hears of the kernel, where rules of that hook stop it.
 */
final class LastSeen implements Observer {
  private final List<byte[]> seen = new ArrayList<>();
  private final Map<SkBuff, Integer> numbers = new IdentityHashMap<>();

  void forget() {
    seen.clear();
    numbers.clear();
  }

  /** Of the packet that began its way as the {@code number}-th since {@link #forget}, from 0; empty if it was in no hook. */
  byte[] of(int number) {
    return number < seen.size() ? seen.get(number) : new byte[0];
  }

  @Override
  public void begin(SkBuff skb, NetDevice in, boolean answer) {
    numbers.put(skb, seen.size());
    seen.add(new byte[0]);
  }

  @Override
  public void hook(Hook hook, SkBuff skb, NetDevice in, NetDevice out) {
    see(skb);
  }

  @Override
  public void conntrack(SkBuff skb, Verdict verdict) {
    see(skb);
  }

  private void see(SkBuff skb) {
    seen.set(numbers.get(skb), skb.toBytes());
  }
}
