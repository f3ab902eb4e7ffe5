package io.sluice.analysis.witness;

import io.sluice.net.SkBuff;
import io.sluice.pipeline.Outcome;
import io.sluice.walk.LiveRule;
import io.sluice.walk.Tracer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.BiConsumer;

/** Looks on while packets are sent, and tells of each which rules it matches. One thread. */
public final class Matches implements Tracer, Traffic.Listener {
  private final BiConsumer<RulePlace, Matches> listener;
  private final List<Step> past = new ArrayList<>();
  private final List<LiveRule> matched = new ArrayList<>();
  private long all;
  private long asked;

  /** @param listener is told after a packet of every rule that it has matched */
  public Matches(BiConsumer<RulePlace, Matches> listener) {
    this.listener = listener;
  }

  /** The host boots. */
  public void begin() {
    past.clear();
  }

  /** What has been sent since then. */
  public List<Step> past() {
    return Collections.unmodifiableList(past);
  }

  /** How many packets have been sent since this was made. */
  public long all() {
    return all;
  }

  /** How many rules they have been held to. */
  long asked() {
    return asked;
  }

  @Override
  public void sends(Step step) {
    past.add(step);
    matched.clear();
  }

  @Override
  public void sent(Outcome outcome) {
    all++;
    for (LiveRule rule : matched) {
      listener.accept(RulePlace.of(rule), this);
    }
  }

  @Override
  public void match(LiveRule rule, SkBuff skb) {
    asked++;
    matched.add(rule);
  }

  @Override
  public void noMatch(LiveRule rule, int part, SkBuff skb) {
    asked++;
  }
}
