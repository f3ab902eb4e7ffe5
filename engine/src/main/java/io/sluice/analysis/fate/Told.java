package io.sluice.analysis.fate;

/**
 * Who hears from the host that it does not let a connection's first packet pass.
 *
 * @param whom who gets its answer, if there is one
 * @param end of an answer that does not get away: what becomes of it; empty otherwise
 */
public record Told(Whom whom, String end) {

  /** Who gets the host's answer. */
  public enum Whom {
    /** Who sent the packet, if the verdict answers anybody. */
    SENDER,
    /** Somebody else: it leaves by another interface than the packet came by. */
    OTHERS,
    /** It does not get away. */
    NOBODY
  }

  /** The sender, if anybody. */
  public static final Told SENDER = new Told(Whom.SENDER, "");
  /** Somebody else. */
  public static final Told OTHERS = new Told(Whom.OTHERS, "");

  /** Nobody, since the answer ends so. */
  static Told nobody(String end) {
    return new Told(Whom.NOBODY, end);
  }

  /** What follows the verdict. */
  @Override
  public String toString() {
    return whom == Whom.NOBODY ? ", and nobody is told: " + end : whom == Whom.OTHERS ? ", and others are told" : "";
  }
}
