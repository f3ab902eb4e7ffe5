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
import io.sluice.ruleset.Field;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Rewrite;
import io.sluice.ruleset.RuleWriter;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -j MARK (--set-xmark | --set-mark) value[/mask] | --and-mark bits | --or-mark bits | --xor-mark bits}: the
 * packet's mark becomes {@code mark & ~mask ^ value}.
 *
 * <p>Kernel: mark_tg() in net/netfilter/xt_mark.c. iptables: extensions/libxt_MARK.c, revision 2.
 */
record MarkTarget(int value, int mask) implements ExtensionTarget {

  static final TargetExtension EXTENSION = new Extension(Place.ANYWHERE, "MARK",
      OptionSpec.value("--set-xmark"), OptionSpec.value("--set-mark"), OptionSpec.value("--and-mark"),
      OptionSpec.value("--or-mark"), OptionSpec.value("--xor-mark")) {
    @Override
    public ExtensionTarget parse(Options options) {
      long bits = MarkBits.parse(exactlyOne(options, MarkBits.OPTIONS));
      return new MarkTarget((int) (bits >>> 32), (int) bits);
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      if (!in.skip("MARK")) {
        return Optional.empty();
      }
      Argument word = in.next();
      long bits = MarkBits.listed(word, in.next());
      return Optional.of(new MarkTarget((int) (bits >>> 32), (int) bits));
    }
  };

  @Override
  public String name() {
    return "MARK";
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    skb.setMark(skb.mark() & ~mask ^ value);
    return Verdict.CONTINUE;
  }

  @Override
  public void print(RuleWriter out) {
    out.option("--set-xmark", Extension.hex(value) + "/" + Extension.hex(mask));
  }

  @Override
  public void list(ListingWriter out) {
    out.word("MARK " + MarkBits.text(value, mask));
  }

  @Override
  public Optional<Rewrite> rewrite() {
    return Optional.of(new Rewrite.Bits(Field.MARK, value, mask));
  }

  @Override
  public Set<Field> changes() {
    return Set.of(Field.MARK);
  }
}
