package io.sluice.pipeline;

import io.sluice.net.Oracle;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Function;

/**
 * Finds every answer that is possible where a match is "maybe": runs the same question again with every combination of
 * yes and no, first "no" throughout, then with the earliest questions turned.
 */
public final class Possibilities {

  /**
   * One answer.
   *
   * @param assumptions what was taken for granted, in the order of asking: the question, with "not: " before it for a no
   */
  public record Possible<T>(T answer, List<String> assumptions) {}

  private Possibilities() {}

  /** An oracle that follows a plan, says "no" after its end, and notes what it was asked. */
  private static final class Planned implements Oracle {
    private final List<Boolean> plan;
    private final List<Boolean> decisions = new ArrayList<>();
    private final List<String> assumptions = new ArrayList<>();

    Planned(List<Boolean> plan) {
      this.plan = plan;
    }

    @Override
    public boolean decide(String question) {
      int at = decisions.size();
      boolean yes = at < plan.size() && plan.get(at);
      decisions.add(yes);
      assumptions.add(Worlds.told(question, yes));
      return yes;
    }
  }

  /**
   * The possible answers, the one with "no" throughout first.
   *
   * @param run asks the question afresh, with nothing left over from the run before
   * @param limit how many runs at most; when there were more to do, the list is incomplete and its size is the limit
   */
  public static <T> List<Possible<T>> explore(Function<Oracle, T> run, int limit) {
    List<Possible<T>> found = new ArrayList<>();
    Deque<List<Boolean>> plans = new ArrayDeque<>(List.of(List.of()));
    while (!plans.isEmpty() && found.size() < limit) {
      List<Boolean> plan = plans.poll();
      Planned oracle = new Planned(plan);
      found.add(new Possible<>(run.apply(oracle), List.copyOf(oracle.assumptions)));
      for (int i = plan.size(); i < oracle.decisions.size(); i++) {
        List<Boolean> turned = new ArrayList<>(oracle.decisions.subList(0, i));
        turned.add(true);
        plans.add(turned);
      }
    }
    return found;
  }
}
