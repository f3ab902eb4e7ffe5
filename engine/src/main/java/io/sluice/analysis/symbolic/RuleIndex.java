package io.sluice.analysis.symbolic;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.compile.Box;
import io.sluice.compile.Classifier;
import io.sluice.compile.ClassifierSearch;
import io.sluice.compile.Field;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Finds the rules of a chain that may match a point: one by one in short chains, in a {@link Classifier} in long ones. */
abstract class RuleIndex {
  /** Chains up to this length are looked through rule by rule. */
  private static final int SHORT = 48;

  /** The first rule at or behind {@code from} that may match the point, or null. */
  abstract SymbolicRule firstMatch(Point point, int from);

  static RuleIndex of(List<SymbolicRule> rules, Space space) {
    return rules.size() <= SHORT ? new Scan(rules) : Lookup.of(rules, space, true);
  }

  private static final class Scan extends RuleIndex {
    private final List<SymbolicRule> rules;

    Scan(List<SymbolicRule> rules) {
      this.rules = rules;
    }

    @Override
    SymbolicRule firstMatch(Point point, int from) {
      for (int i = from; i < rules.size(); i++) {
        if (rules.get(i).shape().mayAt(point) != null) {
          return rules.get(i);
        }
      }
      return null;
    }
  }

  /** All rules that match a point are found at once; the answer is kept, since the same point asks again from further down. */
  private static final class Lookup extends RuleIndex {
    private final List<SymbolicRule> rules;
    /** The rule of each box. */
    private final int[] ruleOf;
    private final List<Axis> axes;
    private final ClassifierSearch search;
    private final int[] words;
    private final Space space;
    private final boolean cut;
    /** For those who ask what comes behind a rule that ends every way; null until somebody does. */
    private Lookup behind;

    private Lookup(List<SymbolicRule> rules, Space space, boolean cut, int[] ruleOf, List<Axis> axes, ClassifierSearch search) {
      this.rules = rules;
      this.space = space;
      this.cut = cut;
      this.ruleOf = ruleOf;
      this.axes = axes;
      this.search = search;
      this.words = new int[search.words()];
    }

    /** @param cut whether a search may end at a rule that ends every way: whatever is behind it is never asked for from further up */
    static Lookup of(List<SymbolicRule> rules, Space space, boolean cut) {
      Map<Axis, Integer> fields = new LinkedHashMap<>();
      Set<Axis> used = new HashSet<>();
      for (SymbolicRule rule : rules) {
        for (Cube cube : rule.shape().may()) {
          for (int i = 0; i < cube.size(); i++) {
            used.add(cube.axis(i));
          }
        }
      }
      for (Axis axis : space.axes()) {
        if (!axis.isAnswer() && (used.contains(axis) || fields.isEmpty())) { // a classifier has at least one field
          fields.put(axis, fields.size());
        }
      }
      List<Box> boxes = new ArrayList<>();
      List<Integer> owners = new ArrayList<>();
      for (SymbolicRule rule : rules) {
        for (Cube cube : rule.shape().may()) {
          boxes.add(box(rule, cube, fields, cut));
          owners.add(rule.index());
        }
      }
      List<Field> all = fields.keySet().stream().map(axis -> new Field(axis.name(), axis.bits())).toList();
      return new Lookup(rules, space, cut, owners.stream().mapToInt(i -> i).toArray(), List.copyOf(fields.keySet()),
          new ClassifierSearch(Classifier.compile(all, boxes)));
    }

    private static Box box(SymbolicRule rule, Cube cube, Map<Axis, Integer> fields, boolean cut) {
      Box box = Box.any();
      boolean whole = true;
      for (int i = 0; i < cube.size(); i++) {
        Integer field = fields.get(cube.axis(i));
        if (field == null) {
          whole = false;
        } else {
          box = box.with(field, cube.set(i));
        }
      }
      return cut && whole && ends(rule) ? box.asFinal() : box;
    }

    private static boolean ends(SymbolicRule rule) {
      return rule.effect().kind() == Effect.Kind.END && rule.shape().isCertain();
    }

    @Override
    SymbolicRule firstMatch(Point point, int from) {
      int word = 0;
      for (Axis axis : axes) {
        long low = point.low(axis.index());
        if (axis.bits() > Long.SIZE) {
          long high = point.high(axis.index());
          words[word++] = (int) (high >>> 32);
          words[word++] = (int) high;
          words[word++] = (int) (low >>> 32);
        }
        words[word++] = (int) low;
      }
      int count = search.find(words);
      for (int i = 0; i < count; i++) {
        SymbolicRule rule = rules.get(ruleOf[search.id(i)]);
        if (rule.index() >= from && rule.shape().mayAt(point) != null) {
          return rule;
        }
      }
      SymbolicRule last = count == 0 ? null : rules.get(ruleOf[search.id(count - 1)]);
      if (!cut || last == null || last.index() >= from || !ends(last)) {
        return null;
      }
      if (behind == null) {
        behind = of(rules, space, false);
      }
      return behind.firstMatch(point, from);
    }
  }
}
