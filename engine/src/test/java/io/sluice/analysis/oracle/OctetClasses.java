package io.sluice.analysis.oracle;

import io.sluice.ruleset.Rewrite;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;

/** Values of a TTL or TOS that rules tell apart: by what they ask of them, and of what they have made of them before. */
final class OctetClasses {
  private static final int VALUES = 256;

  private final List<IntPredicate> questions = new ArrayList<>();
  private final List<Rewrite.Octet> rewrites = new ArrayList<>();

  void ask(IntPredicate question) {
    questions.add(question);
  }

  void rewrite(Rewrite.Octet rewrite) {
    rewrites.add(rewrite);
  }

  /**
   * One value of each class, the nearest to {@code usual}.
   *
   * @param meetings how often a packet may meet each rule that rewrites it
   */
  List<Integer> values(int usual, int meetings) {
    int[] kinds = numbered(value -> questions.stream().map(question -> question.test(value)).toList());
    for (int round = 0; round < meetings * rewrites.size(); round++) {
      int[] before = kinds;
      kinds = numbered(value -> {
        List<Object> next = new ArrayList<>(List.of(before[value]));
        rewrites.forEach(rewrite -> next.add(before[rewrite.of(value)]));
        return next;
      });
    }
    Map<Integer, Integer> nearest = new LinkedHashMap<>();
    for (int value = 0; value < VALUES; value++) {
      nearest.merge(kinds[value], value, (a, b) -> Math.abs(a - usual) <= Math.abs(b - usual) ? a : b);
    }
    return List.copyOf(nearest.values());
  }

  private interface Signature {
    List<?> of(int value);
  }

  private static int[] numbered(Signature signature) {
    Map<List<?>, Integer> numbers = new HashMap<>();
    int[] kinds = new int[VALUES];
    for (int value = 0; value < VALUES; value++) {
      List<?> signed = signature.of(value);
      kinds[value] = numbers.computeIfAbsent(signed, s -> numbers.size());
    }
    return kinds;
  }
}
