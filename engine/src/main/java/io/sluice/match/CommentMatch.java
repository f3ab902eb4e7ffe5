package io.sluice.match;

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
import java.util.Arrays;
import java.util.Optional;

/**
 * {@code -m comment --comment text}: holds every packet. Of the text 255 bytes are kept.
 *
 * <p>Kernel: comment_mt() in net/netfilter/xt_comment.c. iptables: extensions/libxt_comment.c.
 */
record CommentMatch(String text) implements Match {

  private static final int MAX_BYTES = 255;

  static final MatchExtension EXTENSION = new Extension("comment", OptionSpec.value("--comment")) {
    @Override
    public Match parse(Options options) {
      return new CommentMatch(cut(options.require("--comment").text()));
    }

    /** The words between the comment signs, with as many spaces between them as there were. */
    @Override
    public Optional<Match> readListing(ListingReader in) {
      int mark = in.mark();
      if (!in.skip("/*")) {
        return Optional.empty();
      }
      StringBuilder text = new StringBuilder();
      while (!in.atEnd()) {
        String word = in.nextSpaced();
        text.append(word);
        if (word.strip().equals("*/")) {
          // One blank on either side is not the comment's.
          return Optional.of(new CommentMatch(text.length() > 4 ? text.substring(1, text.length() - 3) : ""));
        }
      }
      in.reset(mark);
      return Optional.empty();
    }
  };

  private static String cut(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return bytes.length <= MAX_BYTES ? text : new String(Arrays.copyOf(bytes, MAX_BYTES), StandardCharsets.UTF_8);
  }

  @Override
  public String name() {
    return "comment";
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    return true;
  }

  @Override
  public void print(RuleWriter out) {
    out.word("--comment").quoted(text);
  }

  @Override
  public void list(ListingWriter out) {
    out.word("/* " + text + " */");
  }

  @Override
  public Constraint constraint() {
    return Constraint.any();
  }
}
