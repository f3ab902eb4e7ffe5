package io.sluice.analysis.lint;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.net.CtState;
import io.sluice.netfilter.Family;
import io.sluice.packet.IcmpTypes;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Field;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Which ctstates ICMP packets have behind connection tracking, by their type.
 *
 * <pre>
 *                                      INVALID  NEW  RELATED  ESTABLISHED  UNTRACKED
 *   requests (echo, timestamp ...)        x      x      x          x           x
 *   their answers                         x                        x           x      nothing begins with an answer
 *   errors                                x             x                      x      of what they are about, or of nothing
 *   all others                            x                                    x      they have no connection
 * </pre>
 *
 * <p>Which types these are say {@link IcmpTypes}.
 */
final class IcmpStates {
  private static final int TYPES = 256;

  private IcmpStates() {}

  /** Whether rules ask about types as well as about states. */
  static boolean matter(Space space) {
    return space.asksRange(Field.ICMP_TYPE_CODE) && space.asksRange(Field.CTSTATE);
  }

  /** All packets that there may be behind connection tracking. */
  static List<Cube> tracked(Space space) {
    boolean v4 = space.family() == Family.IPV4;
    IntPredicate begins = v4 ? IcmpTypes::begins4 : IcmpTypes::begins6;
    IntPredicate answers = type -> !begins.test(type) && (v4 ? IcmpTypes.answer4(type) : IcmpTypes.answer6(type)) >= 0;
    IntPredicate errors = v4 ? IcmpTypes::isError4 : IcmpTypes::isError6;
    Axis protocol = space.axis(Field.PROTOCOL);
    return List.of(Cube.all().with(protocol, icmp(space).complement(protocol.bits())),
        cube(space, begins),
        cube(space, answers, CtState.ESTABLISHED, CtState.INVALID, CtState.UNTRACKED),
        cube(space, errors, CtState.RELATED, CtState.INVALID, CtState.UNTRACKED),
        cube(space, begins.or(answers).or(errors).negate(), CtState.INVALID, CtState.UNTRACKED));
  }

  /** All packets that connections may begin with. */
  static List<Cube> beginning(Space space) {
    Axis protocol = space.axis(Field.PROTOCOL);
    return List.of(Cube.all().with(protocol, icmp(space).complement(protocol.bits())),
        cube(space, space.family() == Family.IPV4 ? IcmpTypes::begins4 : IcmpTypes::begins6));
  }

  /** All packets that there may be where no rule takes any from connection tracking. */
  static List<Cube> neverUntracked(Space space) {
    Cube tracked = Cube.all().with(space.axis(Field.CTSTATE),
        states(CtState.INVALID, CtState.NEW, CtState.RELATED, CtState.ESTABLISHED));
    return space.family() == Family.IPV4 ? List.of(tracked) : List.of(tracked, cube(space, IcmpTypes::isUntracked6));
  }

  /** Router and neighbour solicitations and advertisements, and redirects. */
  static Cube neighbourDiscovery(Space space) {
    return cube(space, type -> type >= IcmpTypes.FIRST_NEIGHBOUR6 && type <= IcmpTypes.REDIRECT6);
  }

  private static ValueSet icmp(Space space) {
    return ValueSet.of(space.family() == Family.IPV4 ? Protocols.ICMP : Protocols.ICMPV6);
  }

  private static ValueSet states(int... states) {
    return ValueSet.union(IntStream.of(states).mapToObj(StateLint::states).toList());
  }

  /** @param states none for any */
  private static Cube cube(Space space, IntPredicate which, int... states) {
    ValueSet types = ValueSet.union(IntStream.range(0, TYPES).filter(which)
        .mapToObj(type -> ValueSet.range((long) type << 8, (long) type << 8 | 0xff)).toList());
    Cube cube = Cube.all().with(space.axis(Field.PROTOCOL), icmp(space)).with(space.axis(Field.ICMP_TYPE_CODE), types);
    return states.length == 0 ? cube : cube.with(space.axis(Field.CTSTATE), states(states));
  }
}
