package io.sluice.analysis.lint;

import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.ruleset.Host;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** What there is to say of the rules of a table that packets get to. */
final class ReachedLint {
  private final MarkLint marks;
  private final Lists lists;
  private final Optional<StateLint> state;
  private final Optional<ExposureLint> exposure;
  private final Optional<ContainerLint> containers;
  private final Optional<OrderLint> order;
  private final String orderUnsought;
  /** Whether some rule of the table has counted packets. */
  private final boolean counted;

  /**
   * @param admission of the family's table filter; empty if there is none
   * @param order compares rules with others; empty if that is not wanted
   */
  ReachedLint(TableLint lint, Host host, Optional<Admission> admission, Optional<OrderLint> order, MarkLint marks, Lists lists) {
    this.marks = marks;
    this.lists = lists;
    this.order = order;
    this.orderUnsought = OrderLint.all(lint);
    String table = lint.table().name();
    this.state = table.equals("filter") ? admission.map(filter -> new StateLint(filter, host)) : Optional.empty();
    this.exposure = table.equals("nat") && ExposureLint.isTold(host, lint.table().space().family())
        ? admission.map(filter -> new ExposureLint(lint, filter, host)) : Optional.empty();
    this.containers = table.equals("filter") && ExposureLint.isTold(host, lint.table().space().family())
        ? admission.map(filter -> new ContainerLint(filter, host)) : Optional.empty();
    this.counted = lint.table().chains().stream().flatMap(chain -> chain.rules().stream())
        .anyMatch(rule -> !rule.rule().counters().isZero());
  }

  /** @throws io.sluice.analysis.space.Interrupted when it is not to go on: what was found by then is found */
  void examine(SymbolicRule rule, Subject subject, Consumer<Finding> findings) {
    Optional<Finding> kept = state.flatMap(lint -> lint.examine(rule, subject));
    kept.ifPresent(findings);
    marks.examine(rule, subject).ifPresent(findings);
    lists.examine(rule.rule(), subject).ifPresent(findings);
    exposure.flatMap(lint -> lint.examine(rule, subject)).ifPresent(findings);
    containers.flatMap(lint -> lint.examine(rule, subject)).ifPresent(findings);
    order.ifPresent(lint -> lint.examine(rule, subject).forEach(findings));
    boolean lives = kept.filter(finding -> finding.code() == Code.NOTHING_OPENED).isEmpty();
    if (counted && lives && rule.rule().counters().packets() == 0) {
      findings.accept(new Finding(Code.UNUSED, Severity.NOTE, subject,
          "its table lets packets through to it, and its counter is 0", List.of()));
    }
  }

  /** What there is to say of the policy of a chain, if it has one. */
  void examinePolicy(SymbolicChain chain, Consumer<Finding> findings) {
    containers.flatMap(lint -> lint.examinePolicy(chain)).ifPresent(findings);
  }

  /** What was not looked for, in words. */
  Optional<String> unsought() {
    return order.isPresent() ? order.get().unsought() : Optional.of(orderUnsought);
  }
}
