package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;

/**
 * {@code -m string [!] (--string text | --hex-string text) --algo bm|kmp [--from n] [--to n] [--icase]}: bytes anywhere in
 * the packet, from the IP header on.
 *
 * <p>Kernel: string_mt() in net/netfilter/xt_string.c, skb_find_text() in net/core/skbuff.c: the first occurrence that
 * begins at or after {@code from} must end at or before {@code to} (Linux 6.6 and later). bm_find() in lib/ts_bm.c misses what
 * stands across the border of two joined fragments, and so of any two blocks that a packet lies in. In packets of one block both
 * algorithms find the same: asked of Linux 6.18, for 60 patterns in 16,000 packets, with {@code --icase} and without.
 * iptables: extensions/libxt_string.c.
 */
final class StringMatch implements Match {

  private static final int MAX = 128;
  private static final int END = 0xffff;
  private static final String BOYER_MOORE = "bm";

  static final MatchExtension EXTENSION = new Extension("string",
      OptionSpec.value("--from"), OptionSpec.value("--to"), OptionSpec.value("--algo"), OptionSpec.invertible("--string"),
      OptionSpec.invertible("--hex-string"), OptionSpec.flag("--icase")) {
    @Override
    public Match parse(Options options) {
      Options.Use use = one(options, "--string", "--hex-string");
      if (use == null) {
        throw options.missing("--string or --hex-string");
      }
      Argument pattern = use.arguments().get(0);
      byte[] bytes = use.spec().isCalled("--string") ? pattern.text().getBytes(StandardCharsets.UTF_8) : hex(pattern);
      if (bytes.length == 0 || bytes.length > MAX) {
        throw pattern.error("bad pattern length: " + bytes.length, "expected 1 to " + MAX + " bytes");
      }
      int from = options.has("--from") ? options.argument("--from").u16() : 0;
      int to = options.has("--to") ? options.argument("--to").u16() : END;
      if (from > to) {
        throw options.argument("--from").error("--from after --to", "expected --from at or before --to");
      }
      return new StringMatch(bytes, algorithm(options.require("--algo")), from, to, options.has("--icase"),
          use.inverted());
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (!in.skip("STRING", "match")) {
        return Optional.empty();
      }
      boolean inverted = in.skip("!");
      Argument pattern = quoted(in);
      boolean hex = pattern.text().matches("\\|[0-9a-f]+\\|");
      byte[] bytes = hex ? hex(pattern) : pattern.text().replaceAll("\\\\(.)", "$1").getBytes(StandardCharsets.UTF_8);
      in.skip("ALGO", "name");
      String algorithm = algorithm(in.next());
      int from = in.skip("FROM") ? in.next().u16() : 0;
      int to = in.skip("TO") ? in.next().u16() : END;
      return Optional.of(new StringMatch(bytes, algorithm, from, to, in.skip("ICASE"), inverted));
    }
  };

  private static String algorithm(Argument argument) {
    if (!argument.text().equals(BOYER_MOORE) && !argument.text().equals("kmp")) {
      throw argument.error("unknown search algorithm: " + argument.text(), "expected bm or kmp");
    }
    return argument.text();
  }

  /** What stands between quotes in a listing, spaces as they were; escapes are left. */
  private static Argument quoted(ListingReader in) {
    int start = in.peek().offset();
    StringBuilder text = new StringBuilder();
    while (!in.atEnd()) {
      Argument word = in.next();
      text.append(" ".repeat(Math.max(0, word.offset() - start - text.length()))).append(word.text());
      if (text.length() > 1 && text.charAt(text.length() - 1) == '"' && text.charAt(text.length() - 2) != '\\') {
        break;
      }
    }
    return new Argument(text.length() < 2 ? "" : text.substring(1, text.length() - 1), start + 1);
  }

