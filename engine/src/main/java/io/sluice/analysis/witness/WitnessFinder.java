package io.sluice.analysis.witness;

import io.sluice.analysis.space.Interrupted;
import io.sluice.compile.chain.CompileBudgetException;
import io.sluice.compile.chain.CompileOptions;
import io.sluice.compile.chain.CompiledHost;
import io.sluice.extension.UnknownMatch;
import io.sluice.extension.UnknownTarget;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Rule;
import io.sluice.trace.Culprit;
import io.sluice.walk.Walker;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/**
 * Looks for packets and conversations that reach a rule of a host. One thread; what it makes of the host it keeps for the
 * next question.
 *
 * <pre>{@code
 * Optional<Witness> witness = new WitnessFinder(host).find(new RulePlace(IPV4, "filter", "FORWARD", 2)).witness();
 * }</pre>
 */
public final class WitnessFinder {
  /** Attempts for one question, if the caller does not say. */
  private static final int DEFAULT_ATTEMPTS = 4_000;
  /** Of these, so many are the likeliest ones of each kind; what random traffic has hit comes before the others. */
  private static final int QUICK = 400;
  private static final int QUICK_OF_A_KIND = 16;
  private static final int OF_A_KIND = 300;
  /** Beyond so many attempts for a rule, random traffic comes to more rules in the same time. */
  private static final int THOROUGH = 1_000;
  /** So many packets may be sent again for each attempt that may be made for a question. */
  private static final int PACKETS_REPEATED = 25;
  /** More connections than this do not fit into a command. */
  private static final int MOST_CONNECTIONS = 800;
  private static final int MOST_HELPERS = 12;
  /** Rules that mark connections, with the ways to them, and attempts for each. */
  private static final int MOST_MARKING = 12;
  private static final int MARKING = 128;
  private static final Predicate<ExtensionTarget> CONNMARK = target -> target.changes().contains(Field.CONNMARK);
  private static final int MOST_KNOCKS = 3;
  /** Attempts after another rule has noted a packet, and how often such a packet and an attempt are played by turns. */
  private static final int AFTER_OTHERS = 128;
  private static final int OFTEN_AFTER_OTHERS = 4;
  private static final int MOST_ROUNDS = 300;
  private static final int MOST_ENDS = 5;
  /** Combinations of what extensions may answer that Sluice does not know. */
  private static final int MOST_ANSWERS = 64;
  /** Compiled rules remember so many; to add up what each has counted, as is done for every one, would take longer and longer. */
  private static final int RUNS_REMEMBERED = 500;

  private final Host host;
  private final int most;
  private final BooleanSupplier goOn;
  private final int ruleCount;
  private final boolean remembers;
  /** Whether some rule has an extension that Sluice does not know. */
  private final boolean depends;
  private final Answers answers = new Answers();
  private final Lookout walkerLookout = new Lookout();
  private final Lookout compiledLookout = new Lookout();
  private final Scout scout = new Scout();
  private final Map<Family, Callers> callers = new EnumMap<>(Family.class);
  private final Map<Family, Lanes> lanes = new EnumMap<>(Family.class);
  private final Map<Family, Surroundings> surroundings = new EnumMap<>(Family.class);
  private final Map<Family, Detours> detours = new EnumMap<>(Family.class);
  private final CompiledHost program;
  private Simulator walker;
  private Simulator compiled;
  private int runs;
  private Traffic traffic;
  private Harvest harvest;
  private Gleaning gleaning;

  /** Where a witness is looked for. */
  private record Place(Hook hook, String table, Wishes wishes, Set<String> chains, Optional<Shape> shape) {
    Place(Callers.Path path, String table, Wishes wishes) {
      this(path.base().hook(), table, wishes, path.chains(), Optional.empty());
    }
  }

  public WitnessFinder(Host host) {
    this(host, DEFAULT_ATTEMPTS);
  }

  /**
   * @param most how many attempts are made for one question; 4,000 is plenty. With more than some hundreds random traffic is
   *     played too, once for all questions and then for each that is open
   * @throws CompileBudgetException when the rules take too long to compile
   */
  public WitnessFinder(Host host, int most) {
    this(host, most, () -> true);
  }

