package io.sluice.conntrack;

import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Packet;
import io.sluice.packet.Protocols;
import java.util.Optional;

/** Address translation (net/netfilter/nf_nat_core.c, nf_nat_proto.c). Got from {@link Conntrack#nat}. */
public final class Nat {
  private static final NatRange ITSELF =
      new NatRange(Optional.empty(), Optional.empty(), 0, 0, 0, false, false, false, false, false);

  private final Conntrack conntrack;
  private final NatPicker picker;
  private final NatRewriter rewriter;
  private final TupleKey present = new TupleKey();
  private final TupleKey picked = new TupleKey();
  /** What {@link #masquerade} was asked for last, and what that made: mostly it is the same again. */
  private NatRange masqueradeRange;
  private IpAddress masqueraded;
  private NatRange masqueradeSingle;

  Nat(Conntrack conntrack) {
    this.conntrack = conntrack;
    this.picker = new NatPicker(conntrack);
    this.rewriter = new NatRewriter(conntrack.settings().dccpTracked);
  }

  /**
   * Says which ports (or ids) the kernel was seen to draw: where a binding takes a random one, the search begins at the
   * first of these that is among those possible and free, instead of at a random place.
   *
   * @param sources for source translations, the likeliest first
   * @param destinations for destination translations: each was seen together with the source at the same index
   */
  public void expectPorts(int[] sources, int[] destinations) {
    picker.expectPorts(sources, destinations);
  }

  /**
   * NAT's hook function (nf_nat_ipv4_fn(), nf_nat_inet_fn()), to be called in PREROUTING and OUTPUT at priority -100 and
   * in INPUT and POSTROUTING at 100, if any NAT base chain is loaded. A connection's first packet consults the rules; if
   * they leave the binding open it becomes a null binding; then the packet is rewritten as the binding says.
   *
   * @param outIndex index of the out-interface in POSTROUTING, else 0; a masqueraded connection that leaves by another
   *     interface than before is killed
   * @return ACCEPT, DROP, or what {@code rules} said; with BYPASS nothing is bound or rewritten
   */
  public Verdict packet(Packet packet, CtRef ref, Hook hook, int outIndex, NatRules rules) {
    Connection c = ref.connection();
    if (c == null || ref.isTemplate()) {
      return Verdict.ACCEPT;
    }
    CtInfo info = ref.info();
    NatRange.Manip manip = manip(hook);
    boolean related = info == CtInfo.RELATED || info == CtInfo.RELATED_REPLY;
    if (related && packet.protocol() == (packet.family() == Family.IPV4 ? Protocols.ICMP : Protocols.ICMPV6)) {
      return rewriter.rewriteError(packet, c, info.isReply(), hook)
          ? Verdict.ACCEPT
          : conntrack.drop("NAT cannot translate this ICMP error");
    }
    if ((related || info == CtInfo.NEW) && !isInitialized(c, manip)) {
      Verdict verdict = rules.consult();
      if (verdict != Verdict.ACCEPT) {
        return verdict;
      }
      if (!isInitialized(c, manip)) {
        verdict = bindToItself(c, manip);
        if (verdict != Verdict.ACCEPT) {
          return verdict;
        }
      }
    } else if (c.masqueradeIndex != 0 && hook == Hook.POSTROUTING && !info.isReply() && outIndex != 0
        && c.masqueradeIndex != outIndex) {
      c.count(false, packet.length()); // nf_nat_oif_changed(): the source address is no longer the right one
      conntrack.kill(c);
      return conntrack.drop("masqueraded connection leaves by another interface now");
    }
    return rewrite(packet, c, info.isReply(), manip);
  }

  /** nf_nat_packet(): what the binding does to the source in one direction it does to the destination in the other. */
  private Verdict rewrite(Packet packet, Connection c, boolean reply, NatRange.Manip manip) {
    int bit = (manip == NatRange.Manip.SOURCE) != reply ? CtStatus.SRC_NAT : CtStatus.DST_NAT;
    return !c.has(bit) || rewriter.rewrite(packet, c, reply, manip)
        ? Verdict.ACCEPT
        : conntrack.drop("packet too short for NAT");
  }

  /** nf_nat_alloc_null_binding(): the address stays; the port may still have to change if the tuple is taken. */
  private Verdict bindToItself(Connection c, NatRange.Manip manip) {
    return setup(c, ITSELF, manip);
  }

  /** Makes of a tuple that answers what it becomes when its connection is masqueraded as the last one was. */
  void guess(TupleKey reply) {
    if (masqueraded != null && masqueraded.family() == reply.family()) {
      reply.dstHi = masqueraded.hi();
      reply.dstLo = masqueraded.lo();
    }
  }

  /** A range of one address with the ports and flags of {@code like}, or none. */
  private static NatRange single(IpAddress address, NatRange like) {
    Optional<IpAddress> one = Optional.of(address);
    return like == null
        ? new NatRange(one, one, 0, 0, 0, false, false, false, false, false)
        : new NatRange(one, one, like.minPort(), like.maxPort(), like.basePort(), like.ports(), like.random(),
            like.fullyRandom(), like.persistent(), like.offset());
  }

