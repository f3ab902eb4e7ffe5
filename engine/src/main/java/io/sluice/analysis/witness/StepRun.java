package io.sluice.analysis.witness;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The same step so many times, one after the other.
 *
 * @param count from 1 to 1,000,000
 */
public record StepRun(Step step, int count) {
  private static final int MOST = 1_000_000;
  private static final Pattern NOTATION = Pattern.compile("(?<count>[0-9]{1,7})x:(?<step>.+:.+)");

  public StepRun {
    if (count < 1 || count > MOST) {
      throw new IllegalArgumentException("a packet comes 1 to " + MOST + " times: " + count);
    }
  }

  /** Steps with those that are alike and follow each other put together. */
  public static List<StepRun> of(List<Step> steps) {
    List<StepRun> runs = new ArrayList<>();
    for (int i = 0; i < steps.size(); ) {
      int first = i;
      while (i < steps.size() && i - first < MOST && steps.get(i).equals(steps.get(first))) {
        i++;
      }
      runs.add(new StepRun(steps.get(first), i - first));
    }
    return runs;
  }

  /**
   * Reads what {@link #notation} writes.
   *
   * @throws IllegalArgumentException with a message for people when it is not that
   */
  public static StepRun parse(String notation) {
    Matcher m = NOTATION.matcher(notation);
    return m.matches() ? new StepRun(Step.parse(m.group("step")), Integer.parseInt(m.group("count")))
        : new StepRun(Step.parse(notation), 1);
  }

  /** The steps one by one. */
  public List<Step> steps() {
    return Collections.nCopies(count, step);
  }

  /** As {@link Step#notation}, with the number of times before it: {@code 50x:eth0:HEX}, {@code 3x:+2.5s:local:HEX}. */
  public String notation() {
    return (count == 1 ? "" : count + "x:") + step.notation();
  }

  @Override
  public String toString() {
    return (count == 1 ? "" : count + " times ") + step;
  }
}
