package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -m dccp [!] --sport p[:p] [!] --dport p[:p] [!] --dccp-types t,… [!] --dccp-option n}.
 *
 * <p>Kernel: dccp_mt() and dccp_find_option() in net/netfilter/xt_dccp.c. iptables: extensions/libxt_dccp.c.
 *
 * @param sourceGiven whether the option was there: one that spans all ports is printed
 * @param types bit t for packet type t; -1 without {@code --dccp-types}
 * @param option DCCP option number; 0 without {@code --dccp-option}
 */
record DccpMatch(
    PortRange source,
    boolean sourceGiven,
    PortRange destination,
    boolean destinationGiven,
    int types,
    boolean typesInverted,
    int option,
    boolean optionInverted)
    implements Match {

  /** sizeof(struct dccp_hdr). */
  private static final int HEADER = 12;
  private static final int INVALID = 10;
  private static final String[] NAMES = {
    "REQUEST", "RESPONSE", "DATA", "ACK", "DATAACK", "CLOSEREQ", "CLOSE", "RESET", "SYNC", "SYNCACK", "INVALID"};

  static final MatchExtension EXTENSION = new Extension("dccp",
      OptionSpec.invertible("--sport").alias("--source-port"),
      OptionSpec.invertible("--dport").alias("--destination-port"),
      OptionSpec.invertible("--dccp-types"), OptionSpec.invertible("--dccp-option")) {

    @Override
    public Set<Integer> protocols() {
      return Set.of(Protocols.DCCP);
    }

    @Override
    public Match parse(Options options) {
      return new DccpMatch(PortRange.parseResolved(options, "--sport"), options.has("--sport"),
          PortRange.parseResolved(options, "--dport"), options.has("--dport"),
          options.has("--dccp-types") ? types(options.argument("--dccp-types"), false) : -1, options.inverted("--dccp-types"),
          options.has("--dccp-option") ? (int) options.argument("--dccp-option").number(1, 255) : 0,
          options.inverted("--dccp-option"));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (!in.skip("dccp")) {
        return Optional.empty();
      }
      PortRange source = PortRange.readListing(in, "spt");
      PortRange destination = PortRange.readListing(in, "dpt");
      int mark = in.mark();
      boolean inverted = in.skip("!");
      int types = -1;
      if (in.peek().text().matches("[0-9]+(,[0-9]+)*|[A-Z]+(,[A-Z]+)*")) {
        types = types(in.next(), true);
      } else {
        in.reset(mark);
        inverted = false;
      }
      Argument option = in.skipPrefix("option=");
      return Optional.of(new DccpMatch(source, !source.equals(PortRange.ANY), destination,
          !destination.equals(PortRange.ANY), types, inverted, option == null ? 0 : afterBang(option).u8(),
          option != null && bang(option)));
    }
  };

  private static int types(Argument argument, boolean listed) {
    int types = 0;
    for (Argument part : argument.split(',')) {
      if (part.text().isEmpty()) {
        continue;
      }
      if (listed && Character.isDigit(part.text().charAt(0))) { // how iptables -L -n prints types
        types |= 1 << part.number(0, 15);
        continue;
      }
      int type = List.of(NAMES).indexOf(part.text().toUpperCase(Locale.ROOT));
      if (type < 0) {
        throw part.error("unknown DCCP type: " + part.text(), "expected some of " + String.join(" ", NAMES));
      }
      types |= type == INVALID ? 0xfc00 : 1 << type;
    }
    return types;
  }

  @Override
  public String name() {
    return "dccp";
  }

  @Override
  public int headerBytes() {
    return HEADER;
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    if (!TransportHeader.present(skb, par, headerBytes())
        || !source.matches(skb.sourcePort()) || !destination.matches(skb.destinationPort())) {
      return false;
    }
    int type = skb.u8(skb.transportOffset() + 8) >> 1 & 0xf;
    if (types >= 0 && (types >> type & 1) != 0 == typesInverted) {
      return false;
    }
    return option == 0 || TransportHeader.holds(hasOption(skb, par, type), optionInverted, par);
  }

  private boolean hasOption(SkBuff skb, ActionParam par, int type) {
    int start = skb.transportOffset();
    int fixed = fixedLength(skb, type);
    int headerLength = skb.u8(start + 4) * 4;
    if (headerLength < fixed || headerLength > fixed && !skb.hasTransport(headerLength)) {
      par.setHotdrop();
      return false;
    }
    int end = start + headerLength;
    for (int i = start + fixed; i < end;) {
      int kind = skb.u8(i);
      if (kind == option) {
        return true;
      }
      int length = kind >= 2 && i + 1 < end ? skb.u8(i + 1) : 1;
      i += length == 0 ? 1 : length;
    }
    return false;
  }

  /** __dccp_hdr_len(): the header without options, by sequence number length (bit X) and packet type. */
  private static int fixedLength(SkBuff skb, int type) {
    int base = HEADER + ((skb.u8(skb.transportOffset() + 8) & 1) != 0 ? 4 : 0);
    switch (type) {
      case 0: // REQUEST: service code
        return base + 4;
      case 2: // DATA
        return base;
      case 3: // ACK, DATAACK, CLOSEREQ, CLOSE, SYNC, SYNCACK: acknowledgement
      case 4:
      case 5:
      case 6:
      case 8:
      case 9:
        return base + 8;
      default: // RESPONSE: acknowledgement and service code; RESET and unknown types: acknowledgement and reset code
        return base + 12;
    }
  }

  @Override
  public void print(RuleWriter out) {
    if (sourceGiven) {
      source.printAlways(out, "--sport");
    }
    if (destinationGiven) {
      destination.printAlways(out, "--dport");
    }
    if (types >= 0) {
      out.option(typesInverted, "--dccp-types", names());
    }
    if (option != 0) {
      out.option(optionInverted, "--dccp-option", option);
    }
  }

  private String names() {
    StringBuilder text = new StringBuilder();
    for (int type = 0; type <= INVALID; type++) {
      if ((types >> type & 1) != 0) {
        text.append(text.length() == 0 ? "" : ",").append(NAMES[type]);
      }
    }
    return text.toString();
  }

  @Override
  public void list(ListingWriter out) {
    out.word("dccp");
    source.list(out, "spt");
    destination.list(out, "dpt");
    if (types >= 0) {
      StringBuilder text = new StringBuilder(typesInverted ? "! " : "");
      String separator = "";
      for (int type = 0; type < 16; type++) {
        if ((types >> type & 1) != 0) {
          text.append(separator).append(type);
          separator = ",";
        }
      }
      out.word(text.toString());
    }
    if (option != 0) {
      out.word("option=" + (optionInverted ? "!" : "") + option);
    }
  }

  @Override
  public Constraint constraint() {
    List<Constraint> parts = new ArrayList<>();
    source.constrain(Field.SOURCE_PORT, parts);
    destination.constrain(Field.DESTINATION_PORT, parts);
    if (types >= 0 || option != 0) {
      parts.add(Constraint.pureOpaque());
    }
    return parts.isEmpty() ? Constraint.any() : new Constraint.All(parts);
  }
}
