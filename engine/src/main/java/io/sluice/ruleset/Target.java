package io.sluice.ruleset;

import io.sluice.netfilter.Verdict;

/** What a rule does with a packet that all its matches accept. */
public sealed interface Target permits Target.Decide, Target.Jump, Target.Goto, Target.None, ExtensionTarget {

  /** {@code -j ACCEPT}, {@code DROP}, {@code QUEUE}, {@code RETURN}: the standard target's verdicts. */
  record Decide(Verdict verdict) implements Target {}

  /** {@code -j CHAIN}: a RETURN in there comes back to the next rule here. */
  record Jump(String chain) implements Target {}

  /** {@code -g CHAIN}: a RETURN in there goes to whoever jumped to us. */
  record Goto(String chain) implements Target {}

  /** No {@code -j}: the rule only counts. */
  record None() implements Target {}
}
