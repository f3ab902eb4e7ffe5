package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.ruleset.Counters;
import java.util.Optional;

/**
 * One iptables command, parsed but not yet applied to any table.
 *
 * @param word the {@code -A}, for errors about the whole
 * @param table the table's name and where it was written
 * @param chain empty when the command goes for all chains
 * @param number of the rule, from 1; 0 for none
 * @param numberWord where the number was written, else the word
 * @param name the new name of {@code -E}, the policy of {@code -P}
 * @param rule what {@code -A -I -R -D -C} are about
 * @param counters of {@code -c}
 */
record Command(
    Kind kind,
    Argument word,
    Argument table,
    Optional<Argument> chain,
    int number,
    Argument numberWord,
    Optional<Argument> name,
    Optional<RuleSpec> rule,
    Optional<Counters> counters) {

  /** What to do. */
  enum Kind {
    APPEND,
    INSERT,
    REPLACE,
    DELETE,
    DELETE_NUMBER,
    CHECK,
    LIST,
    LIST_RULES,
    FLUSH,
    ZERO,
    ZERO_NUMBER,
    NEW_CHAIN,
    DELETE_CHAIN,
    RENAME_CHAIN,
    POLICY;

    /** Whether a rule is part of the command. */
    boolean hasRule() {
      return this == APPEND || this == INSERT || this == REPLACE || this == DELETE || this == CHECK;
    }
  }
}
