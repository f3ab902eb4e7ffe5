package io.sluice.analysis.fate;

import io.sluice.analysis.symbolic.SymbolicTable;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Rewrite;
import java.util.List;
import java.util.Set;

/**
 * What a target did to a packet, or on its account.
 *
 * @param reach what may be otherwise because of it
 */
record Deed(String words, Reach reach) {

  /** From the least to the most. */
  enum Reach {
    /** Where the packet goes, if it gets away. */
    WAY,
    /** The packet itself. */
    PACKET,
    /** Other packets of its connection, if there will be one. */
    CONNECTION,
    /** Any. */
    OTHERS
  }

  private static final Set<String> OF_PACKETS = Set.of("TTL", "HL", "TOS", "DSCP", "ECN", "CHECKSUM", "TCPMSS", "TCPOPTSTRIP",
      "CLASSIFY", "SECMARK", "SNPT", "DNPT", "HMARK", "TPROXY");
  private static final Set<String> OF_CONNECTIONS = Set.of("CT", "NOTRACK", "CONNMARK", "CONNSECMARK");

  /** What a target of a table's rule does that writes marks, which are told themselves, if known. */
  static Deed ofMarks(ExtensionTarget target, SymbolicTable table) {
    return new Deed(Targets.deed(target, table, List.of()), MarkChange.isOfConnections(target) ? Reach.CONNECTION : Reach.PACKET);
  }

  /** @param target one that lets packets go on */
  static Deed of(String words, ExtensionTarget target) {
    boolean restores = target.rewrite().orElse(null) instanceof Rewrite.Copy copy && copy.to() == Field.MARK;
    return new Deed(words, restores || OF_PACKETS.contains(target.name()) ? Reach.PACKET
        : OF_CONNECTIONS.contains(target.name()) ? Reach.CONNECTION : Reach.OTHERS);
  }
}
