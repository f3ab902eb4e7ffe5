package io.sluice.conntrack;

/**
 * A conntrack zone (struct nf_conntrack_zone): connections with equal tuples in different zones do not meet.
 *
 * @param id 0..65535; 0 is the default zone
 * @param directions in which directions the zone counts: {@link #ORIGINAL}, {@link #REPLY} or {@link #BOTH}; in the
 *     other direction the connection is found in zone 0
 * @param fromMark {@code --zone mark}: the id is the packet's mark, low 16 bits; {@code id} means nothing then
 */
public record Zone(int id, int directions, boolean fromMark) {
  public static final int ORIGINAL = 1;
  public static final int REPLY = 2;
  public static final int BOTH = 3;
  /** Zone 0, where everything is that no rule puts elsewhere. */
  public static final Zone DEFAULT = new Zone(0, BOTH, false);

  public Zone {
    if (id < 0 || id > 0xffff) {
      throw new IllegalArgumentException("zone must be in 0..65535: zone=" + id);
    }
    if (directions < ORIGINAL || directions > BOTH) {
      throw new IllegalArgumentException("directions must be ORIGINAL, REPLY or BOTH: directions=" + directions);
    }
  }

  /** {@code --zone id}. */
  public static Zone of(int id) {
    return id == 0 ? DEFAULT : new Zone(id, BOTH, false);
  }
}
