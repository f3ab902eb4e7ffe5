package io.sluice.analysis.witness;

import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.RuleWriter;
import io.sluice.walk.LiveRule;
import io.sluice.walk.Tracer;
import io.sluice.walk.Walker;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * An address that a rule looked for where rules enter such, and did not find, or not often enough: in a list of {@code -m recent}, or
 * in a set, which {@code -j SET} adds to.
 *
 * @param words the match that looked for it
 * @param set whether it is a set; otherwise a list
 * @param name what that is called
 */
public record Missing(Family family, String words, boolean set, String name, IpAddress address) {

  /** What rules miss of the packets that {@code played} sends through the host as it has booted. */
  public static Set<Missing> of(Host host, Consumer<Simulator> played) {
    Set<Missing> all = new LinkedHashSet<>();
    Notes notes = new Notes(all);
    played.accept(Simulator.builder(host).evaluators(rules -> new Walker(notes)).build());
    return all;
  }

  /** Which address of packets that it matches the rule enters there; empty when none. */
  Optional<Field> enteredBy(Rule rule) {
    if (!set) {
      return rule.matches().stream().filter(match -> match.fills().equals(Optional.of(name))).map(Missing::key).findFirst();
    }
    return rule.target() instanceof ExtensionTarget target && target.name().equals("SET")
        ? target.sets().stream().filter(query -> query.set().equals(name)).map(query -> side(query.isSource(0))).findFirst()
        : Optional.empty();
  }

  private static Field key(Match match) {
    return side(!match.keys().contains(Field.DESTINATION));
  }

  private static Field side(boolean source) {
    return source ? Field.SOURCE : Field.DESTINATION;
  }

  /** Notes what is missing of each packet. */
  private record Notes(Set<Missing> all) implements Tracer {
    @Override
    public void noMatch(LiveRule rule, int part, SkBuff skb) {
      if (part == IP_PART) {
        return;
      }
      Match match = rule.match(part);
      match.needs().ifPresent(list -> note(match, false, list, key(match), skb));
      match.constraint().leaves(leaf -> {
        if (leaf instanceof Constraint.InSet in) {
          note(match, true, in.query().set(), side(in.query().isSource(0)), skb);
        }
      });
    }

    private void note(Match match, boolean set, String name, Field key, SkBuff skb) {
      IpAddress address = key == Field.SOURCE ? new IpAddress(skb.family(), skb.srcHi(), skb.srcLo())
          : new IpAddress(skb.family(), skb.dstHi(), skb.dstLo());
      all.add(new Missing(skb.family(), new RuleWriter().match(match).toString(), set, name, address));
    }

  }
}
