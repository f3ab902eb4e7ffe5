package io.sluice.analysis.witness;

import io.sluice.compile.chain.CompileBudgetException;
import io.sluice.compile.chain.CompileOptions;
import io.sluice.compile.chain.CompiledHost;
import io.sluice.extension.UnknownMatch;
import io.sluice.extension.UnknownTarget;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.IpAddress;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.RuleWriter;
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
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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
  /** One attempt that repeats a packet costs as much as so many others. */
  private static final int REPEATED_COST = 16;
  private static final int MOST_HELPERS = 12;
  private static final int MOST_ENDS = 5;
  /** Combinations of what extensions may answer that Sluice does not know. */
  private static final int MOST_ANSWERS = 64;
  /** Compiled rules remember so many; to add up what each has counted, as is done for every one, would take longer and longer. */
  private static final int RUNS_REMEMBERED = 500;
  private static final Set<Field> CHANGED_BY_RULES =
      Set.of(Field.MARK, Field.CONNMARK, Field.TOS, Field.TTL, Field.CTSTATE);
  private static final Pattern ADDRESS = Pattern.compile("--to-destination (?:\\[([^]]+)]|([0-9.]+|[0-9a-fA-F:]+))");

  private final Host host;
  private final int most;
  private final int ruleCount;
  private final boolean remembers;
  /** Whether some rule has an extension that Sluice does not know. */
  private final boolean depends;
  private final Answers answers = new Answers();
  private final Lookout walkerLookout = new Lookout();
  private final Lookout compiledLookout = new Lookout();
  private final Map<Family, Callers> callers = new EnumMap<>(Family.class);
  private final Map<Family, Lanes> lanes = new EnumMap<>(Family.class);
  private final Map<Family, Surroundings> surroundings = new EnumMap<>(Family.class);
  private final Map<Family, List<Scripts.Published>> published = new EnumMap<>(Family.class);
  private final CompiledHost program;
  private Simulator walker;
  private Simulator compiled;
  private int runs;
  private Harvest harvest;

  /** Where a witness is looked for. */
  private record Place(Hook hook, String table, Wishes wishes) {}

  public WitnessFinder(Host host) {
    this(host, DEFAULT_ATTEMPTS);
  }

  /**
   * @param most how many attempts are made for one question; 4,000 is plenty. With more than some hundreds random traffic is
   *     played too, once for all questions
   * @throws CompileBudgetException when the rules take too long to compile
   */
  public WitnessFinder(Host host, int most) {
    this.host = host;
    this.most = most;
    List<Rule> all = Arrays.stream(Family.values()).flatMap(family -> host.rules(family).rules()).toList();
    this.ruleCount = all.size();
    this.remembers = all.stream().anyMatch(WitnessFinder::remembers);
    this.depends = all.stream().anyMatch(WitnessFinder::isUnknown);
    this.walker = builder().evaluators(rules -> walkerLookout.over(new Walker())).build();
    this.program = CompiledHost.compile(host, CompileOptions.DEFAULT);
    this.compiled = compiled();
    for (Family family : Family.values()) {
      callers.put(family, new Callers(host, family));
      surroundings.put(family, new Surroundings(host, family));
      lanes.put(family, new Lanes(host.network(), family, surroundings.get(family)));
    }
    for (Family family : Family.values()) {
      published.put(family, published(family));
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
    return rule.target() instanceof ExtensionTarget target && (target.newState() != null || target.name().equals("SET"))
        || rule.matches().stream().anyMatch(m -> m.newState() != null || m.constraint() instanceof Constraint.Opaque);
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
    Search search = new Search(place.family(), new RuleGoal(place), new RuleGoal(place));
    search.quickly(Math.min(QUICK, most));
    search(search, place, hints);
    if (search.found.isEmpty() && most > QUICK) {
      search.found = harvest().of(place).filter(witness -> confirms(place, witness));
    }
    search.thoroughly(most);
    search(search, place, hints);
    return search.result();
  }

  /**
   * Looks for a packet that is found as an entry of a set.
   *
   * @param hints packets that, seen so by a base chain, may be
   * @param attempts how many are made at most
   */
  public WitnessSearch find(EntryPlace place, List<Sighting> hints, int attempts) {
    Search search = new Search(place.rule().family(), new EntryGoal(place), new EntryGoal(place));
    search.quickly(Math.min(QUICK, attempts));
    search(search, place.rule(), hints);
    search.thoroughly(attempts);
    search(search, place.rule(), hints);
    return search.result();
  }

  private Harvest harvest() {
    if (harvest == null) {
      harvest = Harvest.of(host, ruleCount);
    }
    return harvest;
  }

  private void search(Search search, RulePlace place, List<Sighting> hints) {
    List<Callers.Path> paths = callers.get(place.family()).paths(place);
    for (Sighting hint : hints) {
      search.at(new Place(hint.hook(), hint.table(), Wishes.of(hint)), hint.shape());
      // What the hint leaves open, the rules on the way to the place may not.
      for (Callers.Path path : paths) {
        if (path.base().hook() == hint.hook()) {
          search.at(new Place(hint.hook(), hint.table(), Wishes.of(hint).and(path.wishes())), hint.shape());
        }
      }
    }
    for (Callers.Path path : paths) {
      search.at(new Place(path.base().hook(), place.table(), path.wishes()), Optional.empty());
    }
  }

  /** Looks for a packet that a base chain sees as it is described. */
  public WitnessSearch find(Sighting wanted) {
    walkerLookout.lookFor(wanted);
    compiledLookout.lookFor(wanted);
    try {
      Search search = new Search(wanted.family(), walkerLookout, compiledLookout);
      search.thoroughly(most);
      search.at(new Place(wanted.hook(), wanted.table(), Wishes.of(wanted)), wanted.shape());
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
    private final Map<String, Integer> ends = new LinkedHashMap<>();
    private Optional<Witness> found = Optional.empty();
    private int attempts;
    private int ofAKind;
    private int until;
    private boolean likelyOnly;

    Search(Family family, Goal walked, Goal ran) {
      this.family = family;
      this.walked = walked;
      this.ran = ran;
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

    void at(Place place, Optional<Shape> shape) {
      for (Wishes wishes : isOver() ? List.<Wishes>of() : alternatives(family, place)) {
        if (isOver()) {
          return;
        }
        Lanes all = lanes.get(family);
        List<Lane> ways = likelyOnly ? all.likely(place.hook(), wishes) : all.of(place.hook(), wishes);
        List<Transport> headers = Transport.of(family, wishes, surroundings.get(family).ports());
        Scripts scripts = new Scripts(family, place.hook(), wishes, shape, ways, headers, targets(place), own(family));
        for (Course course : Course.values()) {
          boolean repeated = course == Course.REPEATED;
          if (!isOver() && (!repeated || remembers) && (place.table().equals("raw") || course.mayDo(wishes))) {
            scripts.each(course, repeated ? ofAKind / REPEATED_COST : ofAKind, this::attempt);
          }
        }
      }
    }

    private List<Scripts.Published> targets(Place place) {
      boolean before = place.hook() == Hook.PREROUTING || place.table().equals("raw");
      return before ? List.of() : published.get(family);
    }

    private boolean attempt(Attempt attempt) {
      attempts++;
      // Not compiled: those count aside, and adding that up after each packet would take longer than walking.
      walker = walker.restarted();
      answers.begin();
      Play.Result result = Play.play(walker, walked, attempt);
      if (result.witness().isPresent() && !isCertain(result.witness().get(), walked)) {
        ends.merge("it is not known whether " + answers.last(), 1, Integer::sum);
      } else if (result.witness().isPresent() && runs(result.witness().get(), ran)) { // the walker has just shown it, on a fresh host
        found = result.witness();
      } else {
        result.last().ifPresent(outcome -> ends.merge(end(outcome), 1, Integer::sum));
      }
      return isOver();
    }

    private String end(Outcome outcome) {
      return outcome.fate().arrived() ? "arrived" : Culprit.of(outcome);
    }

    WitnessSearch result() {
      List<String> most = ends.entrySet().stream().sorted(Map.Entry.comparingByValue(Comparator.reverseOrder())).limit(MOST_ENDS)
          .map(e -> e.getValue() + " x " + e.getKey()).toList();
      return new WitnessSearch(found, attempts, found.isPresent() ? List.of() : most);
    }
  }

  /** The wishes themselves, and what they become when a rule on the way changes what they are about. */
  private List<Wishes> alternatives(Family family, Place place) {
    List<Wishes> all = new ArrayList<>(List.of(place.wishes()));
    for (Field field : Field.values()) {
      if (!CHANGED_BY_RULES.contains(field) || !place.wishes().asksFor(field) || place.table().equals("raw")) {
        continue;
      }
      Callers rules = callers.get(family);
      int count = 0;
      for (RulePlace helper : rules.acting(target -> target.changes().contains(field))) {
        for (Callers.Path path : rules.paths(helper)) {
          if (Callers.isBefore(path.base().hook(), place.hook()) && count++ < MOST_HELPERS) {
            all.add((field == Field.CTSTATE ? place.wishes() : place.wishes().without(field)).and(path.wishes()));
          }
        }
      }
    }
    return all;
  }

  private List<Scripts.Published> published(Family family) {
    List<Scripts.Published> all = new ArrayList<>();
    Callers rules = callers.get(family);
    for (RulePlace place : rules.acting(target -> target.changes().contains(Field.DESTINATION))) {
      ExtensionTarget target = (ExtensionTarget) place.find(host).orElseThrow().target();
      for (Callers.Path path : rules.paths(place)) {
        List<Long> ports = path.wishes().asksFor(Field.DESTINATION_PORT)
            ? path.wishes().values(Field.DESTINATION_PORT, 1) : List.of(-1L);
        for (IpAddress address : path.wishes().addresses(Field.DESTINATION, own(family), 6)) {
          for (long port : ports) {
            all.add(new Scripts.Published(new Attempt.Published(address, (int) port), to(target)));
          }
        }
      }
    }
    return all;
  }

  private List<IpAddress> own(Family family) {
    return host.network().devices().stream().filter(d -> !d.isLoopback())
        .flatMap(d -> d.addresses(family).stream()).map(a -> a.address()).toList();
  }

  private static Optional<IpAddress> to(ExtensionTarget target) {
    RuleWriter text = new RuleWriter();
    target.print(text);
    Matcher matcher = ADDRESS.matcher(text.toString());
    return matcher.find() ? IpAddress.parse(matcher.group(matcher.group(1) == null ? 2 : 1)) : Optional.empty();
  }
}
