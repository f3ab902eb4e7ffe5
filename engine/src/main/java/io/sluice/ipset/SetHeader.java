package io.sluice.ipset;

import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What {@code ipset create} says of a set.
 *
 * @param family of the addresses; IPv4 for types that have none
 * @param hashSize as given; Sluice's tables grow by themselves and only print it
 * @param maxElements how many elements a hash set takes
 * @param netmask prefix length that addresses are cut to, if given
 * @param bitmask mask that addresses are cut to, if given instead of {@code netmask}
 * @param markmask bits of a mark that hash:ip,mark stores
 * @param first lowest address or port of a bitmap
 * @param last highest address or port of a bitmap
 * @param timeoutSeconds the default time that elements stay, 0 for ever; empty for a set without timeouts
 * @param forceAdd a full set drops an element to take a new one
 * @param size of a list:set; the kernel ignores it by now
 * @param bucketSize as given, if given
 * @param initval as given, if given
 */
public record SetHeader(
    String name,
    SetType type,
    Family family,
    int hashSize,
    long maxElements,
    OptionalInt netmask,
    Optional<IpAddress> bitmask,
    Optional<Integer> markmask,
    long first,
    long last,
    OptionalInt timeoutSeconds,
    boolean counters,
    boolean comment,
    boolean forceAdd,
    boolean skbinfo,
    int size,
    OptionalInt bucketSize,
    Optional<Integer> initval) {

  /** The longest name of a set, in characters. */
  public static final int MAX_NAME = 31;

  /** The most seconds that a timeout may be: IPSET_MAX_TIMEOUT. */
  public static final int MAX_TIMEOUT = 2_147_483;

  /** The most elements of a bitmap: IPSET_BITMAP_MAX_RANGE + 1. */
  public static final long MAX_BITMAP = 0x1_0000;

  /** A set of that type without any option. */
  public static SetHeader of(String name, SetType type, Family family) {
    return new SetHeader(
        name, type, family, 1024, 65536, OptionalInt.empty(), Optional.empty(), Optional.empty(), 0, 0,
        OptionalInt.empty(), false, false, false, false, 8, OptionalInt.empty(), Optional.empty());
  }

  /**
   * Whether {@code create -exist} takes the other for this set: same_set() of its type. The size, shape and seed of the table
   * do not count, nor does the family of its addresses.
   */
  public boolean isSameSet(SetHeader other) {
    return withoutTable().equals(other.withoutTable());
  }

  private SetHeader withoutTable() {
    return new SetHeader(name, type, Family.IPV4, 0, maxElements, netmask, bitmask, markmask, first, last, timeoutSeconds, counters,
        comment, false, skbinfo, size, OptionalInt.empty(), Optional.empty());
  }

  boolean timeouts() {
    return timeoutSeconds.isPresent();
  }
}
