package io.sluice.pipeline;

import io.sluice.conntrack.CtInfo;
import io.sluice.net.Oracle;
import io.sluice.netfilter.Hook;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRule;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * A sequence of packets where matches are "maybe": all the ways that it may go, kept side by side.
 *
 * <pre>
 *   packet        0       1       2
 *   world 0   ────no──────no──────no──▶     nothing unknown ever matches: always there, its outcome is told first
 *   world 1       └─yes───yes─────yes─▶     began at packet 0, where it gave the other answer
 *   world 2               └─yes───yes─▶     began at packet 1
 * </pre>
 *
 * <p>Each world is a whole host, with connections and counters of its own. A question (see {@link Oracle}) splits the
 * world that asks it; the new one takes the packets so far once more, so that no state is ever copied. Where nothing
 * is asked there is one world, and it costs nothing. Once there are as many worlds as allowed they split no more, and
 * each answers a question as it did last time: what is told then is still possible, but may not be all.
 */
public final class Worlds {

  /** A packet on its way into a host. */
  public interface Step {
    /** Sends the packet through; must not change what a second call would do. */
    Outcome take(Simulator simulator);
  }

  /** The packets, from the first on. */
  public interface History {
    /** Hands over the first {@code count} packets once more, in order. */
    void again(long count, Consumer to) throws IOException;

    /** Who gets them. */
    interface Consumer {
      void accept(Step step);
    }
  }

  /**
   * What may become of a packet.
   *
   * @param assumptions the answers that lead there: where this world parted from another at an earlier packet, then this
   *     packet's own. The words of the question, with "not: " before them for a no. When several worlds agree on the
   *     outcome, those of the first
   */
  public record Way(Outcome outcome, List<String> assumptions) {}

  /** What tells two outcomes of a packet apart. */
  private record Seen(
      Fate fate, String out, Optional<Hook> hook, Optional<String> rule, Optional<String> policy, String reason,
      Optional<CtInfo> ctInfo, List<String> packets) {

    static Seen of(Outcome o) {
      return new Seen(o.fate(), o.out().map(d -> d.name()).orElse(""), o.hook(), o.rule().map(Seen::name),
          o.policy().map(Seen::name), o.reason(), o.ctInfo(), o.packets().stream().map(HexFormat.of()::formatHex).toList());
    }

    private static String name(LiveRule rule) {
      return name(rule.chain()) + " " + rule.number();
    }

    private static String name(LiveChain chain) {
      return chain.table().name() + " " + chain.name();
    }
  }

  /** One host and the answers that it was given. */
  private static final class World implements Oracle {
    private final List<Boolean> plan;
    /** Where earlier packets parted it from other worlds, and where the packet of this moment does. */
    private final List<String> lineage;
    private final List<String> parting;
    private final List<Boolean> answers = new ArrayList<>();
    private final Map<String, Boolean> habits = new HashMap<>();
    /** What the packet of this moment was asked, with the answers. */
    private final List<String> now = new ArrayList<>();
    private final Simulator simulator;

    World(List<Boolean> plan, List<String> lineage, List<String> parting, Function<Oracle, Simulator> make) {
      this.plan = plan;
      this.lineage = new ArrayList<>(lineage);
      this.parting = new ArrayList<>(parting);
      this.simulator = make.apply(this);
    }

    @Override
    public boolean decide(String question) {
      int at = answers.size();
      boolean yes = at < plan.size() ? plan.get(at) : habits.getOrDefault(question, false);
      habits.put(question, yes);
      answers.add(yes);
      now.add(told(question, yes));
      return yes;
    }

    Outcome take(Step step) {
      now.clear();
      return step.take(simulator);
    }

    List<String> assumptions() {
      List<String> all = new ArrayList<>(lineage);
      all.addAll(now);
      return all;
    }

    void settle() {
      lineage.addAll(parting);
      parting.clear();
    }
  }

  private static final String NO = "not: ";

  private final Function<Oracle, Simulator> make;
  private final History history;
  private final int limit;
  private final List<World> worlds = new ArrayList<>();
  private long count;
  private boolean cut;

  /**
   * @param make makes the host as it is before the first packet, each time the same
   * @param history reads the packets again for worlds that begin later
   * @param limit how many worlds at most, from 1 on
   */
  public Worlds(Function<Oracle, Simulator> make, History history, int limit) {
    this.make = make;
    this.history = history;
    this.limit = limit;
    worlds.add(new World(List.of(), List.of(), List.of(), make));
  }

  /** How an answer to a question is put into words. */
  static String told(String question, boolean yes) {
    return (yes ? "" : NO) + question;
  }

  /** The host in which nothing unknown matches. */
  public Simulator first() {
    return worlds.get(0).simulator;
  }

  /** Whether there were more ways than worlds, so that outcomes may be missing. */
  public boolean isCut() {
    return cut;
  }

  /**
   * Sends a packet through every world.
   *
   * @param name what assumptions call it from the next packet on
   * @return what may become of it, first what does in the {@link #first} world; no two are alike
   */
  public List<Way> take(String name, Step step) throws IOException {
    Map<Seen, Way> ways = new LinkedHashMap<>();
    Way only = null;
    for (int i = 0; i < worlds.size(); i++) {
      World world = worlds.get(i);
      int planned = Math.max(world.answers.size(), world.plan.size());
      Outcome outcome = world.take(step);
      Way way = new Way(outcome, world.assumptions());
      split(world, planned, name);
      world.settle();
      if (worlds.size() == 1) {
        only = way;
      } else {
        ways.putIfAbsent(Seen.of(outcome), way);
      }
    }
    count++;
    return only != null ? List.of(only) : List.copyOf(ways.values());
  }

  /** Begins a world for each answer from {@code from} on, which gives the other one there. */
  private void split(World world, int from, String name) throws IOException {
    int asked = world.now.size();
    for (int at = from; at < world.answers.size(); at++) {
      if (worlds.size() >= limit) {
        cut = true;
        return;
      }
      boolean answer = !world.answers.get(at);
      List<Boolean> plan = new ArrayList<>(world.answers.subList(0, at));
      plan.add(answer);
      String told = world.now.get(asked - (world.answers.size() - at));
      String question = told.startsWith(NO) ? told.substring(NO.length()) : told;
      World other = new World(plan, world.lineage, world.parting, make);
      other.parting.add(name + ": " + told(question, answer));
      history.again(count, other::take);
      worlds.add(other);
    }
  }
}
