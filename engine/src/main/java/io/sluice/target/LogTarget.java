package io.sluice.target;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.extension.TargetExtension;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.RuleWriter;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code -j LOG [--log-level level] [--log-prefix text] [flags]}: writes the packet's headers to the kernel's log. Nothing
 * happens to the packet; {@link io.sluice.net.PacketLog} is told.
 *
 * <p>Kernel: log_tg() in net/netfilter/xt_LOG.c. iptables: extensions/libxt_LOG.c; a prefix is cut to 29 characters.
 *
 * @param level 0 (emerg) to 7 (debug)
 * @param flags NF_LOG_TCPSEQ and its like
 */
record LogTarget(int level, String prefix, int flags) implements ExtensionTarget {
  private static final int DEFAULT_LEVEL = 4;
  private static final int MAX_PREFIX = 29;
  private static final Map<String, Integer> LEVELS = Map.of("alert", 1, "crit", 2, "debug", 7, "emerg", 0, "error", 3,
      "info", 6, "notice", 5, "panic", 0, "warning", 4);
  /** Options in the order in which they are printed, with their bits. */
  private static final List<String> FLAGS =
      List.of("--log-tcp-sequence", "--log-tcp-options", "--log-ip-options", "--log-uid", "--log-macdecode");
  private static final int[] BITS = {1, 2, 4, 8, 32};

  static final TargetExtension EXTENSION = new Extension(Place.ANYWHERE, "LOG",
      OptionSpec.value("--log-level"), OptionSpec.value("--log-prefix"), OptionSpec.flag("--log-tcp-sequence"),
      OptionSpec.flag("--log-tcp-options"), OptionSpec.flag("--log-ip-options"), OptionSpec.flag("--log-uid"),
      OptionSpec.flag("--log-macdecode")) {
    @Override
    public ExtensionTarget parse(Options options) {
      int flags = 0;
      for (int i = 0; i < BITS.length; i++) {
        flags |= options.has(FLAGS.get(i)) ? BITS[i] : 0;
      }
      String prefix = options.has("--log-prefix") ? prefix(options.argument("--log-prefix"), MAX_PREFIX) : "";
      int level = options.has("--log-level") ? level(options.argument("--log-level")) : DEFAULT_LEVEL;
      return new LogTarget(level, prefix, flags);
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      if (in.skip("LOG", "flags")) {
        int flags = in.next().u8();
        in.skip("level");
        int level = level(in.next());
        return Optional.of(new LogTarget(level, listedPrefix(in), flags));
      }
      if (!in.skip("LOG", "level")) {
        return Optional.empty();
      }
      Argument word = in.next();
      Integer level = LISTED_LEVELS.get(word.text());
      int flags = 0;
      for (int i = 0; i < BITS.length; i++) {
        flags |= in.skip(FLAGS.get(i).substring("--log-".length())) ? BITS[i] : 0;
      }
      return Optional.of(new LogTarget(level == null ? level(word) : level, listedPrefix(in), flags));
    }
  };

  /** What iptables -L without -n writes otherwise than it reads. */
  private static final Map<String, Integer> LISTED_LEVELS = Map.of("warn", 4, "err", 3);

  private static int level(Argument argument) {
    Integer named = LEVELS.get(argument.text());
    if (named != null) {
      return named;
    }
    if (!argument.text().matches("\\s*\\+?0*[0-7]|\\s*\\+?0[xX]0*[0-7]")) {
      throw argument.error("log level unknown: " + argument.text(),
          "expected 0..7 or one of: emerg alert crit error warning notice info debug");
    }
    return argument.u8();
  }

  /** A prefix of at least one character, cut to what the kernel keeps. */
  static String prefix(Argument argument, int longest) {
    String text = argument.text();
    if (text.isEmpty()) {
      throw argument.error("the prefix is empty", "expected at least one character");
    }
    if (text.indexOf('\n') >= 0) {
      throw argument.error("a newline in the prefix", "expected one line");
    }
    return text.length() > longest ? text.substring(0, longest) : text;
  }

  /** The prefix is the last that a line has, between double quotes; quotes within are not marked. */
  private static String listedPrefix(ListingReader in) {
    if (!in.skip("prefix")) {
      return "";
    }
    Argument first = in.next();
    StringBuilder text = new StringBuilder(first.text());
    while (!in.atEnd()) {
      text.append(in.nextSpaced());
    }
    if (text.length() < 2 || text.charAt(0) != '"' || text.charAt(text.length() - 1) != '"') {
      throw first.error("the prefix is not between double quotes", "expected prefix \"TEXT\" at the end of the line");
    }
    return text.substring(1, text.length() - 1);
  }

  @Override
  public String name() {
    return "LOG";
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    par.net().log().logged(skb, par, name(), prefix);
    return Verdict.CONTINUE;
  }

  @Override
  public void print(RuleWriter out) {
    if (!prefix.isEmpty()) {
      out.word("--log-prefix").quoted(prefix);
    }
    if (level != DEFAULT_LEVEL) {
      out.option("--log-level", level);
    }
    for (int i = 0; i < BITS.length; i++) {
      if ((flags & BITS[i]) != 0) {
        out.word(FLAGS.get(i));
      }
    }
  }

  @Override
  public void list(ListingWriter out) {
    out.word("LOG flags " + flags + " level " + level);
    if (!prefix.isEmpty()) {
      out.word("prefix \"" + prefix + "\"");
    }
  }
}
