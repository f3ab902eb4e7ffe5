package io.sluice.conntrack;

import io.sluice.host.Sysctls;

/**
 * The knobs of connection tracking, net.netfilter.nf_conntrack_*, with the kernel's defaults: sysctl tables in
 * net/netfilter/nf_conntrack_standalone.c, timeouts in nf_conntrack_proto_*.c. Timeouts are in nanoseconds.
 */
final class Settings {
  private static final String PREFIX = "net.netfilter.nf_conntrack_";
  private static final long SECOND = 1_000_000_000L;

  private final Sysctls sysctls;

  /** How many connections may be in the table; 0 is no limit. */
  final long max;
  /** How many hash buckets the kernel's table has: early_drop() looks at eight of them. */
  final int buckets;
  final int expectMax;
  final boolean checksum;
  final boolean accounting;
  final boolean tcpLoose;
  final boolean tcpBeLiberal;
  final boolean tcpIgnoreInvalidRst;
  final int tcpMaxRetrans;
  /** By {@link TcpState}. */
  final long[] tcp;
  final long tcpRetrans;
  final long tcpUnacknowledged;
  final long udp;
  final long udpStream;
  final long icmp;
  final long icmpv6;
  final long generic;
  final long gre;
  final long greStream;
  /** By {@link SctpState}. */
  final long[] sctp;
  /**
   * Whether this kernel knows DCCP: Linux 6.17 dropped its tracker, and with it these knobs; a host whose list of knobs has
   * them is older.
   */
  final boolean dccpTracked;
  final boolean dccpLoose;
  /** By {@link DccpState}. */
  final long[] dccp;

  Settings(Sysctls sysctls) {
    this.sysctls = sysctls;
    max = sysctls.number(PREFIX + "max", sysctls.number("net.nf_conntrack_max", 262_144));
    buckets = (int) Math.max(1, Math.min(1 << 30, sysctls.number(PREFIX + "buckets", 262_144)));
    expectMax = (int) sysctls.number(PREFIX + "expect_max", Math.max(1, buckets / 256) * 4L);
    checksum = sysctls.flag(PREFIX + "checksum", true);
    accounting = sysctls.flag(PREFIX + "acct", false);
    tcpLoose = sysctls.flag(PREFIX + "tcp_loose", true);
    tcpBeLiberal = sysctls.flag(PREFIX + "tcp_be_liberal", false);
    tcpIgnoreInvalidRst = sysctls.flag(PREFIX + "tcp_ignore_invalid_rst", false);
    tcpMaxRetrans = (int) sysctls.number(PREFIX + "tcp_max_retrans", 3);
    tcp = new long[TcpState.COUNT];
    tcp[TcpState.SYN_SENT] = seconds("tcp_timeout_syn_sent", 120);
    tcp[TcpState.SYN_RECV] = seconds("tcp_timeout_syn_recv", 60);
    tcp[TcpState.ESTABLISHED] = seconds("tcp_timeout_established", 432_000);
    tcp[TcpState.FIN_WAIT] = seconds("tcp_timeout_fin_wait", 120);
    tcp[TcpState.CLOSE_WAIT] = seconds("tcp_timeout_close_wait", 60);
    tcp[TcpState.LAST_ACK] = seconds("tcp_timeout_last_ack", 30);
    tcp[TcpState.TIME_WAIT] = seconds("tcp_timeout_time_wait", 120);
    tcp[TcpState.CLOSE] = seconds("tcp_timeout_close", 10);
    tcp[TcpState.SYN_SENT2] = 120 * SECOND; // has no knob
    tcpRetrans = seconds("tcp_timeout_max_retrans", 300);
    tcpUnacknowledged = seconds("tcp_timeout_unacknowledged", 300);
    udp = seconds("udp_timeout", 30);
    udpStream = seconds("udp_timeout_stream", 120);
    icmp = seconds("icmp_timeout", 30);
    icmpv6 = seconds("icmpv6_timeout", 30);
    generic = seconds("generic_timeout", 600);
    gre = seconds("gre_timeout", 30);
    greStream = seconds("gre_timeout_stream", 180);
    sctp = new long[SctpState.COUNT];
    sctp[SctpState.NONE] = 10 * SECOND; // copied from CLOSED's default when the namespace begins, so the knob is not heard
    sctp[SctpState.CLOSED] = seconds("sctp_timeout_closed", 10);
    sctp[SctpState.COOKIE_WAIT] = seconds("sctp_timeout_cookie_wait", 3);
    sctp[SctpState.COOKIE_ECHOED] = seconds("sctp_timeout_cookie_echoed", 3);
    sctp[SctpState.ESTABLISHED] = seconds("sctp_timeout_established", 210);
    sctp[SctpState.SHUTDOWN_SENT] = seconds("sctp_timeout_shutdown_sent", 3);
    sctp[SctpState.SHUTDOWN_RECD] = seconds("sctp_timeout_shutdown_recd", 3);
    sctp[SctpState.SHUTDOWN_ACK_SENT] = seconds("sctp_timeout_shutdown_ack_sent", 3);
    sctp[SctpState.HEARTBEAT_SENT] = seconds("sctp_timeout_heartbeat_sent", 30);
    dccpTracked = sysctls.text(PREFIX + "dccp_loose").isPresent()
        || sysctls.text(PREFIX + "dccp_timeout_open").isPresent();
    dccpLoose = sysctls.flag(PREFIX + "dccp_loose", true);
    dccp = new long[DccpState.COUNT];
    dccp[DccpState.REQUEST] = seconds("dccp_timeout_request", 240);
    dccp[DccpState.RESPOND] = seconds("dccp_timeout_respond", 480);
    dccp[DccpState.PARTOPEN] = seconds("dccp_timeout_partopen", 480);
    dccp[DccpState.OPEN] = seconds("dccp_timeout_open", 43_200);
    dccp[DccpState.CLOSEREQ] = seconds("dccp_timeout_closereq", 64);
    dccp[DccpState.CLOSING] = seconds("dccp_timeout_closing", 64);
    dccp[DccpState.TIMEWAIT] = seconds("dccp_timeout_timewait", 240);
  }

  private long seconds(String name, long absent) {
    return sysctls.number(PREFIX + name, absent) * SECOND;
  }
}
