package io.sluice.analysis.witness;

import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.IpAddress;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.RuleWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What to send so that rules on the way make of it what is wished for: marks, states, other destinations. */
final class Detours {
  private static final int MOST_HELPERS = 12;
  private static final Set<Field> CHANGED_BY_RULES =
      Set.of(Field.MARK, Field.CONNMARK, Field.TOS, Field.TTL, Field.CTSTATE);
  private static final Pattern ADDRESS = Pattern.compile("--to-destination (?:\\[([^]]+)]|([0-9.]+|[0-9a-fA-F:]+))");

  private final Host host;
  private final Callers rules;
  private final List<IpAddress> own;
  private final List<Scripts.Published> published = new ArrayList<>();

  /** @param checkpoint is run for each rule that sends packets elsewhere, and may throw to end the search for those */
  Detours(Host host, Family family, Callers rules, Runnable checkpoint) {
    this.host = host;
    this.rules = rules;
    this.own = host.network().devices().stream().filter(d -> !d.isLoopback())
        .flatMap(d -> d.addresses(family).stream()).map(a -> a.address()).toList();
    for (RulePlace place : rules.acting(target -> target.changes().contains(Field.DESTINATION))) {
      checkpoint.run();
      ExtensionTarget target = (ExtensionTarget) place.find(host).orElseThrow().target();
      for (Callers.Path path : rules.paths(place)) {
        publish(path.wishes(), target);
      }
    }
  }

  private void publish(Wishes wishes, ExtensionTarget target) {
    List<Long> ports = wishes.asksFor(Field.DESTINATION_PORT) ? wishes.values(Field.DESTINATION_PORT, 1) : List.of(-1L);
    for (IpAddress address : wishes.addresses(Field.DESTINATION, own, 6)) {
      for (long port : ports) {
        published.add(new Scripts.Published(new Attempt.Published(address, (int) port), to(target)));
      }
    }
  }

  private static Optional<IpAddress> to(ExtensionTarget target) {
    RuleWriter text = new RuleWriter();
    target.print(text);
    Matcher matcher = ADDRESS.matcher(text.toString());
    return matcher.find() ? IpAddress.parse(matcher.group(matcher.group(1) == null ? 2 : 1)) : Optional.empty();
  }

  /** The host's own addresses by which others know it. */
  List<IpAddress> own() {
    return own;
  }

  /** Where packets are sent for NAT to bring them elsewhere. */
  List<Scripts.Published> published() {
    return published;
  }

  /** The wishes themselves, and what they become when a rule on the way changes what they are about. */
  List<Wishes> alternatives(Hook hook, String table, Wishes wishes) {
    List<Wishes> all = new ArrayList<>(List.of(wishes));
    for (Field field : Field.values()) {
      if (!CHANGED_BY_RULES.contains(field) || !wishes.asksFor(field) || table.equals("raw")) {
        continue;
      }
      int count = 0;
      for (RulePlace helper : rules.acting(target -> target.changes().contains(field))) {
        for (Callers.Path path : rules.paths(helper)) {
          if (Callers.isBefore(path.base().hook(), hook) && count++ < MOST_HELPERS) {
            all.add((field == Field.CTSTATE ? wishes : wishes.without(field)).and(path.wishes()));
          }
        }
      }
    }
    return all;
  }
}
