package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.HeaderHint;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * {@code -m hbh [!] --hbh-len n --hbh-opts type[:length],…} and {@code -m dst} with {@code --dst-len}, {@code --dst-opts}:
 * the IPv6 hop-by-hop and destination options.
 *
 * <p>Kernel: hbh_mt6() in net/ipv6/netfilter/ip6t_hbh.c. iptables: extensions/libip6t_hbh.c, libip6t_dst.c.
 *
 * @param hopByHop hbh, otherwise dst
 * @param length the header's length in bytes; null for any
 * @param options the first options, in order: {@code type << 8 | length}, 255 for any length
 */
record OptionsHeaderMatch(boolean hopByHop, Long length, boolean lengthInverted, boolean optionsGiven, List<Integer> options)
    implements Match {

  private static final int MAX = 16;
  /** An option that nobody knows and everybody skips. */
  private static final int SKIPPED = 0x1e;

  static final MatchExtension EXTENSION_HBH = new HeaderExtension(true, "hbh");
  static final MatchExtension EXTENSION_DST = new HeaderExtension(false, "dst");

  private static final class HeaderExtension extends Extension {
    private final boolean hopByHop;

    HeaderExtension(boolean hopByHop, String name) {
      super(Family.IPV6, name, OptionSpec.invertible("--" + name + "-len"), OptionSpec.value("--" + name + "-opts"));
      this.hopByHop = hopByHop;
    }

    @Override
    public Match parse(Options options) {
      String length = "--" + name() + "-len";
      String list = "--" + name() + "-opts";
      return new OptionsHeaderMatch(hopByHop,
          options.has(length) ? options.argument(length).number(0, 0xffff_ffffL) : null, options.inverted(length),
          options.has(list), options.has(list) ? parseOptions(options.argument(list)) : List.of());
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (!in.skip(name())) {
        return Optional.empty();
      }
      Argument length = in.skipPrefix("length:");
      boolean given = in.skip("opts");
      return Optional.of(new OptionsHeaderMatch(hopByHop, length == null ? null : afterBang(length).number(0, 0xffff_ffffL),
          length != null && bang(length), given, given ? parseOptions(in.next()) : List.of()));
    }
  }

  /** strtoul(), of which one byte is kept. */
  private static int lowByte(Argument number) {
    boolean negative = number.text().startsWith("-");
    long value = negative ? -number.part(1, number.text().length()).u64() : number.u64();
    return (int) value & 0xff;
  }

  private static List<Integer> parseOptions(Argument argument) {
    List<Integer> options = new ArrayList<>();
    for (Argument option : argument.split(',')) {
      List<Argument> parts = option.split(':');
      int type = lowByte(parts.get(0));
      if (parts.size() > 2 || parts.size() == 2 && type == 0) {
        throw option.error("bad option: " + option.text(), "expected type[:length]; Pad1 (0) has no length");
      }
      options.add(type << 8 | (parts.size() == 2 ? lowByte(parts.get(1)) : 0xff));
    }
    if (options.size() > MAX) {
      throw argument.error("too many options", "expected at most " + MAX);
    }
    return options;
  }

  @Override
  public String name() {
    return hopByHop ? "hbh" : "dst";
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    int at = ExtensionHeaders.find(skb, hopByHop ? Protocols.HOPOPT : Protocols.IPV6_DESTINATION, 2, par);
    if (at < 0) {
      return false;
    }
    int size = (skb.u8(at + 1) + 1) * 8;
    if (skb.length() - at < size || length != null && (length == size) == lengthInverted) {
      return false;
    }
    return optionsHold(skb, at + 2, size - 2);
  }

  private boolean optionsHold(SkBuff skb, int start, int available) {
    int at = start;
    int left = available;
    for (int i = 0; i < options.size(); i++) {
      int wanted = options.get(i);
      if (left < 1 || skb.u8(at) != wanted >> 8) {
        return false;
      }
      int size = 1;
      if (wanted >> 8 != 0) {
        if (left < 2 || (wanted & 0xff) != 0xff && (wanted & 0xff) != skb.u8(at + 1)) {
          return false;
        }
        size = skb.u8(at + 1) + 2;
      }
      // The last option that is asked for may reach past the header.
      if (left < size && i < options.size() - 1) {
        return false;
      }
      at += size;
      left -= size;
    }
    return true;
  }

  @Override
  public void print(RuleWriter out) {
    if (length != null) {
      out.option(lengthInverted, "--" + name() + "-len", length);
    }
    if (optionsGiven) {
      out.option("--" + name() + "-opts", text());
    }
  }

  @Override
  public void list(ListingWriter out) {
    out.word(name());
    if (length != null) {
      out.word("length:" + (lengthInverted ? "!" : "") + length);
    }
    if (optionsGiven) {
      out.word("opts " + text());
    }
  }

  private String text() {
    StringBuilder text = new StringBuilder();
    for (int option : options) {
      text.append(text.length() == 0 ? "" : ",").append(option >> 8);
      if ((option & 0xff) != 0xff) {
        text.append(':').append(option & 0xff);
      }
    }
    return text.toString();
  }

  @Override
  public Constraint constraint() {
    return Constraint.pureOpaque();
  }

  @Override
  public List<HeaderHint> exampleHeaders() {
    List<Integer> bytes = new ArrayList<>();
    for (int option : options) {
      bytes.add(option >> 8);
      int size = option >> 8 == 0 ? -1 : (option & 0xff) == 0xff ? 0 : option & 0xff;
      for (int i = -1; i < size; i++) {
        bytes.add(i < 0 ? size : 0);
      }
    }
    int[] body = new int[ExtensionHeaders.bodySize(Math.max(6, bytes.size()), length == null ? -1 : length, lengthInverted)];
    for (int i = 0; i < Math.min(body.length, bytes.size()); i++) {
      body[i] = bytes.get(i);
    }
    if (body.length >= bytes.size() + 2) { // more than 7 bytes of padding together end a packet: ip6_parse_tlv()
      body[bytes.size()] = SKIPPED;
      body[bytes.size() + 1] = body.length - bytes.size() - 2;
    }
    return List.of(new HeaderHint(hopByHop ? Protocols.HOPOPT : Protocols.IPV6_DESTINATION, body));
  }
}
