package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.ruleset.Counters;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.IpMatch;
import io.sluice.ruleset.Match;
import java.util.List;
import java.util.Optional;

/**
 * The rule of a command, before anybody has looked which chains there are.
 *
 * @param addresses one for each pair of a source and a destination, in the order in which the rules are made
 * @param matches in the order in which they were loaded
 * @param matchNames where each of them was written
 * @param target the word after {@code -j} or {@code -g}; empty when there is none
 * @param goTo whether it was {@code -g}
 * @param extension the target when {@code target} names an extension
 * @param unknown the words given to a target that is not known
 */
record RuleSpec(
    List<IpMatch> addresses,
    List<Match> matches,
    List<Argument> matchNames,
    Optional<Argument> target,
    boolean goTo,
    Optional<ExtensionTarget> extension,
    String unknown,
    Counters counters) {}
