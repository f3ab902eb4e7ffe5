package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Ipv6Extensions;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * {@code -m srh} with {@code --srh-next-hdr --srh-hdr-len-eq|-gt|-lt --srh-segs-left-eq|-gt|-lt --srh-last-entry-eq|-gt|-lt
 * --srh-tag --srh-psid --srh-nsid --srh-lsid}: the segment routing header.
 *
 * <p>Kernel: srh1_mt6() in net/ipv6/netfilter/ip6t_srh.c, which compares the tag in the host's byte order: on x86,
 * {@code --srh-tag 1} holds a tag of 256. iptables: extensions/libip6t_srh.c, revision 1. Of several options on the same
 * field the last number counts for all of them, and a mask that is no prefix is taken for a whole address, as there.
 *
 * @param conditions by option name without {@code --srh-}, in the order of printing
 * @param segments psid, nsid, lsid
 */
record SrhMatch(List<Condition> conditions, List<Segment> segments) implements Match {

  private static final int TYPE_SEGMENT_ROUTING = 4;

  /** A number in the header: {@code field} is its index in {@link #FIELDS}, {@code sign} -1 less, 0 equal, 1 greater. */
  record Condition(String name, int field, int sign, int value, boolean inverted) {}

  /** A segment identifier under a mask: 0 the one before, 1 the next, 2 the last. */
  record Segment(int which, IpAddress address, AddressMask mask, boolean inverted) {}

  private static final String[] FIELDS = {"next-hdr", "hdr-len", "segs-left", "last-entry", "tag"};
  private static final int[] OFFSETS = {0, 1, 3, 4, 6};
  private static final String[] SEGMENTS = {"psid", "nsid", "lsid"};
  private static final List<String> NAMES = List.of("next-hdr", "hdr-len-eq", "hdr-len-gt", "hdr-len-lt", "segs-left-eq",
      "segs-left-gt", "segs-left-lt", "last-entry-eq", "last-entry-gt", "last-entry-lt", "tag");

  private static OptionSpec[] specs() {
    List<OptionSpec> specs = new ArrayList<>();
    for (String name : NAMES) {
      specs.add(OptionSpec.invertible("--srh-" + name));
    }
    for (String name : SEGMENTS) {
      specs.add(OptionSpec.invertible("--srh-" + name));
    }
    return specs.toArray(new OptionSpec[0]);
  }

  static final MatchExtension EXTENSION = new Extension(Family.IPV6, "srh", specs()) {
    @Override
    public Match parse(Options options) {
      List<Condition> conditions = new ArrayList<>();
      for (String name : NAMES) {
        for (Options.Use use : options.uses("--srh-" + name)) {
          condition(name, use.arguments().get(0), use.inverted()); // is wrong where it is wrong, even if another counts
          conditions.add(condition(name, last(options, use, name).arguments().get(0), use.inverted()));
        }
      }
      List<Segment> segments = new ArrayList<>();
      for (int i = 0; i < SEGMENTS.length; i++) {
        for (Options.Use use : options.uses("--srh-" + SEGMENTS[i])) {
          segments.add(segment(i, use.arguments().get(0), use.inverted()));
        }
      }
      return new SrhMatch(conditions, segments);
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      return in.skip("srh") ? Optional.of(listed(in)) : Optional.empty();
    }
  };

  /** Of the uses of options on the field of {@code name}, the last. */
  private static Options.Use last(Options options, Options.Use use, String name) {
    String field = field(name);
    Options.Use last = use;
    for (String other : NAMES) {
      for (Options.Use u : field(other).equals(field) ? options.uses("--srh-" + other) : List.<Options.Use>of()) {
        last = u.name().offset() > last.name().offset() ? u : last;
      }
    }
    return last;
  }

  private static String field(String name) {
    return name.replaceAll("-(lt|gt|eq)$", "");
  }

