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
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -m multiport [!] (--sports | --dports | --ports) port[,port|,first:last]…}, up to 15 ports, a range counting
 * as two; with {@code -p tcp}, {@code udp}, {@code udplite}, {@code sctp} or {@code dccp}.
 *
 * <p>Kernel: multiport_mt() and ports_match_v1() in net/netfilter/xt_multiport.c. iptables:
 * extensions/libxt_multiport.c, revision 1.
 */
final class MultiportMatch implements Match {

  /** Which ports are compared. */
  enum Which {
    SOURCE("sports"),
    DESTINATION("dports"),
    EITHER("ports");

    private final String word;

    Which(String word) {
      this.word = word;
    }
  }

  private static final int MAX_PORTS = 15;

  static final MatchExtension EXTENSION = new Extension("multiport",
      OptionSpec.invertible("--sports").alias("--source-ports"),
      OptionSpec.invertible("--dports").alias("--destination-ports"),
      OptionSpec.invertible("--ports")) {

    @Override
    public Set<Integer> protocols() {
      return Set.of(Protocols.TCP, Protocols.UDP, Protocols.UDPLITE, Protocols.SCTP, Protocols.DCCP);
    }

    @Override
    public Match parse(Options options) {
      Options.Use use = one(options, "--sports", "--dports", "--ports");
      if (use == null) {
        throw options.missing("one of --sports --dports --ports");
      }
      // check_proto() is asked when the option is read: -p must stand before it.
      if (!protocols().contains(use.protocol().number()) || use.protocol().inverted()) {
        throw options.error("'multiport' needs -p before its option", "expected -p tcp, udp, udplite, sctp or dccp before it");
      }
      Which which =
          Arrays.stream(Which.values()).filter(w -> use.spec().isCalled("--" + w.word)).findFirst().orElseThrow();
      return new MultiportMatch(which, ranges(use.arguments().get(0), options::port), use.inverted());
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      for (Which which : Which.values()) {
        if (in.skip("multiport", which.word)) {
          Argument word = in.next();
          return Optional.of(new MultiportMatch(which, ranges(afterBang(word), in::port), bang(word)));
        }
      }
      return Optional.empty();
    }
  };

  private static int[] ranges(Argument argument, java.util.function.ToIntFunction<Argument> port) {
    List<Argument> parts = argument.split(',');
    int[] ranges = new int[parts.size() * 2];
    int count = 0;
    for (int i = 0; i < parts.size(); i++) {
      Argument part = parts.get(i);
      int colon = part.text().indexOf(':');
      count += colon < 0 ? 1 : 2;
      if (count > MAX_PORTS) {
        throw part.error("too many ports", "expected at most " + MAX_PORTS + ", a range counting as two");
      }
      ranges[2 * i] = port.applyAsInt(colon < 0 ? part : part.part(0, colon));
      ranges[2 * i + 1] = colon < 0 ? ranges[2 * i] : port.applyAsInt(part.part(colon + 1, part.text().length()));
      if (colon >= 0 && ranges[2 * i] >= ranges[2 * i + 1]) {
        throw part.error("bad port range: " + part.text(), "expected first:last with first < last");
      }
    }
    return ranges;
  }

  private final Which which;
  /** {@code ranges[2i] .. ranges[2i + 1]}, as written; equal bounds for a single port. */
  private final int[] ranges;
  private final boolean inverted;

  private MultiportMatch(Which which, int[] ranges, boolean inverted) {
    this.which = which;
    this.ranges = ranges;
    this.inverted = inverted;
  }

  @Override
  public String name() {
    return "multiport";
  }

  @Override
  public int headerBytes() {
    return 4;
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    if (!TransportHeader.present(skb, par, headerBytes())) {
      return false;
    }
    // A port that is not asked for is -1, which is in no range.
    int source = which == Which.DESTINATION ? -1 : skb.sourcePort();
    int destination = which == Which.SOURCE ? -1 : skb.destinationPort();
    for (int i = 0; i < ranges.length; i += 2) {
      if (source >= ranges[i] && source <= ranges[i + 1] || destination >= ranges[i] && destination <= ranges[i + 1]) {
        return !inverted;
      }
    }
    return inverted;
  }

  @Override
  public void print(RuleWriter out) {
    out.option(inverted, "--" + which.word, text());
  }

  @Override
  public void list(ListingWriter out) {
    out.word("multiport " + which.word).word((inverted ? " !" : "") + text()); // two spaces before "!"
  }

  private String text() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < ranges.length; i += 2) {
      text.append(i == 0 ? "" : ",").append(ranges[i]);
      if (ranges[i] != ranges[i + 1]) {
        text.append(':').append(ranges[i + 1]);
      }
    }
    return text.toString();
  }

  @Override
  public Constraint constraint() {
    List<Constraint> fields = new ArrayList<>();
    if (which != Which.DESTINATION) {
      fields.add(new Constraint.In(Field.SOURCE_PORT, sorted()));
    }
    if (which != Which.SOURCE) {
      fields.add(new Constraint.In(Field.DESTINATION_PORT, sorted()));
    }
    Constraint some = fields.size() == 1 ? fields.get(0) : new Constraint.Some(fields);
    return inverted ? new Constraint.Not(some) : some;
  }

  /** The ranges in ascending order, those that overlap or touch joined. */
  private List<Long> sorted() {
    return Ranges.normalize(ranges);
  }
}
