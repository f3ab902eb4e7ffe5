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
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -m mh [!] --mh-type t[:t]}, with {@code -p mh}: the type of a Mobile IPv6 message.
 *
 * <p>Kernel: mh_mt6() in net/ipv6/netfilter/ip6t_mh.c: a payload behind the message drops the packet. iptables:
 * extensions/libip6t_mh.c.
 */
record MhMatch(int first, int last, boolean inverted) implements Match {

  private static final String[][] NAMES = {{"binding-refresh-request", "brr"}, {"home-test-init", "hoti"},
    {"careof-test-init", "coti"}, {"home-test", "hot"}, {"careof-test", "cot"}, {"binding-update", "bu"},
    {"binding-acknowledgement", "ba"}, {"binding-error", "be"}};

  static final MatchExtension EXTENSION = new Extension(Family.IPV6, "mh", OptionSpec.invertible("--mh-type")) {
    @Override
    public Set<Integer> protocols() {
      return Set.of(Protocols.MOBILITY);
    }

    @Override
    public Match parse(Options options) {
      return options.has("--mh-type") ? types(options.argument("--mh-type"), options.inverted("--mh-type"))
          : new MhMatch(0, 255, false);
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (!in.skip("mh")) {
        return Optional.empty();
      }
      String word = afterBang(in.peek()).text();
      boolean types = word.matches("[0-9]+(:[0-9]+)?")
          || Arrays.stream(NAMES).anyMatch(n -> n[0].equals(word.replaceAll(":.*", "")));
      if (!types) {
        return Optional.of(new MhMatch(0, 255, false));
      }
      Argument given = in.next();
      return Optional.of(types(afterBang(given), bang(given)));
    }
  };

  private static MhMatch types(Argument argument, boolean inverted) {
    int colon = argument.text().indexOf(':');
    if (colon < 0) {
      int only = type(argument);
      return new MhMatch(only, only, inverted);
    }
    Argument from = argument.part(0, colon);
    Argument to = argument.part(colon + 1, argument.text().length());
    int first = from.text().isEmpty() ? 0 : type(from);
    int last = to.text().isEmpty() ? 255 : type(to);
    if (first > last) {
      throw argument.error("range runs backwards: " + argument.text(), "expected first:last with first <= last");
    }
    return new MhMatch(first, last, inverted);
  }

  /** A number, a name, or the beginning of one: the first that fits, unless a whole one does. */
  private static int type(Argument argument) {
    String name = argument.text().toLowerCase(Locale.ROOT);
    int found = -1;
    for (int type = 0; type < NAMES.length; type++) {
      for (String known : NAMES[type]) {
        if (known.startsWith(name) && (found < 0 || known.equals(name))) {
          found = type;
        }
      }
    }
    if (found < 0 && (name.isEmpty() || !Character.isDigit(name.charAt(0)))) {
      throw argument.error("unknown MH type: " + argument.text(), "expected 0..255 or a name such as binding-update");
    }
    return found >= 0 ? found : argument.u8();
  }

  @Override
  public String name() {
    return "mh";
  }

  @Override
  public int headerBytes() {
    return 6;
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    if (!TransportHeader.present(skb, par, headerBytes())) {
      return false;
    }
    if (skb.u8(skb.transportOffset()) != Protocols.IPV6_NONE) {
      par.setHotdrop();
      return false;
    }
    int type = skb.u8(skb.transportOffset() + 2);
    return (type >= first && type <= last) != inverted;
  }

  @Override
  public void print(RuleWriter out) {
    if (first != 0 || last != 255) {
      out.option(inverted, "--mh-type", text());
    }
  }

  @Override
  public void list(ListingWriter out) {
    out.word("mh");
    if (first != 0 || last != 255 || inverted) {
      out.word((inverted ? "!" : "") + text());
    }
  }

  private String text() {
    return first == last ? Integer.toString(first) : first + ":" + last;
  }

  @Override
  public Constraint constraint() {
    return Constraint.pureOpaque();
  }

  @Override
  public List<HeaderHint> exampleHeaders() {
    int type = inverted ? first > 0 ? 0 : last + 1 & 0xff : first;
    return List.of(new HeaderHint(Protocols.MOBILITY, Protocols.IPV6_NONE, 0, type, 0, 0, 0, 0, 0));
  }
}