  /** Whether the end of the connection that {@code manip} rewrites is bound already: nf_nat_initialized(). */
  public boolean isInitialized(Connection connection, NatRange.Manip manip) {
    return connection.has(manip == NatRange.Manip.SOURCE ? CtStatus.SRC_NAT_DONE : CtStatus.DST_NAT_DONE);
  }

  /**
   * Binds one end of a new connection: nf_nat_setup_info(), what DNAT and SNAT end in. A confirmed connection is
   * left as it is; one that is bound already is dropped.
   */
  public Verdict setup(Connection connection, NatRange range, NatRange.Manip manip) {
    if (connection.isConfirmed()) {
      return Verdict.ACCEPT;
    }
    boolean source = manip == NatRange.Manip.SOURCE;
    if (isInitialized(connection, manip)) {
      return conntrack.drop("NAT binding decided twice");
    }
    picked.set(connection, true);
    present.setInverse(picked);
    picker.pick(picked, present, range, connection, manip);
    if (!picked.sameAs(present)) {
      present.setInverse(picked);
      present.storeReply(connection);
      connection.status |= source ? CtStatus.SRC_NAT : CtStatus.DST_NAT;
      if (connection.helperName() != null) {
        connection.adjustSequence();
      }
    }
    connection.status |= source ? CtStatus.SRC_NAT_DONE : CtStatus.DST_NAT_DONE;
    return Verdict.ACCEPT;
  }

  /**
   * NETMAP: the network of {@code range}, the rest from an address of the packet, which is not the connection's where an
   * answer to its first packet comes by before that is bound (netmap_tg6() in net/netfilter/xt_NETMAP.c).
   *
   * @param hi the packet's address at the end that {@code manip} rewrites, its first eight bytes; 0 for IPv4
   */
  public Verdict netmap(Connection connection, NatRange range, long hi, long lo, NatRange.Manip manip) {
    IpAddress min = range.minAddress().orElseThrow();
    IpAddress max = range.maxAddress().orElse(min);
    long hostHi = min.hi() ^ max.hi();
    long hostLo = min.lo() ^ max.lo();
    IpAddress one = new IpAddress(min.family(), min.hi() & ~hostHi | hi & hostHi, min.lo() & ~hostLo | lo & hostLo);
    return setup(connection, single(one, range), manip);
  }

  /**
   * MASQUERADE: SNAT to {@code source}, the address that the out-interface offers, with the ports of {@code range};
   * nf_nat_masquerade_ipv4() in net/netfilter/nf_nat_masquerade.c. A source of 0.0.0.0 is left alone. From where ports are shifted that
   * are to be ({@code --to-ports 80-90/5}) nobody says: the kernel leaves that to what its stack has there.
   *
   * @param outIndex index of the out-interface; the connection dies when it leaves by another
   */
  public Verdict masquerade(Connection connection, NatRange range, IpAddress source, int outIndex) {
    if (connection.family() == Family.IPV4 && connection.srcLo(false) == 0) {
      return Verdict.ACCEPT;
    }
    if (!connection.isConfirmed()) {
      connection.masqueradeIndex = outIndex;
    }
    if (range != masqueradeRange || !source.equals(masqueraded)) {
      masqueradeRange = range;
      masqueraded = source;
      masqueradeSingle = single(source, range.offset() ? range.withBasePort(NatRange.UNKNOWN_PORT) : range);
    }
    return setup(connection, masqueradeSingle, NatRange.Manip.SOURCE);
  }

  /** REDIRECT: DNAT to {@code destination}, with the ports of {@code range}; net/netfilter/nf_nat_redirect.c. */
  public Verdict redirect(Connection connection, NatRange range, IpAddress destination) {
    return setup(connection, single(destination, range), NatRange.Manip.DESTINATION);
  }

  /** Translates an expected connection as its master is: nf_nat_follow_master(). */
  void followMaster(Connection c, Expectation e) {
    Connection master = e.master;
    IpAddress from = new IpAddress(c.family(), master.dstHi(!e.reply), master.dstLo(!e.reply));
    setup(c, single(from, null), NatRange.Manip.SOURCE);
    IpAddress to = new IpAddress(c.family(), master.srcHi(!e.reply), master.srcLo(!e.reply));
    NatRange port = new NatRange(Optional.empty(), Optional.empty(), e.savedPort, e.savedPort, 0, true, false, false,
        false, false);
    setup(c, single(to, port), NatRange.Manip.DESTINATION);
  }

  /** Which end a hook rewrites: HOOK2MANIP. */
  public static NatRange.Manip manip(Hook hook) {
    return hook == Hook.POSTROUTING || hook == Hook.INPUT ? NatRange.Manip.SOURCE : NatRange.Manip.DESTINATION;
  }
}
