package io.sluice.analysis.fate;

import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.netfilter.Family;
import io.sluice.packet.IcmpTypes;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What may follow a connection's first packets. Each is asked about for itself, with headers of its own: the values that it has
 * are those on {@link Space#then} axes of the point.
 */
public enum Sequel {
  /** The first packet once more, before an answer. */
  AGAIN("first packets that are sent again"),
  /** A TCP reset in place of an answer. */
  REFUSAL("refusals"),
  /** What the opener sends behind its first three: data, FIN, RST, of any length. */
  LATER("later packets"),
  /** What the other side sends behind those: data, FIN, RST, of any length. */
  LATER_ANSWER("later answers"),
  /** An ICMP error about the first packet, from any address where that has gone: of a router, or of the one it was for. */
  ERROR("ICMP errors about the first packet"),
  /** An ICMP error about the answer. */
  ERROR_ABOUT_ANSWER("ICMP errors about the answer"),
  /** An ICMP error about the first packet from any address by any other interface, or a redirect by whichever: routers are anywhere. */
  STRAY_ERROR("ICMP errors from elsewhere and redirects about the first packet"),
  /** The same about the answer. */
  STRAY_ERROR_ABOUT_ANSWER("ICMP errors from elsewhere and redirects about the answer");

  /** How verdicts end of such as get where they are to. */
  public static final String PASS = " pass";

  static final int RESET = 0x14;
  private static final int LEAST_TTL = 2;
  /** RFC 1812: an error has no more; RFC 4443 lets IPv6 quote what fits in the least MTU. */
  static final int MOST_ERROR = 576;
  /** Behind the IP header of an error: its own header, and a quoted one with eight bytes. */
  static final int ERROR_HEADER = 8;
  private static final int PUSH_AND_CONGESTION = 0xc8;
  /** {@code tcp_valid_flags} in net/netfilter/nf_conntrack_proto_tcp.c, but for those with SYN; the bits above go with any. */
  private static final List<Integer> FLAGS = List.of(0x04, 0x14, 0x11, 0x31, 0x10, 0x30);
  /**
   * Unreachable, source quench, redirect, time exceeded, parameter problem; for IPv6 unreachable to parameter problem. Redirects of
   * IPv6 are no errors: they belong to no connection ({@code noct_valid_new} in nf_conntrack_proto_icmpv6.c), and NAT leaves them alone.
   */
  private static final List<Integer> ERRORS4 = List.of(3, 4, IcmpTypes.REDIRECT, 11, 12);
  private static final List<Integer> ERRORS6 = List.of(1, 2, 3, 4);

  /** What a packet that follows has of its own. */
  private static final List<Field> OWN = List.of(Field.IN_INTERFACE, Field.SOURCE, Field.ICMP_TYPE_CODE,
      Field.TCP_FLAGS, Field.LENGTH, Field.TTL, Field.TOS);

  private final String words;

  Sequel(String words) {
    this.words = words;
  }

  /** What messages call them. */
  public String words() {
    return words;
  }

  /** Whether they are ICMP errors. */
  public boolean isError() {
    return this == ERROR || this == ERROR_ABOUT_ANSWER || isStray();
  }

  /** Whether they are ICMP errors that come in elsewhere than where the packet went, or redirects. */
  public boolean isStray() {
    return this == STRAY_ERROR || this == STRAY_ERROR_ABOUT_ANSWER;
  }

  /** Whether they are about a connection's answer: ICMP errors. */
  public boolean isAboutAnswer() {
    return this == ERROR_ABOUT_ANSWER || this == STRAY_ERROR_ABOUT_ANSWER;
  }

  /** Whether there may be such behind a connection that has this fate, as far as its first packets, the answer and the next go. */
  public boolean mayFollow(Fate fate) {
    return fate.isUndecided() || fate.outcomes().map(Fate.End.class::cast).anyMatch(this::mayFollow);
  }

  private boolean mayFollow(Fate.End end) {
    return isLate() ? end.verdict().equals(ConnectionProbe.CONNECTS)
        : ConnectionProbe.hasPassed(end) && !(isAboutAnswer() && end.verdict().startsWith(ConnectionProbe.UNANSWERED));
  }

  /** Whether they come from the other side, or are about what the opener has sent. */
  boolean isBack() {
    return this == REFUSAL || this == LATER_ANSWER || isError() && !isAboutAnswer();
  }

  boolean isLate() {
    return this == LATER || this == LATER_ANSWER;
  }

  /** The ICMP types of errors; for IPv4 redirects, too. */
  public static ValueSet errorTypes(Family family) {
    return ValueSet.union((family == Family.IPV4 ? ERRORS4 : ERRORS6).stream().map(Sequel::ofType).toList());
  }

  /** ICMP redirects, of any code. */
  static ValueSet redirects() {
    return ofType(IcmpTypes.REDIRECT);
  }

  private static ValueSet ofType(int type) {
    return ValueSet.range(type << 8, type << 8 | 0xff);
  }

  /**
   * First packets, together with those that follow them.
   *
   * @param firsts some of {@link ConnectionProbe#first}'s
   */
  public List<Cube> question(Space space, List<Cube> firsts) {
    OWN.forEach(space::then); // points have all of them
    List<Cube> all = new ArrayList<>();
    for (Cube first : firsts) {
      Cube cube = this == REFUSAL ? first.with(space.axis(Field.PROTOCOL), ValueSet.of(Protocols.TCP)) : first;
      Cube confined = cube == null ? null : confined(space, cube);
      if (confined != null) {
        all.add(confined);
      }
    }
    return all;
  }

  private Cube confined(Space space, Cube first) {
    if (this == AGAIN) {
      return first;
    }
    int header = space.family().headerLength();
    int most = ConnectionProbe.mostLength(space);
    boolean v4 = space.family() == Family.IPV4;
    Cube cube = first.with(space.then(Field.TTL), ValueSet.range(LEAST_TTL, 255));
    if (isError()) {
      ValueSet types = errorTypes(space.family());
      Cube error = cube.with(space.then(Field.ICMP_TYPE_CODE), v4 && !isStray() ? types.minus(redirects()) : types)
          .with(space.then(Field.LENGTH), ValueSet.range(2 * (header + ERROR_HEADER), v4 ? Math.min(MOST_ERROR, most) : most));
      return isStray() ? error.with(space.then(Field.IN_INTERFACE), ConnectionProbe.interfaces(space)) : error;
    }
    cube = cube.with(space.then(Field.LENGTH), ValueSet.range(header + ConnectionProbe.LEAST_LENGTH, most));
    boolean tcp = ValueSet.of(Protocols.TCP).equals(first.values(space.axis(Field.PROTOCOL)));
    return isLate() && tcp ? cube.with(space.then(Field.TCP_FLAGS), laterFlags()) : cube;
  }

  private static ValueSet laterFlags() {
    return ValueSet.union(IntStream.range(0, 256).filter(flags -> FLAGS.contains(flags & ~PUSH_AND_CONGESTION))
        .mapToObj(ValueSet::of).toList());
  }
}