  /** @param goOn is asked before each attempt, and now; where it says false none is made any more, and {@link Interrupted} is thrown */
  public WitnessFinder(Host host, int most, BooleanSupplier goOn) {
    this.host = host;
    this.most = most;
    this.goOn = goOn;
    List<Rule> all = Arrays.stream(Family.values()).flatMap(family -> host.rules(family).rules()).toList();
    this.ruleCount = all.size();
    this.remembers = all.stream().anyMatch(WitnessFinder::remembers);
    this.depends = all.stream().anyMatch(WitnessFinder::isUnknown);
    this.walker = builder().evaluators(rules -> walkerLookout.over(new Walker(scout))).build();
    this.program = CompiledHost.compile(host, CompileOptions.DEFAULT, this::ask);
    this.compiled = compiled();
    for (Family family : Family.values()) {
      ask();
      callers.put(family, new Callers(host, family));
      detours.put(family, new Detours(host, family, callers.get(family), this::ask));
      surroundings.put(family, new Surroundings(host, family));
      lanes.put(family, new Lanes(host.network(), family, surroundings.get(family)));
    }
  }

  private Simulator compiled() {
    return builder().evaluators(rules -> compiledLookout.over(program.rules(rules.family()).evaluator(rules))).build();
  }

  private Simulator.Builder builder() {
    return depends ? Simulator.builder(host).oracle(answers) : Simulator.builder(host);
  }

  private static boolean isUnknown(Rule rule) {
    return rule.target() instanceof UnknownTarget || rule.matches().stream().anyMatch(UnknownMatch.class::isInstance);
  }

  /** Whether the same packet may be answered otherwise the next time. */
  private static boolean remembers(Rule rule) {
    return rule.target() instanceof ExtensionTarget target && (target.newState() != null || target.name().equals("SET")
        || target.changes().contains(Field.CONNMARK))
        || rule.matches().stream().anyMatch(m -> m.newState() != null || m.turnsAfter(Patience.LONG) > 0
            || m.constraint() instanceof Constraint.Opaque);
  }

  /** Looks for a packet that a rule counts. */
  public WitnessSearch find(RulePlace place) {
    return find(place, List.of());
  }

  /**
   * Looks for a packet that a rule counts, first for such as the hints say.
   *
   * @param hints what an analysis has found out: packets that, seen so by a base chain, get to the rule
   * @throws IllegalArgumentException when there is no such rule
   */
  public WitnessSearch find(RulePlace place, List<Sighting> hints) {
    if (place.find(host).isEmpty()) {
      throw new IllegalArgumentException("no such rule: " + place);
    }
    Search search = new Search(new RuleGoal(place), new RuleGoal(place), place);
    search.quickly(Math.min(QUICK, most));
    search(search, place, hints);
    if (search.found.isEmpty() && most > QUICK) {
      search.found = harvest().of(place).filter(witness -> confirms(place, witness));
    }
    if (search.found.isEmpty() && most > QUICK) {
      search.glean(place, hints);
    }
    search.thoroughly(Math.min(most, THOROUGH));
    search(search, place, hints);
    afterOthers(search, place, MOST_KNOCKS);
    onMarked(search, place);
    return search.result();
  }

  /**
   * Looks for packets that match because another rule has entered their sender in a list before.
   *
   * @param knocks how many lists one after the other, at most
   */
  private void afterOthers(Search search, RulePlace place, int knocks) {
    Callers rules = callers.get(place.family());
    int helpers = 0;
    for (Callers.Path path : rules.paths(place)) {
      for (RulePlace filling : rules.filling(path.lists())) {
        if (search.found.isPresent() || helpers++ == MOST_HELPERS) {
          return;
        }
        for (Callers.Path way : filling.equals(place) ? List.<Callers.Path>of() : rules.paths(filling)) {
          afterOthers(search, place, path, filling, way, knocks, Set.of(Field.SOURCE));
          afterOthers(search, place, path, filling, way, knocks, Set.of(Field.SOURCE, Field.DESTINATION));
        }
      }
    }
  }

  /** @param same what of the packet that is entered the others are to have, too */
  private void afterOthers(
      Search search, RulePlace place, Callers.Path path, RulePlace filling, Callers.Path way, int knocks,
      Set<Field> same) {
    if (search.found.isPresent()) {
      return;
    }
    Search first = entering(filling, way, path.wishes().only(same));
    if (first.found.isEmpty() && knocks > 1) {
      afterOthers(first, filling, knocks - 1);
    }
    first.found.ifPresent(entered -> search.after(entered,
        new Place(path, place.table(), path.wishes().and(Wishes.like(entered.last().header(), same)))));
  }

