package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
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
 * {@code -m rt [!] --rt-type n [!] --rt-segsleft n[:n] [!] --rt-len n --rt-0-res --rt-0-addrs a,… --rt-0-not-strict}: the
 * IPv6 routing header.
 *
 * <p>Kernel: rt_mt6() in net/ipv6/netfilter/ip6t_rt.c. iptables: extensions/libip6t_rt.c.
 *
 * @param type -1 without {@code --rt-type}
 * @param length in bytes; -1 without {@code --rt-len}
 * @param addresses null without {@code --rt-0-addrs}
 */
record RtMatch(
    long type, boolean typeInverted, SpiRange segments, long length, boolean lengthInverted, boolean reserved,
    List<IpAddress> addresses, boolean notStrict)
    implements Match {

  private static final int MAX = 16;
  private static final long ANY = 0xffff_ffffL;

  static final MatchExtension EXTENSION = new Extension(Family.IPV6, "rt",
      OptionSpec.invertible("--rt-type"), OptionSpec.invertible("--rt-segsleft"), OptionSpec.invertible("--rt-len"),
      OptionSpec.flag("--rt-0-res"), OptionSpec.value("--rt-0-addrs"), OptionSpec.flag("--rt-0-not-strict")) {
    @Override
    public Match parse(Options options) {
      long type = options.has("--rt-type") ? options.argument("--rt-type").number(0, ANY) : -1;
      for (String option : List.of("--rt-0-res", "--rt-0-addrs")) {
        if (options.has(option) && (type != 0 || options.inverted("--rt-type") || !before(options, "--rt-type", option))) {
          throw options.uses(option).get(0).name().error(option + " without --rt-type 0", "expected --rt-type 0 before it");
        }
      }
      if (options.has("--rt-0-not-strict") && (!options.has("--rt-0-addrs") || !before(options, "--rt-0-addrs", "--rt-0-not-strict"))) {
        throw options.uses("--rt-0-not-strict").get(0).name().error("--rt-0-not-strict without --rt-0-addrs",
            "expected --rt-0-addrs before it");
      }
      return new RtMatch(type, options.inverted("--rt-type"), SpiRange.parse(options, "--rt-segsleft", SpiRange.ANY),
          options.has("--rt-len") ? options.argument("--rt-len").number(0, ANY) : -1, options.inverted("--rt-len"),
          options.has("--rt-0-res"), options.has("--rt-0-addrs") ? addresses(options.argument("--rt-0-addrs")) : null,
          options.has("--rt-0-not-strict"));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (!in.skip("rt")) {
        return Optional.empty();
      }
      Argument type = in.skipPrefix("type:");
      SpiRange segments = SpiRange.readListing(in, "segsleft", SpiRange.ANY);
      Argument length = in.skipPrefix("length:");
      return Optional.of(new RtMatch(type == null ? -1 : afterBang(type).number(0, ANY), type != null && bang(type),
          segments, length == null ? -1 : afterBang(length).number(0, ANY), length != null && bang(length),
          in.skip("reserved"), in.skip("0-addrs") ? addresses(in.next()) : null, in.skip("0-not-strict")));
    }
  };

  private static boolean before(Options options, String first, String second) {
    return options.uses(first).get(0).name().offset() < options.uses(second).get(0).name().offset();
  }

  private static List<IpAddress> addresses(Argument argument) {
    List<IpAddress> addresses = new ArrayList<>();
    for (Argument address : argument.split(',')) {
      addresses.add(address.address(Family.IPV6));
    }
    if (addresses.size() > MAX) {
      throw argument.error("too many addresses", "expected at most " + MAX);
    }
    return addresses;
  }

  @Override
  public String name() {
    return "rt";
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    int at = ExtensionHeaders.find(skb, Protocols.IPV6_ROUTE, 4, par);
    if (at < 0) {
      return false;
    }
    int size = (skb.u8(at + 1) + 1) * 8;
    if (skb.length() - at < size) {
      par.setHotdrop(); // shorter than it says
      return false;
    }
    if (!segments.holds(skb.u8(at + 3))
        || length >= 0 && (length == size) == lengthInverted
        || type >= 0 && (type == skb.u8(at + 2)) == typeInverted
        || reserved && skb.u32(at + 4) != 0) {
      return false;
    }
    return addresses == null || addressesHold(skb, at + 8, (size - 8) / 16);
  }

  private boolean addressesHold(SkBuff skb, int at, int count) {
    if (addresses.size() > count) {
      return false;
    }
    int found = 0;
    for (int i = 0; i < count && found < addresses.size(); i++) {
      if (is(skb, at + 16 * i, addresses.get(found))) {
        found++;
      } else if (!notStrict) {
        return false;
      }
    }
    return found == addresses.size() && (notStrict || found == count);
  }

  private static boolean is(SkBuff skb, int at, IpAddress address) {
    return skb.u32(at) == (int) (address.hi() >>> 32) && skb.u32(at + 4) == (int) address.hi()
        && skb.u32(at + 8) == (int) (address.lo() >>> 32) && skb.u32(at + 12) == (int) address.lo();
  }

  @Override
  public void print(RuleWriter out) {
    if (type >= 0) {
      out.option(typeInverted, "--rt-type", type);
    }
    segments.print(out, "--rt-segsleft");
    if (length >= 0) {
      out.option(lengthInverted, "--rt-len", length);
    }
    if (reserved) {
      out.word("--rt-0-res");
    }
    if (addresses != null) {
      out.option("--rt-0-addrs", text());
    }
    if (notStrict) {
      out.word("--rt-0-not-strict");
    }
  }

  @Override
  public void list(ListingWriter out) {
    out.word("rt");
    if (type >= 0) {
      out.word("type:" + (typeInverted ? "!" : "") + type);
    }
    String segs = segments.listed("segsleft");
    if (!segs.isEmpty()) {
      out.word(segs);
    }
    if (length >= 0) {
      out.word("length:" + (lengthInverted ? "!" : "") + length);
    }
    if (reserved) {
      out.word("reserved");
    }
    if (addresses != null) {
      out.word("0-addrs " + text());
    }
    if (notStrict) {
      out.word("0-not-strict");
    }
  }

  private String text() {
    return addresses.stream().map(IpAddress::toString).collect(java.util.stream.Collectors.joining(","));
  }

  @Override
  public Constraint constraint() {
    return Constraint.pureOpaque();
  }

  @Override
  public List<HeaderHint> exampleHeaders() {
    int kind = typeInverted ? type == 0 ? 2 : 0 : (int) Math.max(0, type);
    List<IpAddress> list = addresses == null ? List.of() : addresses;
    int[] body = new int[ExtensionHeaders.bodySize(6 + 16 * list.size(), length, lengthInverted)];
    body[0] = kind;
    body[1] = segments.example();
    for (int i = 0; i < list.size() && 22 + 16 * i <= body.length; i++) {
      for (int j = 0; j < 16; j++) {
        body[6 + 16 * i + j] = (int) ((j < 8 ? list.get(i).hi() : list.get(i).lo()) >>> 8 * (7 - j % 8)) & 0xff;
      }
    }
    return List.of(new HeaderHint(Protocols.IPV6_ROUTE, body));
  }
}
