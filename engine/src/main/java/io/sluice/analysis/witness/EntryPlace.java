package io.sluice.analysis.witness;

import io.sluice.ipset.SetQuery;

/**
 * An entry of a set where a rule asks for it.
 *
 * @param rule which rule asks, by a match or by its target
 * @param query what it asks of the set; of a list's member, what the list asks that
 * @param entry as {@code ipset save} prints it, without its options
 * @param matched whether the rule matches what is found there: then it must, for all that it asks beside to be met
 */
public record EntryPlace(RulePlace rule, SetQuery query, String entry, boolean matched) {}