  /** Looks for packets that match because another rule has marked their connection before. */
  private void onMarked(Search search, RulePlace place) {
    Callers rules = callers.get(place.family());
    int helpers = 0;
    for (Callers.Path path : rules.paths(place)) {
      for (RulePlace marking : path.wishes().asksFor(Field.CONNMARK) ? rules.acting(CONNMARK) : List.<RulePlace>of()) {
        for (Callers.Path way : rules.paths(marking)) {
          for (boolean back : new boolean[] {false, true}) {
            if (search.found.isPresent() || helpers++ == MOST_MARKING) {
              return;
            }
            Search first = new Search(RuleGoal.arriving(marking), RuleGoal.arriving(marking), marking);
            first.quickly(Math.min(MARKING, most));
            first.at(List.of(new Place(way, marking.table(), way.wishes().and(path.wishes().ends(back)))));
            first.found.ifPresent(marked -> search.after(marked,
                new Place(path, place.table(), path.wishes().and(Wishes.ofConnection(marked.last().header(), back)))));
          }
        }
      }
    }
  }

  private Search entering(RulePlace filling, Callers.Path way, Wishes wishes) {
    Search first = new Search(new RuleGoal(filling), new RuleGoal(filling), filling);
    first.quickly(Math.min(QUICK, most));
    first.at(List.of(new Place(way, filling.table(), way.wishes().and(wishes))));
    return first;
  }

  /** Whether some rule enters addresses there. */
  public boolean mayEnter(Missing missing) {
    return !callers.get(missing.family()).entering(missing).isEmpty();
  }

