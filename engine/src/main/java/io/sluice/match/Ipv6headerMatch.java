package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.extension.ProtocolNames;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.packet.Ipv6Extensions;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.HeaderHint;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code -m ipv6header [!] --header h,… [--soft]}: which extension headers a packet has: exactly these, or with
 * {@code --soft} at least these.
 *
 * <p>Kernel: ipv6header_mt6() in net/ipv6/netfilter/ip6t_ipv6header.c. iptables: extensions/libip6t_ipv6header.c.
 *
 * @param headers bits of {@link #BITS}
 */
record Ipv6headerMatch(int headers, boolean inverted, boolean soft) implements Match {

  /** Header numbers from the highest bit down: MASK_HOPOPTS .. MASK_PROTO; the last stands for any transport protocol. */
  private static final int[] BITS = {Protocols.HOPOPT, Protocols.IPV6_DESTINATION, Protocols.IPV6_ROUTE,
    Protocols.IPV6_FRAGMENT, Protocols.AH, Protocols.ESP, Protocols.IPV6_NONE, 255};
  private static final int ESP = 4;
  private static final int NONE = 2;
  private static final int PROTOCOL = 1;
  private static final String[] PRINTED = {"hop-by-hop", "ipv6-opts", "ipv6-route", "ipv6-frag", "ah", "esp",
    "ipv6-nonxt", "protocol"};
  private static final Map<String, Integer> NAMES = Map.ofEntries(Map.entry("hop-by-hop", 0), Map.entry("protocol", 255),
      Map.entry("hop", 0), Map.entry("dst", 60), Map.entry("route", 43), Map.entry("frag", 44), Map.entry("auth", 51),
      Map.entry("none", 59), Map.entry("prot", 255));

  static final MatchExtension EXTENSION =
      new Extension(Family.IPV6, "ipv6header", OptionSpec.invertible("--header"), OptionSpec.flag("--soft")) {
    @Override
    public Match parse(Options options) {
      return new Ipv6headerMatch(headers(options.require("--header")), options.inverted("--header"), options.has("--soft"));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (!in.skip("ipv6header")) {
        return Optional.empty();
      }
      Argument flags = in.skipPrefix("flags:");
      Argument value = flags == null ? in.peek() : afterBang(flags);
      int headers = value.text().startsWith("0x") ? value.u8() : headers(value);
      return Optional.of(new Ipv6headerMatch(headers, flags != null && bang(flags), in.skip("soft")));
    }
  };

  private static int headers(Argument argument) {
    int headers = 0;
    List<Argument> parts = argument.split(',').stream().filter(part -> !part.text().isEmpty()).toList(); // strtok() skips them
    for (Argument part : parts.isEmpty() ? List.of(argument) : parts) {
      String name = part.text();
      int number = name.matches("0|[1-9][0-9]{0,2}") ? Integer.parseInt(name)
          : ProtocolNames.fileNumber(name).orElse(NAMES.getOrDefault(name, -1));
      int bit = 0;
      for (int i = 0; i < BITS.length; i++) {
        bit |= BITS[i] == number ? 0x80 >> i : 0;
      }
      if (bit == 0) {
        throw part.error("not an extension header: " + part.text(), "expected some of hop dst route frag auth esp none prot");
      }
      headers |= bit;
    }
    return headers;
  }

  @Override
  public String name() {
    return "ipv6header";
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    int next = skb.u8(6);
    int at = 40;
    int left = skb.length() - at;
    int found = 0;
    while (Ipv6Extensions.isExtension(next) || next == Protocols.ESP) {
      if (next == Protocols.IPV6_NONE) {
        found |= NONE;
        break;
      }
      if (left < 2) {
        return false;
      }
      if (next == Protocols.ESP) {
        found |= ESP;
        break;
      }
      int size = next == Protocols.IPV6_FRAGMENT ? 8
          : next == Protocols.AH ? (skb.u8(at + 1) + 2) * 4 : (skb.u8(at + 1) + 1) * 8;
      for (int i = 0; i < BITS.length; i++) {
        found |= BITS[i] == next ? 0x80 >> i : 0;
      }
      next = skb.u8(at);
      left -= size;
      at += size;
      if (at > skb.length()) {
        break;
      }
    }
    if (next != Protocols.IPV6_NONE && next != Protocols.ESP) {
      found |= PROTOCOL;
    }
    int inverse = inverted ? 0xff : 0;
    return soft ? ((found ^ headers ^ inverse) & headers) == 0 : (found == headers) != inverted;
  }

  @Override
  public void print(RuleWriter out) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < BITS.length; i++) {
      if ((headers & 0x80 >> i) != 0) {
        text.append(text.length() == 0 ? "" : ",").append(PRINTED[i]);
      }
    }
    out.option(inverted, "--header", text);
    if (soft) {
      out.word("--soft");
    }
  }

  @Override
  public void list(ListingWriter out) {
    out.word(String.format("ipv6header flags:%s0x%02X%s", inverted ? "!" : "", headers, soft ? " soft" : ""));
  }

  @Override
  public Constraint constraint() {
    return Constraint.pureOpaque();
  }

  @Override
  public List<HeaderHint> exampleHeaders() {
    List<HeaderHint> wanted = new ArrayList<>();
    for (int i = 0; i < BITS.length - 1; i++) {
      if ((headers & 0x80 >> i) != 0 && !inverted) {
        boolean last = BITS[i] == Protocols.ESP || BITS[i] == Protocols.IPV6_NONE;
        wanted.add(new HeaderHint(BITS[i], new int[last ? 8 : BITS[i] == Protocols.AH ? 10 : 6]));
      }
    }
    return inverted && headers == PROTOCOL ? List.of(new HeaderHint(Protocols.IPV6_DESTINATION, new int[6])) : wanted;
  }
}
