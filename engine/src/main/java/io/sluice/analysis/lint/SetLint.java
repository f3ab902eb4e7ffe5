package io.sluice.analysis.lint;

import io.sluice.analysis.lint.RuleStatus.State;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Interrupted;
import io.sluice.analysis.space.RuleShape;
import io.sluice.analysis.space.SetEntry;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.Inquiry;
import io.sluice.analysis.symbolic.Reach.Answer;
import io.sluice.analysis.symbolic.Reach;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.analysis.witness.EntryPlace;
import io.sluice.analysis.witness.Sighting;
import io.sluice.analysis.witness.WitnessSearch;
import io.sluice.ipset.SetQuery;
import io.sluice.ruleset.Host;
import io.sluice.text.IpSetWriter;
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
 * and meets what the rule asks before it. What is found may let the rule match or, with {@code !} or nomatch, keep it from
 * matching.
 */
final class SetLint {
  /** Members of a list that are told by more cubes than this are not told from those behind them. */
  private static final int MAX_BEFORE = 64;
  /** Of so many rules that ask for an entry witnesses are tried. */
  private static final int MOST_TRIED = 4;
  private static final String NEVER_FOUND = "no packet that is found there gets to a rule that asks the set";

  private final Host host;
  private final BooleanSupplier goesOn;
  private final Runnable judged;
  private final Set<String> named = new HashSet<>();
  private final Map<String, Entries> sets = new LinkedHashMap<>();
  private SetAsks asks;

  /**
   * A rule that asks a set, or a list that has it as a member.
   *
   * @param packets those that are looked up
   * @param doubt why not all of them may be, in words; empty when all are
   * @param matched whether the rule matches what is found
   */
  private record Asked(TableLint lint, SymbolicRule rule, List<Inquiry> inquiries, SetQuery query, RuleShape packets, String doubt,
      boolean matched, List<SetEntry> entries) {

    RuleShape packets(int entry) {
      return packets.and(entries.get(entry).packets());
    }

    EntryPlace place(int entry) {
      return new EntryPlace(Names.place(lint.table(), rule), query, entries.get(entry).text(), matched);
    }
  }

  /** What is known of a set's entries. */
  private static final class Entries {
    final List<String> texts = new ArrayList<>();
    final List<Answer> answers = new ArrayList<>();
    /** For UNKNOWN: why; otherwise empty. */
    final List<String> doubts = new ArrayList<>();
    final List<Asked> asks = new ArrayList<>();
  }

