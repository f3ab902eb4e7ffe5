package io.sluice.host;

import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import java.util.Optional;

/**
 * One line of {@code ip rule}: which packets are looked up in which table (struct fib_rule).
 *
 * @param priority lowest first; rules of one priority keep their order
 * @param inverted {@code not}: holds for packets that the selectors do not match
 * @param mark compared after {@code markMask}; a mask of 0 is no selector
 * @param inInterface {@code iif} name, empty for any; {@code lo} means locally generated
 * @param outInterface {@code oif} name, empty for any
 * @param tos 0 for any
 * @param protocol {@code ipproto} number, 0 for any
 * @param sourcePorts {@code sport}, empty for any
 * @param destinationPorts {@code dport}, empty for any
 * @param uids {@code uidrange}, empty for any
 * @param action what to do
 * @param table for LOOKUP: the table's number
 * @param gotoPriority for GOTO: go on with the first rule of this priority
 * @param suppressPrefixLength for LOOKUP: a result with a prefix this short or shorter does not count; -1 for none
 * @param suppressGroup for LOOKUP: a result by an interface of this group  does not count; -1 for none
 * @param realm {@code realms}, 0 unless set
 */
public record PolicyRule(
    Family family,
    long priority,
    boolean inverted,
    AddressMask from,
    AddressMask to,
    int mark,
    int markMask,
    String inInterface,
    String outInterface,
    int tos,
    int protocol,
    Optional<Range> sourcePorts,
    Optional<Range> destinationPorts,
    Optional<Range> uids,
    Action action,
    int table,
    long gotoPriority,
    int suppressPrefixLength,
    int suppressGroup,
    int realm) {

  /** FR_ACT_ of include/uapi/linux/fib_rules.h. */
  public enum Action {
    LOOKUP,
    GOTO,
    NOP,
    BLACKHOLE,
    UNREACHABLE,
    PROHIBIT
  }

  /** Both bounds inclusive. */
  public record Range(long first, long last) {
    boolean contains(long value) {
      return value >= first && value <= last;
    }
  }

  /** {@code priority: from all lookup table}. */
  public static PolicyRule lookup(Family family, long priority, int table) {
    AddressMask any = AddressMask.any(family);
    return new PolicyRule(family, priority, false, any, any, 0, 0, "", "", 0, 0, Optional.empty(),
        Optional.empty(), Optional.empty(), Action.LOOKUP, table, 0, -1, -1, 0);
  }
}