  /** Packets of which a rule enters the last where it was missing; empty when none were found. */
  public Optional<Witness> entering(Missing missing) {
    Callers rules = callers.get(missing.family());
    for (RulePlace filling : rules.entering(missing).stream().limit(MOST_HELPERS).toList()) {
      Wishes wishes = Wishes.having(missing.enteredBy(filling.find(host).orElseThrow()).orElseThrow(), missing.address());
      for (Callers.Path way : rules.paths(filling)) {
        Optional<Witness> entered = entering(filling, way, wishes).found;
        if (entered.isPresent()) {
          return entered;
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Looks for a packet that is found as an entry of a set.
   *
   * @param hints packets that, seen so by a base chain, may be
   * @param attempts how many are made at most
   */
  public WitnessSearch find(EntryPlace place, List<Sighting> hints, int attempts) {
    Search search = new Search(new EntryGoal(place), new EntryGoal(place), place.rule());
    search.quickly(Math.min(QUICK, attempts));
    search(search, place.rule(), hints);
    search.thoroughly(attempts);
    search(search, place.rule(), hints);
    return search.result();
  }

  private Harvest harvest() {
    if (harvest == null) {
      harvest = Harvest.of(host, traffic(), ruleCount, this::ask);
    }
    return harvest;
  }

  private Gleaning gleaning() {
    if (gleaning == null) {
      gleaning = new Gleaning(host, traffic(), ruleCount, this::ask, this::confirms);
    }
    return gleaning;
  }

  private Traffic traffic() {
    if (traffic == null) {
      traffic = new Traffic(host);
    }
    return traffic;
  }

  private void ask() {
    if (!goOn.getAsBoolean()) {
      throw new Interrupted();
    }
  }

  private void search(Search search, RulePlace place, List<Sighting> hints) {
    List<Callers.Path> paths = callers.get(place.family()).paths(place);
    boolean headers = paths.stream().anyMatch(path -> !path.wishes().headers().isEmpty()); // of which hints say nothing
    List<Place> places = new ArrayList<>();
    for (Sighting hint : hints) {
      if (!headers) {
        places.add(new Place(hint.hook(), hint.table(), Wishes.of(hint), Set.of(place.chain()), hint.shape()));
      }
      // What the hint leaves open, the rules on the way to the place may not.
      for (Callers.Path path : paths) {
        if (path.base().hook() == hint.hook()) {
          Wishes both = Wishes.of(hint).and(path.wishes());
          places.add(new Place(hint.hook(), hint.table(), both, path.chains(), hint.shape()));
        }
      }
    }
    paths.forEach(path -> places.add(new Place(path, place.table(), path.wishes())));
    search.at(places);
  }

  /** Looks for a packet that a base chain sees as it is described. */
  public WitnessSearch find(Sighting wanted) {
    walkerLookout.lookFor(wanted);
    compiledLookout.lookFor(wanted);
    try {
      Search search = new Search(wanted.family(), walkerLookout, compiledLookout, Optional.empty());
      search.thoroughly(most);
      search.at(List.of(new Place(wanted.hook(), wanted.table(), Wishes.of(wanted), Set.of(), wanted.shape())));
      return search.result();
    } finally {
      walkerLookout.lookFor(null);
      compiledLookout.lookFor(null);
    }
  }

  /** Whether the rule's counter moves at the last step of {@code witness}, walked and compiled, on a fresh host. */
  public boolean confirms(RulePlace place, Witness witness) {
    return confirms(new RuleGoal(place), new RuleGoal(place), witness);
  }

  /** Whether the last packet of {@code witness} is found as the entry, walked and compiled, on a fresh host. */
  public boolean confirms(EntryPlace place, Witness witness) {
    return confirms(new EntryGoal(place), new EntryGoal(place), witness);
  }

  private boolean confirms(Goal walked, Goal ran, Witness witness) {
    answers.begin();
    walker = walker.restarted();
    return shows(witness, walker, walked) && isCertain(witness, walked) && runs(witness, ran);
  }

  /** Whether what has just been shown is so whatever extensions do that Sluice does not know. */
  private boolean isCertain(Witness witness, Goal walked) {
    for (int others = 0; answers.next(); others++) {
      walker = walker.restarted();
      if (others == MOST_ANSWERS || !shows(witness, walker, walked)) {
        return false;
      }
    }
    return true;
  }

  private boolean runs(Witness witness, Goal ran) {
    answers.begin();
    compiled = ++runs % RUNS_REMEMBERED == 0 ? compiled() : compiled.restarted();
    return shows(witness, compiled, ran);
  }

  private static boolean shows(Witness witness, Simulator simulator, Goal goal) {
    Outcome last = null;
    for (Step step : witness.steps()) {
      goal.before(simulator, step);
      last = step.play(simulator);
    }
    return goal.isMet(simulator, last);
  }

  /** One question. */
  private final class Search {
    private final Family family;
    private final Goal walked;
    private final Goal ran;
    /** The rule that a packet is to get to, if it is one. */
    private final Optional<RulePlace> rule;
    private final Map<String, Integer> ends = new LinkedHashMap<>();
    private Optional<Witness> found = Optional.empty();
    private int attempts;
    private int gleaned;
    private int ofAKind;
    private int until;
    private boolean likelyOnly;
    private final Repeats repeats = new Repeats();
    /** How many packets more may be sent to repeat attempts. */
    private int packetsLeft = most * PACKETS_REPEATED;
    /** What comes before an attempt, and whether both are played by turns. */
    private List<Step> before = List.of();
    private boolean again;

    Search(Goal walked, Goal ran, RulePlace rule) {
      this(rule.family(), walked, ran, Optional.of(rule));
    }

    Search(Family family, Goal walked, Goal ran, Optional<RulePlace> rule) {
      this.family = family;
      this.walked = walked;
      this.ran = ran;
      this.rule = rule;
    }

    /** Makes attempts that other packets come before: once, then again and again, for what asks for many. */
    void after(Witness others, Place place) {
      before = others.steps();
      for (boolean often : new boolean[] {false, true}) {
        again = often;
        limit(0, attempts + (often ? OFTEN_AFTER_OTHERS : AFTER_OTHERS), true);
        if (found.isEmpty()) {
          scripts(place, place.wishes()).each(Course.PLAIN, AFTER_OTHERS, this::attempt);
        }
      }
    }

    /** Plays random traffic after the rule. */
    void glean(RulePlace place, List<Sighting> hints) {
      int before = gleaning().conversations();
      found = gleaning().of(place, hints);
      gleaned += gleaning().conversations() - before;
    }

    /** From now on makes the likeliest attempts, until there are so many in all. */
    void quickly(int all) {
      limit(QUICK_OF_A_KIND, all, true);
    }

    /** From now on makes more attempts of a kind, until there are so many in all. */
    void thoroughly(int all) {
      limit(OF_A_KIND, all, false);
    }

    private void limit(int each, int all, boolean likely) {
      ofAKind = each;
      until = all;
      likelyOnly = likely;
    }

    private boolean isOver() {
      return found.isPresent() || attempts >= until;
    }

    /** Makes attempts at these places; beyond the likeliest, each place gets its share of what there still may be. */
    void at(List<Place> places) {
      int all = until;
      for (int i = 0; i < places.size(); i++) {
        until = likelyOnly ? all : Math.min(all, attempts + Math.max(0, all - attempts) / (places.size() - i));
        at(places.get(i));
      }
      until = all;
    }

    private void at(Place place) {
      if (isOver()) {
        return;
      }
      scout.lookAt(rule.orElse(null), place.chains());
      for (Wishes wishes : detours.get(family).alternatives(place.hook(), place.table(), place.wishes())) {
        if (isOver()) {
          return;
        }
        repeats.begin(likelyOnly);
        Scripts scripts = scripts(place, wishes);
        for (Course course : Course.values()) {
          if (!isOver() && (place.table().equals("raw") || course.mayDo(wishes))) {
            scripts.each(course, ofAKind, this::attempt);
          }
        }
        repeat();
      }
    }

    private Scripts scripts(Place place, Wishes wishes) {
      Lanes all = lanes.get(family);
      List<Lane> ways = likelyOnly ? all.likely(place.hook(), wishes) : all.of(place.hook(), wishes);
      List<Transport> headers = Transport.of(family, wishes, surroundings.get(family).ports());
      return new Scripts(family, place.hook(), wishes, place.shape(), ways, headers, targets(place),
          detours.get(family).own());
    }

    /** Repeats those attempts that have come nearest to the rule. */
    private void repeat() {
      for (Repeats.Near repeated : repeats.nearest()) {
        Attempt attempt = repeated.attempt();
        if (repeated.ofBytes() && attempt.length() == 0) {
          repeat(attempt.with(Patience.LONG), repeated.ofConnections());
        }
        repeat(attempt, repeated.ofConnections());
      }
    }

    private void repeat(Attempt attempt, boolean ofConnections) {
      for (boolean others : ofConnections ? new boolean[] {true, false} : new boolean[] {false}) {
        if (found.isEmpty() && packetsLeft > 0) {
          int most = Math.min(others ? MOST_CONNECTIONS : Integer.MAX_VALUE, packetsLeft / 2 + 1);
          int[] sent = {0};
          begin();
          judge(Play.repeat(walker, walked, attempt, others, () -> scout.patience().hasMore() && sent[0]++ < most));
          packetsLeft -= sent[0];
        }
      }
    }

    private List<Scripts.Published> targets(Place place) {
      boolean before = place.hook() == Hook.PREROUTING || place.table().equals("raw");
      return before ? List.of() : detours.get(family).published();
    }

    private boolean attempt(Attempt attempt) {
      begin();
      int[] rounds = {1};
      judge(Play.play(walker, walked, attempt, before, () -> again && rounds[0]++ < MOST_ROUNDS && scout.patience().hasMore()));
      if (remembers && found.isEmpty()) {
        repeats.note(attempt, scout);
      }
      return isOver();
    }

    private void begin() {
      ask();
      attempts++;
      // Not compiled: those count aside, and adding that up after each packet would take longer than walking.
      walker = walker.restarted();
      answers.begin();
      scout.begin();
    }

    private void judge(Play.Result result) {
      if (result.witness().isPresent() && !isCertain(result.witness().get(), walked)) {
        ends.merge("it is not known whether " + answers.last(), 1, Integer::sum);
      } else if (result.witness().isPresent() && runs(result.witness().get(), ran)) { // the walker has just shown it, on a fresh host
        found = result.witness();
      } else {
        result.last().ifPresent(outcome -> ends.merge(end(outcome), 1, Integer::sum));
      }
    }

    private String end(Outcome outcome) {
      return outcome.fate().arrived() ? "arrived" : Culprit.of(outcome);
    }

    WitnessSearch result() {
      List<String> most = ends.entrySet().stream().sorted(Map.Entry.comparingByValue(Comparator.reverseOrder())).limit(MOST_ENDS)
          .map(e -> e.getValue() + " x " + e.getKey()).toList();
      return new WitnessSearch(found, attempts + gleaned, found.isPresent() ? List.of() : most);
    }
  }
}
