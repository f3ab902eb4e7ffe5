package io.sluice.analysis.lint;

import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.RuleShape;
import io.sluice.analysis.space.SetEntry;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.Inquiry;
import io.sluice.analysis.symbolic.Reach.Answer;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.ipset.SetQuery;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * Sets that no packet is looked up in, and entries that no packet is found in: no such packet gets to a rule that asks the set
 * and meets all that the rule asks beside. What is found may let the rule match or, with {@code !} or nomatch, keep it from
 * matching.
 */
final class SetLint {
  /** Members of a list that are told by more cubes than this are not told from those behind them. */
  private static final int MAX_BEFORE = 64;

  private final Host host;
  private final BooleanSupplier goesOn;
  private final Set<String> named = new HashSet<>();
  private final Map<String, Entries> sets = new LinkedHashMap<>();
  private SetAsks asks;

  /** What is known of a set's entries, which are the same whatever rule asks. */
  private static final class Entries {
    final List<String> texts = new ArrayList<>();
    final List<Answer> answers = new ArrayList<>();
    boolean asked;
  }

  /** @param goesOn false when there is no need for an answer any more */
  SetLint(Host host, BooleanSupplier goesOn) {
    this.host = host;
    this.goesOn = goesOn;
    host.sets().all().forEach(set -> sets.put(set.header().name(), new Entries()));
  }

  /** Begins with the rules of a family, before their tables are made. */
  void begin(Space space) {
    asks = new SetAsks(space, host);
    named.addAll(asks.names());
  }

  /**
   * Notes what a rule asks.
   *
   * @param dead whether no packet gets to the rule and matches
   */
  void add(TableLint lint, SymbolicRule rule, boolean dead) {
    for (SetAsks.Ask ask : asks.of(rule.rule())) {
      List<Inquiry> inquiries = dead && !ask.mayMiss() ? List.of() : lint.bases(rule.chain()).stream()
          .map(base -> new Inquiry(lint.reachability(), rule, base, lint.among(base))).toList();
      if (decide(inquiries, ask.beside()) != Answer.NEVER) {
        add(lint.table().space(), inquiries, ask.query(), ask.beside(), ask.test());
      }
    }
  }

  private static Answer decide(List<Inquiry> inquiries, RuleShape asked) {
    Answer answer = Answer.NEVER;
    for (Inquiry inquiry : inquiries) {
      answer = better(answer, inquiry.decide(asked).answer());
    }
    return answer;
  }

  private static Answer better(Answer one, Answer other) {
    return one == Answer.REACHED || other == Answer.NEVER ? one : other;
  }

  /**
   * @param asked the packets that are looked up
   * @param exact whether all of them are
   */
  private void add(Space space, List<Inquiry> inquiries, SetQuery query, RuleShape asked, boolean exact) {
    Entries entries = sets.get(query.set());
    if (entries == null) {
      return;
    }
    entries.asked = true;
    List<SetEntry> all = space.entries(query, host);
    for (int i = 0; i < all.size() && goesOn.getAsBoolean(); i++) {
      SetEntry entry = all.get(i);
      if (i == entries.texts.size()) {
        entries.texts.add(entry.text());
        entries.answers.add(Answer.NEVER);
      }
      if (entries.answers.get(i) != Answer.REACHED) {
        Answer answer = decide(inquiries, asked.and(entry.packets()));
        boolean sure = exact && entry.exact() || answer == Answer.NEVER;
        entries.answers.set(i, better(entries.answers.get(i), sure ? answer : Answer.UNKNOWN));
      }
    }
    addMembers(space, inquiries, query, asked, exact);
  }

  /** A list asks its members in order, until one has the packet. */
  private void addMembers(Space space, List<Inquiry> inquiries, SetQuery query, RuleShape asked, boolean exact) {
    RuleShape left = asked;
    boolean told = exact;
    for (String member : asks.members(query.set())) {
      add(space, inquiries, query.of(member), left, told);
      Optional<List<Cube>> inside = space.inSet(query.of(member), host).filter(cubes -> cubes.size() <= MAX_BEFORE);
      told &= inside.isPresent();
      left = left.minus(inside.orElse(List.of()));
    }
  }

  List<Finding> findings() {
    List<Finding> findings = new ArrayList<>();
    sets.forEach((name, entries) -> {
      if (!entries.asked) {
        findings.add(new Finding(Code.SET_NOT_CONSULTED, Severity.WARNING, Subject.set(name),
            named.contains(name) ? "only rules ask it that no packet gets to" : "no rule asks it", List.of()));
      }
    });
    sets.forEach((name, entries) -> {
      for (int i = 0; i < entries.texts.size(); i++) {
        if (entries.answers.get(i) == Answer.NEVER) {
          findings.add(new Finding(Code.ENTRY_NOT_CONSULTED, Severity.NOTE, Subject.entry(name, entries.texts.get(i)),
              "no packet that is found there gets to a rule that asks the set", List.of()));
        }
      }
    });
    return findings;
  }
}
