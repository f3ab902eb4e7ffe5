package io.sluice.match;

import io.sluice.conntrack.Connection;
import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.extension.ProtocolNames;
import io.sluice.net.ActionParam;
import io.sluice.net.CtState;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * {@code -m conntrack} with any of {@code --ctstate --ctproto --ctorigsrc --ctorigdst --ctreplsrc --ctrepldst
 * --ctorigsrcport --ctorigdstport --ctreplsrcport --ctrepldstport --ctstatus --ctexpire --ctdir}.
 *
 * <p>Kernel: conntrack_mt() and ct_proto_port_check_v3() in net/netfilter/xt_conntrack.c. iptables:
 * extensions/libxt_conntrack.c, revision 3. A packet without a connection is asked for its state alone: with
 * {@code --ctstate} that holds, all other options hold too; without {@code --ctstate} it never matches.
 *
 * @param states null without {@code --ctstate}
 * @param protocol null without {@code --ctproto}
 * @param addresses original source and destination, reply source and destination; null where not given
 * @param ports the same for ports; null where not given
 * @param status null without {@code --ctstatus}
 * @param expires seconds; null without {@code --ctexpire}
 * @param reply {@code --ctdir}: null without
 */
record ConntrackMatch(
    CtStateMask states, boolean statesInverted, Integer protocol, boolean protocolInverted, List<CtAddress> addresses,
    List<PortRange> ports, Integer status, boolean statusInverted, NumberRange expires, boolean expiresInverted,
    Boolean reply)
    implements Match {

  private static final String[] ADDRESSES = {"ctorigsrc", "ctorigdst", "ctreplsrc", "ctrepldst"};
  private static final String[] PORTS = {"ctorigsrcport", "ctorigdstport", "ctreplsrcport", "ctrepldstport"};
  private static final String[] STATUS = {"EXPECTED", "SEEN_REPLY", "ASSURED", "CONFIRMED"};
  private static final long MAX = 0xffff_ffffL;

  static final MatchExtension EXTENSION = new ConntrackExtension();

  /** An address under a mask that, other than {@link AddressMask}, prints with the host bits as they were given. */
  record CtAddress(IpAddress address, AddressMask mask, boolean inverted) {
    static CtAddress parse(Argument argument, boolean inverted, Family family) {
      int slash = argument.text().indexOf('/');
      IpAddress address = (slash < 0 ? argument : argument.part(0, slash)).hostAddress(family);
      return new CtAddress(address, argument.hostMask(family), inverted);
    }

    @Override
    public String toString() {
      int bits = mask.prefixLength();
      return bits == address.family().addressBits() ? address.toString() : address + "/" + bits;
    }
  }

  private static final class ConntrackExtension extends Extension {
    ConntrackExtension() {
      super("conntrack", OptionSpec.invertible("--ctstate"), OptionSpec.invertible("--ctproto"),
          OptionSpec.invertible("--ctorigsrc"), OptionSpec.invertible("--ctorigdst"), OptionSpec.invertible("--ctreplsrc"),
          OptionSpec.invertible("--ctrepldst"), OptionSpec.invertible("--ctorigsrcport"),
          OptionSpec.invertible("--ctorigdstport"), OptionSpec.invertible("--ctreplsrcport"),
          OptionSpec.invertible("--ctrepldstport"), OptionSpec.invertible("--ctstatus"),
          OptionSpec.invertible("--ctexpire"), OptionSpec.value("--ctdir"));
    }

    @Override
    public Match parse(Options options) {
      if (options.isEmpty()) {
        throw options.missing("at least one of its options, such as --ctstate");
      }
      Builder b = new Builder(options.family());
      for (OptionSpec spec : options()) {
        if (options.has(spec.name())) {
          b.set(spec.name().substring(2), options.argument(spec.name()), options.inverted(spec.name()), options::resolvedPort);
        }
      }
      return b.build();
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      Builder b = new Builder(in.family());
      boolean any = false;
      while (true) {
        int mark = in.mark();
        boolean inverted = in.skip("!");
        String option = in.peek().text();
        if (options().stream().noneMatch(o -> o.isCalled("--" + option))) {
          in.reset(mark);
          return any ? Optional.of(b.build()) : Optional.empty();
        }
        in.next();
        Argument value = in.next();
        if (value.text().equals("anywhere")) {
          value = new Argument(in.family() == Family.IPV4 ? "0.0.0.0/0" : "::/0", value.offset());
        }
        b.set(option, value, inverted, in::port);
        any = true;
      }
    }
  }

  /** Collects options by name. */
  private static final class Builder {
    private final Family family;
    private CtStateMask states;
    private boolean statesInverted;
    private Integer protocol;
    private boolean protocolInverted;
    private final CtAddress[] addresses = new CtAddress[4];
    private final PortRange[] ports = new PortRange[4];
    private Integer status;
    private boolean statusInverted;
    private NumberRange expires;
    private boolean expiresInverted;
    private Boolean reply;

    Builder(Family family) {
      this.family = family;
    }

    void set(String option, Argument argument, boolean inverted, java.util.function.ToIntFunction<Argument> port) {
      int address = Arrays.asList(ADDRESSES).indexOf(option);
      int portIndex = Arrays.asList(PORTS).indexOf(option);
      if (address >= 0) {
        addresses[address] = CtAddress.parse(argument, inverted, family);
      } else if (portIndex >= 0) {
        ports[portIndex] = ports(argument, inverted, port);
      } else if (option.equals("ctstate")) {
        states = CtStateMask.parse(argument, 7);
        statesInverted = inverted;
      } else if (option.equals("ctproto")) {
        protocol = protocol(argument);
        protocolInverted = inverted;
      } else if (option.equals("ctstatus")) {
        status = status(argument);
        statusInverted = inverted;
      } else if (option.equals("ctexpire")) {
        expires = NumberRange.parse(argument, MAX);
        expiresInverted = inverted;
      } else {
        reply = reply(argument);
      }
    }

    ConntrackMatch build() {
      return new ConntrackMatch(states, statesInverted, protocol, protocolInverted, Arrays.asList(addresses),
          Arrays.asList(ports), status, statusInverted, expires, expiresInverted, reply);
    }
  }

  private static PortRange ports(Argument argument, boolean inverted, java.util.function.ToIntFunction<Argument> port) {
    int colon = argument.text().indexOf(':');
    if (colon < 0) {
      int only = port.applyAsInt(argument);
      return new PortRange(only, only, inverted);
    }
    Argument from = argument.part(0, colon);
    Argument to = argument.part(colon + 1, argument.text().length());
    return new PortRange(from.text().isEmpty() ? 0 : port.applyAsInt(from),
        to.text().isEmpty() ? 0xffff : port.applyAsInt(to), inverted);
  }

  private static int protocol(Argument argument) {
    if (argument.text().matches("\\s*\\+?[0-9].*")) {
      return argument.u8();
    }
    return ProtocolNames.exactNumber(argument.text())
        .orElseThrow(() -> argument.error("unknown protocol: " + argument.text(), "expected a name or 0..255"));
  }

  private static int status(Argument argument) {
    int status = 0;
    for (Argument part : argument.split(',')) {
      String word = part.text().toUpperCase(Locale.ROOT);
      int bit = -1;
      for (int i = 0; i < STATUS.length && bit < 0; i++) {
        bit = !word.isEmpty() && STATUS[i].startsWith(word) ? 1 << i : -1;
      }
      if (!word.isEmpty() && "NONE".startsWith(word)) {
        bit = 0;
      }
      if (bit < 0) {
        throw part.error("bad connection status: " + part.text(), "expected NONE " + String.join(" ", STATUS));
      }
      status |= bit;
    }
    return status;
  }

  private static boolean reply(Argument argument) {
    if (argument.text().equalsIgnoreCase("ORIGINAL")) {
      return false;
    }
    if (argument.text().equalsIgnoreCase("REPLY")) {
      return true;
    }
    throw argument.error("bad direction: " + argument.text(), "expected ORIGINAL or REPLY");
  }

  @Override
  public String name() {
    return "conntrack";
  }

  @Override
  public boolean needsConntrack() {
    return true;
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    if (states != null && states.holds(CtState.of(skb.ct())) == statesInverted) {
      return false;
    }
    Connection ct = skb.ct().connection();
    if (ct == null) {
      return states != null;
    }
    if (reply != null && skb.ct().info().isReply() != reply) {
      return false;
    }
    for (int i = 0; i < 4; i++) {
      if (!addressHolds(ct, i) || !portHolds(ct, i)) {
        return false;
      }
    }
    if (protocol != null && (ct.protocol() == protocol) == protocolInverted
        || status != null && ((ct.status() & status) != 0) == statusInverted) {
      return false;
    }
    return expires == null || expires.holds(par.net().conntrack().secondsLeft(ct)) != expiresInverted;
  }

  private boolean addressHolds(Connection ct, int i) {
    CtAddress wanted = addresses.get(i);
    if (wanted == null) {
      return true;
    }
    boolean reply = i >= 2;
    boolean source = i % 2 == 0;
    return wanted.mask.matches(source ? ct.srcHi(reply) : ct.dstHi(reply), source ? ct.srcLo(reply) : ct.dstLo(reply))
        != wanted.inverted;
  }

  private boolean portHolds(Connection ct, int i) {
    PortRange wanted = ports.get(i);
    return wanted == null || wanted.matches(i % 2 == 0 ? ct.srcId(i >= 2) : ct.dstId(i >= 2));
  }

  @Override
  public void print(RuleWriter out) {
    print(out, "--");
  }

  @Override
  public void list(ListingWriter out) {
    RuleWriter words = new RuleWriter();
    print(words, "");
    out.word(words.toString());
  }

  private void print(RuleWriter out, String dashes) {
    if (states != null) {
      out.option(statesInverted, dashes + "ctstate", states);
    }
    if (protocol != null) {
      out.option(protocolInverted, dashes + "ctproto", protocol);
    }
    for (int i = 0; i < 4; i++) {
      if (addresses.get(i) != null) {
        out.option(addresses.get(i).inverted, dashes + ADDRESSES[i], addresses.get(i));
      }
    }
    for (int i = 0; i < 4; i++) {
      PortRange range = ports.get(i);
      if (range != null) {
        // A last port of 0 is taken for a single port, as in conntrack_dump_ports().
        out.option(range.inverted(), dashes + PORTS[i], range.last() == 0 || range.first() == range.last()
            ? Integer.toString(range.first()) : range.first() + ":" + range.last());
      }
    }
    if (status != null) {
      out.option(statusInverted, dashes + "ctstatus", statusText());
    }
    if (expires != null) {
      out.option(expiresInverted, dashes + "ctexpire", expires);
    }
    if (reply != null) {
      out.option(dashes + "ctdir", reply ? "REPLY" : "ORIGINAL");
    }
  }

  private String statusText() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < STATUS.length; i++) {
      if ((status >> i & 1) != 0) {
        text.append(text.length() == 0 ? "" : ",").append(STATUS[i]);
      }
    }
    return text.length() == 0 ? "NONE" : text.toString();
  }

  @Override
  public Constraint constraint() {
    boolean more = protocol != null || status != null || expires != null || reply != null
        || addresses.stream().anyMatch(Objects::nonNull) || ports.stream().anyMatch(Objects::nonNull);
    if (!more) {
      return states.constraint(statesInverted);
    }
    if (expires != null) { // time passes
      return states == null ? Constraint.opaque() : new Constraint.All(List.of(states.constraint(statesInverted), Constraint.opaque()));
    }
    return states == null ? Constraint.pureOpaque()
        : new Constraint.All(List.of(states.constraint(statesInverted), Constraint.pureOpaque()));
  }
}
