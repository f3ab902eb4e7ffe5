package io.sluice.analysis.witness;

import io.sluice.conntrack.Connection;
import io.sluice.conntrack.Conntrack;
import io.sluice.conntrack.ConntrackRecord;
import io.sluice.conntrack.CtInfo;
import io.sluice.conntrack.Tuple;
import io.sluice.conntrack.Zone;
import io.sluice.net.CtState;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Protocols;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Connections for packets that are put before a chain in some ctstate, with nothing having come before. */
public final class StandIn {
  private static final int SECONDS = 100_000;

  private StandIn() {}

  /**
   * A connection of which packets have that ctstate.
   *
   * @param state a {@link CtState} that has a connection
   * @param id from 1 to 65,535: two of one conntrack need different ones
   */
  public static Connection connection(Conntrack conntrack, Family family, int state, int id) {
    boolean v4 = family == Family.IPV4;
    IpAddress a = IpAddress.of(v4 ? "192.0.2.1" : "2001:db8:a::1");
    IpAddress b = IpAddress.of(v4 ? "192.0.2.2" : "2001:db8:a::2");
    IpAddress c = IpAddress.of(v4 ? "192.0.2.3" : "2001:db8:a::3");
    IpAddress replyFrom = (state & CtState.DNAT) != 0 ? c : b;
    IpAddress replyTo = (state & CtState.SNAT) != 0 ? c : a;
    Tuple original = new Tuple(family, a.hi(), a.lo(), b.hi(), b.lo(), Protocols.UDP, id, 9);
    Tuple reply = new Tuple(family, replyFrom.hi(), replyFrom.lo(), replyTo.hi(), replyTo.lo(), Protocols.UDP, 9, id);
    conntrack.load(List.of(new ConntrackRecord(original, reply, OptionalLong.of(SECONDS), Optional.empty(), Optional.empty(),
        Optional.empty(), true, true, 0, Zone.DEFAULT, Optional.empty(), 1)));
    return conntrack.find(original, 0).orElseThrow();
  }

  /**
   * Gives a packet that has no connection yet that ctstate.
   *
   * @param connection one for the state; ignored where the state has none
   */
  public static void give(SkBuff skb, int state, Connection connection) {
    if (CtState.hasConnection(state)) {
      int proper = state & CtState.STATE_MASK;
      skb.ct().set(connection, proper == CtState.NEW ? CtInfo.NEW : proper == CtState.RELATED ? CtInfo.RELATED : CtInfo.ESTABLISHED);
    } else if (state == CtState.UNTRACKED) {
      skb.ct().setUntracked();
    }
  }
}
