package io.sluice.compile.chain;

import io.sluice.host.Routing;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.Field;
import io.sluice.walk.LiveRule;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The matches of a rule in front of all others that want nothing but a ctstate or types of IPv4 addresses: what they answer is known
 * of any packet, whole or cut short, and whatever other matches do.
 *
 * @param count how many they are
 * @param wanted all of this must hold
 */
record FrontMatches(int count, List<Constraint> wanted) {

  static FrontMatches of(LiveRule rule) {
    List<Constraint> wanted = new ArrayList<>();
    int count = 0;
    while (count < rule.matchCount()) {
      Constraint constraint = rule.match(count).constraint();
      List<Constraint> parts = constraint instanceof Constraint.All all ? all.parts() : List.of(constraint);
      if (parts.isEmpty() || !parts.stream().allMatch(part -> isState(part) || isType(part))) {
        break;
      }
      wanted.addAll(parts);
      count++;
    }
    return new FrontMatches(count, wanted);
  }

  private static boolean isState(Constraint constraint) {
    return constraint instanceof Constraint.In in && in.field() == Field.CTSTATE;
  }

  private static boolean isType(Constraint constraint) {
    return (constraint instanceof Constraint.Not not ? not.inner() : constraint) instanceof Constraint.AddressTypes;
  }

  private static Constraint.AddressTypes type(Constraint constraint) {
    return (Constraint.AddressTypes) (constraint instanceof Constraint.Not not ? not.inner() : constraint);
  }

  private static boolean isTypeOf(Constraint constraint, Field field) {
    return isType(constraint) && type(constraint).field() == field;
  }

  boolean wantsState() {
    return wanted.stream().anyMatch(FrontMatches::isState);
  }

  /** Whether the {@link io.sluice.net.CtState} is one that is wanted, or any is. */
  boolean isState(int number) {
    return wanted.stream().allMatch(one -> !isState(one) || isIn((Constraint.In) one, number));
  }

  private static boolean isIn(Constraint.In wanted, long number) {
    return IntStream.range(0, wanted.ranges().size() / 2)
        .anyMatch(i -> wanted.ranges().get(2 * i) <= number && number <= wanted.ranges().get(2 * i + 1));
  }

  /** @param field SOURCE or DESTINATION */
  boolean wantsType(Field field) {
    return wanted.stream().anyMatch(one -> isTypeOf(one, field));
  }

  /** Whether the address is of a type that is wanted of the field, or any is. */
  boolean isType(Field field, long address, Routing routing) {
    return wanted.stream().allMatch(one -> !isTypeOf(one, field)
        || routing.isAddressType(Family.IPV4, 0, address, null, type(one).types()) != one instanceof Constraint.Not);
  }
}
