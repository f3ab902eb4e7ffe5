package io.sluice.analysis.fate;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.Effect;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.analysis.symbolic.SymbolicTable;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Rewrite;
import io.sluice.ruleset.RuleWriter;
import io.sluice.ruleset.Target;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** What rules do to packets, in words that are equal when the doing is. */
final class Targets {
  /** Targets that tell somebody about the packet and leave it as it is. */
  private static final Set<String> OBSERVERS = Set.of("LOG", "NFLOG", "AUDIT", "TRACE", "IDLETIMER");

  /** Options whose values say enough. */
  private static final Pattern PLAIN = Pattern.compile("^--(reject-with|to-destination|to-source|to-ports|to) ");

  /** After this a packet belongs to no connection, which may be written otherwise. */
  static final String UNTRACKING = "CT --notrack";

  private Targets() {}

  /** Whether it makes no difference to packets. */
  static boolean isIdle(Target target) {
    return target instanceof Target.None || target instanceof ExtensionTarget extension && OBSERVERS.contains(extension.name());
  }

  /** Whether it says how packets are tracked that have not been yet. */
  static boolean isOfTracking(ExtensionTarget target) {
    return target.name().equals("CT") || target.name().equals("NOTRACK");
  }

  /** ACCEPT, DROP, {@code REJECT icmp-port-unreachable}, {@code DNAT 10.0.0.1:80} and so on. */
  static String verdict(Target target) {
    return target instanceof ExtensionTarget extension ? text(extension)
        : target instanceof Target.Decide decide ? decide.verdict().name() : Verdict.CONTINUE.name();
  }

  static String text(ExtensionTarget target) {
    if (target.name().equals("NOTRACK")) {
      return UNTRACKING;
    }
    RuleWriter options = new RuleWriter();
    target.print(options);
    return (target.name() + " " + PLAIN.matcher(options.toString()).replaceFirst("")).strip();
  }

  /** Whether packets that the rule matches are no more. */
  static boolean isEnd(SymbolicRule rule) {
    return rule.effect().kind() == Effect.Kind.END;
  }

  /** What a rule of the table that does not end it does, to packets with these marks and others. */
  static String deed(ExtensionTarget target, SymbolicTable table, List<String> marks) {
    StringBuilder deed = new StringBuilder(text(target));
    target.sets().forEach(query -> deed.append(table.space().whose(query.set(), table.host())));
    return marks.isEmpty() ? deed.toString() : deed + " with " + String.join(", ", marks);
  }

  /** The axes of marks on which it depends what a rule of the table does. */
  static Set<Axis> marksRead(ExtensionTarget target, SymbolicTable table) {
    Space space = table.space();
    Set<Axis> read = new LinkedHashSet<>();
    if (target.rewrite().orElse(null) instanceof Rewrite.Copy copy) {
      space.markAxes(copy.from()).stream().filter(axis -> axis.gather(copy.taken()) != 0).forEach(read::add);
      space.markAxes(copy.to()).stream().filter(axis -> axis.gather(copy.flipped()) != 0).forEach(read::add);
    } else if (target.readsMark() || target.sets().stream().anyMatch(query ->
        table.host().sets().set(query.set()).filter(set -> set.header().type().hasMark()).isPresent())) {
      read.addAll(space.markAxes(Field.MARK));
      read.addAll(space.markAxes(Field.CONNMARK));
    }
    return read;
  }

  /** What a rule asks that the packet alone does not answer. */
  static String question(SymbolicRule rule, List<String> deeds, boolean unknown) {
    Set<String> asked = new LinkedHashSet<>();
    if (unknown || rule.shape().asked().isEmpty()) {
      rule.rule().matches().forEach(match -> asked.add(new RuleWriter().match(match).toString()));
    }
    rule.shape().asked().forEach(one -> asked.add(one.words()));
    String question = asked.isEmpty() ? "the rewritten packet matches " + rule : String.join(" ", asked) + " matches";
    return unknown && !deeds.isEmpty() ? question + " after " + String.join(", ", deeds) : question;
  }
}