  /**
   * @param goesOn false when there is no need for an answer any more
   * @param judged is run once for each entry
   */
  SetLint(Host host, BooleanSupplier goesOn, Runnable judged) {
    this.host = host;
    this.goesOn = goesOn;
    this.judged = judged;
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
      if (inquiries.stream().anyMatch(inquiry -> inquiry.decide(ask.beside()).answer() != Answer.NEVER)) {
        String doubt = ask.test() ? "" : "what -j SET looks for depends on what is in the set by then";
        add(new Asked(lint, rule, inquiries, ask.query(), ask.beside(), doubt, !ask.mayMiss(), entries(lint, ask.query())));
      }
    }
  }

  private List<SetEntry> entries(TableLint lint, SetQuery query) {
    return lint.table().space().entries(query, host);
  }

  private void add(Asked asked) {
    Entries entries = sets.get(asked.query().set());
    if (entries == null) {
      return;
    }
    entries.asks.add(asked);
    for (int i = 0; i < asked.entries().size() && goesOn.getAsBoolean(); i++) {
      if (i == entries.texts.size()) {
        entries.texts.add(asked.entries().get(i).text());
        entries.answers.add(Answer.NEVER);
        entries.doubts.add("");
        judged.run();
      }
      if (entries.answers.get(i) != Answer.REACHED) {
        judge(entries, i, asked);
      }
    }
    addMembers(asked);
  }

  private static void judge(Entries entries, int entry, Asked asked) {
    RuleShape packets = asked.packets(entry);
    for (Inquiry inquiry : asked.inquiries()) {
      Reach reach = inquiry.decide(packets);
      String doubt = reach.answer() == Answer.UNKNOWN ? reach.doubt()
          : asked.doubt().isEmpty() ? asked.entries().get(entry).doubt() : asked.doubt();
      if (reach.answer() == Answer.REACHED && doubt.isEmpty()) {
        entries.answers.set(entry, Answer.REACHED);
        entries.doubts.set(entry, "");
        return;
      }
      if (reach.answer() != Answer.NEVER) {
        entries.answers.set(entry, Answer.UNKNOWN);
        entries.doubts.set(entry, doubt);
      }
    }
  }

  /** A list asks its members in order, until one has the packet. */
  private void addMembers(Asked list) {
    Space space = list.lint().table().space();
    RuleShape left = list.packets();
    String doubt = list.doubt();
    for (String member : asks.members(list.query().set())) {
      SetQuery query = list.query().of(member);
      add(new Asked(list.lint(), list.rule(), list.inquiries(), query, left, doubt, list.matched(), entries(list.lint(), query)));
      Optional<List<Cube>> inside = space.inSet(query, host).filter(cubes -> cubes.size() <= MAX_BEFORE);
      doubt = inside.isPresent() || !doubt.isEmpty() ? doubt
          : "which packets " + member + " has, before it in a list, only asking tells";
      left = left.minus(inside.orElse(List.of()));
    }
  }

  List<Finding> findings() {
    List<Finding> findings = new ArrayList<>();
    sets.forEach((name, entries) -> {
      if (entries.asks.isEmpty()) {
        findings.add(new Finding(Code.SET_NOT_CONSULTED, Severity.WARNING, Subject.set(host.sets(), name), why(name), List.of()));
      }
    });
    sets.forEach((name, entries) -> {
      for (int i = 0; i < entries.texts.size(); i++) {
        if (entries.answers.get(i) == Answer.NEVER) {
          findings.add(new Finding(
              Code.ENTRY_NOT_CONSULTED, Severity.NOTE, Subject.entry(host.sets(), name, entries.texts.get(i)), NEVER_FOUND, List.of()));
        }
      }
    });
    return findings;
  }

  private String why(String set) {
    return named.contains(set) ? "only rules ask it that no packet gets to" : "no rule asks it";
  }

  /**
   * The status of each entry of each set.
   *
   * @param none looks for no witnesses, once it is interrupted
   * @param complete whether all rules have been added
   * @param seen is run once for each entry
   */
  List<EntryStatus> statuses(Confirmation confirmation, Confirmation none, boolean complete, Runnable seen) {
    List<EntryStatus> statuses = new ArrayList<>();
    int[] left = {(int) sets.values().stream().flatMap(entries -> entries.answers.stream()).filter(a -> a != Answer.NEVER).count()};
    host.sets().all().forEach(set -> {
      String name = set.header().name();
      Entries entries = sets.get(name);
      int[] next = {0};
      set.forEach(e -> {
        int i = next[0]++;
        Subject subject = Subject.entry(host.sets(), name, IpSetWriter.entry(set.header(), e));
        Answer answer = i < entries.answers.size() ? entries.answers.get(i) : Answer.NEVER;
        if (answer != Answer.NEVER) {
          statuses.add(status(name, subject, entries, i, confirmation, none, --left[0]));
        } else {
          statuses.add(!complete ? EntryStatus.without(name, subject, State.MAYBE, Unexamined.NOT_PROVEN) : EntryStatus.without(name,
              subject, State.NEVER, entries.asks.isEmpty() ? "its set is never consulted: " + why(name) : NEVER_FOUND));
        }
        seen.run();
      });
    });
    return statuses;
  }

  private EntryStatus status(String set, Subject subject, Entries entries, int entry, Confirmation confirmation, Confirmation none,
      int others) {
    try {
      if (goesOn.getAsBoolean()) {
        return alive(set, subject, entries, entry, confirmation, others);
      }
    } catch (Interrupted e) {
      // it is said below
    }
    return alive(set, subject, entries, entry, none, others);
  }

  private static EntryStatus alive(
      String set, Subject subject, Entries entries, int entry, Confirmation confirmation, int others) {
    String doubt = entries.doubts.get(entry);
    if (!confirmation.looks()) {
      return EntryStatus.without(set, subject, State.MAYBE, doubt.isEmpty() ? confirmation.reason() : doubt);
    }
    int attempts = 0;
    int tried = 0;
    List<String> ends = List.of();
    for (int i = 0; i < entries.asks.size() && tried < MOST_TRIED; i++) {
      Asked asked = entries.asks.get(i);
      List<Sighting> hints = hints(asked, asked.packets(entry));
      if (!hints.isEmpty()) {
        tried++;
        WitnessSearch search = confirmation.find(asked.place(entry), hints, others);
        if (search.witness().isPresent()) {
          return new EntryStatus(set, subject, State.REACHABLE, "", Optional.of(asked.place(entry)), search.witness());
        }
        attempts += search.attempts();
        ends = search.ends();
      }
    }
    return EntryStatus.without(set, subject, State.MAYBE, (doubt.isEmpty() ? "" : doubt + "; ") + "no witness was found in "
        + attempts + " attempts" + (ends.isEmpty() ? "" : ": " + String.join("; ", ends)));
  }

  /** Packets of these that get to the rule, or may. */
  private static List<Sighting> hints(Asked asked, RuleShape packets) {
    Space space = asked.lint().table().space();
    List<Sighting> hints = new ArrayList<>();
    for (Inquiry inquiry : asked.inquiries()) {
      Reach reach = inquiry.decide(packets);
      if (reach.answer() == Answer.REACHED) {
        hints.add(Hints.sighting(asked.lint(), inquiry.base(), reach.packet(), reach.within()));
      } else if (reach.answer() == Answer.UNKNOWN) {
        Cube some = packets.may().get(0);
        hints.add(Hints.sighting(asked.lint(), inquiry.base(), space.pick(some, 0), some));
      }
    }
    return hints;
  }
}
