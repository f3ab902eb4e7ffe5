package io.sluice.analysis.lint;

import io.sluice.ipset.IpSets;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.SourceLocation;
import io.sluice.text.RuleSetWriter;
import java.util.Optional;

/**
 * What is talked about: a rule, a chain, a set or an entry of one.
 *
 * @param name {@code filter FORWARD rule 2}
 * @param rule the rule; empty for others
 * @param command what sets a policy; empty for others
 * @param location where it was written, if a file has it; of an entry, where its set is created
 */
public record Subject(Kind kind, String name, Optional<Rule> rule, String command, Optional<SourceLocation> location) {

  /** What kind of thing. */
  public enum Kind {
    RULE,
    CHAIN,
    SET,
    ENTRY
  }

  static Subject rule(Family family, String table, String chain, int number, Rule rule) {
    return new Subject(Kind.RULE, of(family) + table + " " + chain + " rule " + number, Optional.of(rule), "",
        Optional.of(rule.location()));
  }

  static Subject chain(Family family, String table, Chain chain) {
    return new Subject(Kind.CHAIN, of(family) + table + " " + chain.name(), Optional.empty(), "",
        Optional.of(chain.location()));
  }

  static Subject policy(Family family, String table, Chain chain) {
    return new Subject(Kind.CHAIN, of(family) + "policy of " + table + " " + chain.name(), Optional.empty(),
        "-P " + chain.name() + " " + chain.base().orElseThrow().policy(), Optional.of(chain.location()));
  }

  static Subject set(IpSets sets, String name) {
    return new Subject(Kind.SET, "set " + name, Optional.empty(), "", created(sets, name));
  }

  /**
   * An entry of a set, at the place where that is created.
   *
   * @param sets the host's
   * @param entry as {@code ipset save} prints it, without its options
   */
  public static Subject entry(IpSets sets, String set, String entry) {
    return new Subject(Kind.ENTRY, "set " + set + " entry " + entry, Optional.empty(), "", created(sets, set));
  }

  private static Optional<SourceLocation> created(IpSets sets, String name) {
    return sets.origin(name).map(origin -> new SourceLocation(origin.file(), origin.line()));
  }

  /**
   * A rule's options, as iptables-save prints them, or the command that sets a policy; empty for others. Made when it is asked
   * for: a report has every rule of a host.
   */
  public String text() {
    return rule.map(RuleSetWriter::rule).orElse(command);
  }

  private static String of(Family family) {
    return family == Family.IPV6 ? "IPv6 " : "";
  }

  /** Name and place: {@code filter FORWARD rule 2, iptables.save:34}; entries have no place of their own. */
  @Override
  public String toString() {
    return kind == Kind.ENTRY ? name : name + location.map(l -> ", " + l).orElse("");
  }
}