  /** {@code text|hex bytes|text}; a backslash keeps the next character. */
  private static byte[] hex(Argument argument) {
    java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();
    byte[] text = argument.text().getBytes(StandardCharsets.UTF_8);
    boolean inHex = false;
    for (int i = 0; i < text.length;) {
      if (text[i] == '|') {
        inHex = !inHex;
        i++;
        while (inHex && i < text.length && text[i] == ' ') {
          i++;
        }
      } else if (inHex) {
        int high = Character.digit(text[i], 16);
        int low = i + 1 < text.length ? Character.digit(text[i + 1], 16) : -1;
        if (high < 0 || low < 0) {
          throw argument.error("bad hex block: " + argument.text(), "expected pairs of hex digits in a block |…|");
        }
        bytes.write(high << 4 | low);
        i += i + 2 < text.length && text[i + 2] == ' ' ? 3 : 2;
      } else if (text[i] == '\\') {
        if (i + 1 >= text.length) {
          throw argument.error("backslash at the end: " + argument.text(), "expected a character after it");
        }
        bytes.write(text[i + 1]);
        i += 2;
      } else {
        bytes.write(text[i++]);
      }
    }
    if (inHex) {
      throw argument.error("hex block without end: " + argument.text(), "expected the closing bar");
    }
    return bytes.toByteArray();
  }

  private final byte[] pattern;
  private final String algorithm;
  private final int from;
  private final int to;
  private final boolean ignoreCase;
  private final boolean inverted;

  private StringMatch(byte[] pattern, String algorithm, int from, int to, boolean ignoreCase, boolean inverted) {
    this.pattern = pattern;
    this.algorithm = algorithm;
    this.from = from;
    this.to = to;
    this.ignoreCase = ignoreCase;
    this.inverted = inverted;
  }

  @Override
  public String name() {
    return "string";
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    int exposed = skb.ipSummed().expose(skb);
    boolean found = isIn(skb);
    skb.ipSummed().hide(skb, exposed);
    return found != inverted;
  }

  private boolean isIn(SkBuff skb) {
    byte[] data = skb.data();
    int last = Math.min(skb.length(), to) - pattern.length;
    boolean acrossBlocks = !algorithm.equals(BOYER_MOORE);
    int blockEnd = 0;
    for (int i = from; i <= last; i++) {
      if (i >= blockEnd) {
        blockEnd = acrossBlocks ? Integer.MAX_VALUE : skb.blockEnd(i);
      }
      if (i + pattern.length <= blockEnd && standsAt(data, i)) {
        return true;
      }
    }
    return false;
  }

  private boolean standsAt(byte[] data, int at) {
    for (int k = 0; k < pattern.length; k++) {
      if (ignoreCase ? upper(data[at + k]) != upper(pattern[k]) : data[at + k] != pattern[k]) {
        return false;
      }
    }
    return true;
  }

  /** toupper() of lib/ctype.c: ASCII, and Latin-1 letters as well. */
  private static int upper(byte b) {
    int c = b & 0xff;
    return c >= 'a' && c <= 'z' || c >= 0xe0 && c != 0xf7 && c != 0xff ? c - 32 : c;
  }

  /** What {@code bm} finds {@code kmp} finds, too; of a single byte each finds what the other does. */
  @Override
  public Optional<Match> wider() {
    boolean wide = algorithm.equals(BOYER_MOORE) == inverted;
    return wide && pattern.length > 1 ? Optional.empty()
        : Optional.of(new StringMatch(pattern, algorithm.equals(BOYER_MOORE) ? "kmp" : BOYER_MOORE, from, to, ignoreCase, inverted));
  }

  @Override
  public void print(RuleWriter out) {
    out.option(inverted, needsHex() ? "--hex-string" : "--string", text()).option("--algo", algorithm);
    if (from != 0) {
      out.option("--from", from);
    }
    if (to != END) {
      out.option("--to", to);
    }
    if (ignoreCase) {
      out.word("--icase");
    }
  }

  @Override
  public void list(ListingWriter out) {
    out.word("STRING match " + (inverted ? "!" : "") + " " + text() + " ALGO name " + algorithm);
    if (from != 0) {
      out.word("FROM " + from);
    }
    if (to != END) {
      out.word("TO " + to);
    }
    if (ignoreCase) {
      out.word("ICASE");
    }
  }

  private boolean needsHex() {
    for (byte b : pattern) {
      if (b < 32 || b == 127) {
        return true;
      }
    }
    return pattern[pattern.length - 1] == '\\';
  }

  private String text() {
    if (needsHex()) {
      return "\"|" + HexFormat.of().formatHex(pattern) + "|\"";
    }
    return "\"" + new String(pattern, StandardCharsets.US_ASCII).replaceAll("[\"\\\\]", "\\\\$0") + "\"";
  }

  @Override
  public Constraint constraint() {
    return Constraint.pureOpaque();
  }
}