  private static SrhMatch listed(ListingReader in) {
    List<Condition> conditions = new ArrayList<>();
    List<Segment> segments = new ArrayList<>();
    for (String name : NAMES) {
      Argument word = in.skipPrefix(name + ":");
      if (word != null) {
        conditions.add(condition(name, Extension.afterBang(word), Extension.bang(word)));
      }
    }
    for (int i = 0; i < SEGMENTS.length; i++) {
      if (in.skip(SEGMENTS[i])) {
        boolean inverted = in.skip("!");
        segments.add(segment(i, in.next(), inverted));
      }
    }
    return new SrhMatch(conditions, segments);
  }

  private static Condition condition(String name, Argument argument, boolean inverted) {
    int sign = name.endsWith("-lt") ? -1 : name.endsWith("-gt") ? 1 : 0;
    return new Condition(name, Arrays.asList(FIELDS).indexOf(field(name)), sign,
        name.equals("tag") ? argument.u16() : argument.u8(), inverted);
  }

  private static Segment segment(int which, Argument argument, boolean inverted) {
    int slash = argument.text().indexOf('/');
    IpAddress address = (slash < 0 ? argument : argument.part(0, slash)).address(Family.IPV6);
    AddressMask mask = argument.addressMask(Family.IPV6);
    return new Segment(which, address, mask.prefixLength() < 0 ? AddressMask.prefix(address, 128) : mask, inverted);
  }

  @Override
  public String name() {
    return "srh";
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    int at = Ipv6Extensions.find(skb, Protocols.IPV6_ROUTE);
    if (at < 0 || at + 8 > skb.length() || skb.length() - at < (skb.u8(at + 1) + 1) * 8
        || skb.u8(at + 2) != TYPE_SEGMENT_ROUTING || skb.u8(at + 3) > skb.u8(at + 4)) {
      return false;
    }
    for (int i = 0; i < conditions.size(); i++) {
      Condition c = conditions.get(i);
      int value = c.field == 4 ? skb.u8(at + 6) | skb.u8(at + 7) << 8 : skb.u8(at + OFFSETS[c.field]);
      if ((Integer.signum(Integer.compare(value, c.value)) == c.sign) == c.inverted) {
        return false;
      }
    }
    for (int i = 0; i < segments.size(); i++) {
      if (!segmentHolds(segments.get(i), skb, at)) {
        return false;
      }
    }
    return true;
  }

  private static boolean segmentHolds(Segment s, SkBuff skb, int at) {
    int left = skb.u8(at + 3);
    if (s.which == 0 && left == skb.u8(at + 4) || s.which == 1 && left == 0) {
      return false;
    }
    int index = s.which == 0 ? left + 1 : s.which == 1 ? left - 1 : 0;
    int place = at + 8 + 16 * index;
    if (place + 16 > skb.length()) {
      return false;
    }
    long hi = (long) skb.u32(place) << 32 | skb.u32(place + 4) & 0xffff_ffffL;
    long lo = (long) skb.u32(place + 8) << 32 | skb.u32(place + 12) & 0xffff_ffffL;
    return s.mask.matches(hi, lo) != s.inverted;
  }

  @Override
  public void print(RuleWriter out) {
    for (Condition c : conditions) {
      out.option(c.inverted, "--srh-" + c.name, c.value);
    }
    for (Segment s : segments) {
      out.option(s.inverted, "--srh-" + SEGMENTS[s.which], s.address + "/" + s.mask.prefixLength());
    }
  }

  @Override
  public void list(ListingWriter out) {
    out.word("srh");
    for (Condition c : conditions) {
      out.word(c.name + ":" + (c.inverted ? "!" : "") + c.value);
    }
    for (Segment s : segments) {
      out.word(SEGMENTS[s.which] + " " + (s.inverted ? "!" : "") + " " + s.address + "/" + s.mask.prefixLength());
    }
  }

  @Override
  public Constraint constraint() {
    return Constraint.pureOpaque();
  }
}
