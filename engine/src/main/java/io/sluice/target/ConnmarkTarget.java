package io.sluice.target;

import io.sluice.conntrack.Connection;
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
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -j CONNMARK}: sets the connection's mark (as {@link MarkTarget} does the packet's), saves the packet's mark in
 * it, or restores it from there; with masks, and a shift by up to 31 bits.
 *
 * <p>Kernel: connmark_tg_shift() in net/netfilter/xt_connmark.c. iptables: extensions/libxt_CONNMARK.c, revision 2.
 *
 * @param value the bits of {@code --set-xmark}, 0 for save and restore
 * @param ctMask which bits of the connection's mark are replaced (set, save) or taken (restore)
 * @param nfMask which bits of the packet's mark are taken (save) or replaced (restore)
 * @param shift by how many bits: positive to the left, negative to the right
 */
record ConnmarkTarget(Mode mode, int value, int ctMask, int nfMask, int shift) implements ExtensionTarget {

  /** Where the mark goes. */
  enum Mode {
    SET,
    SAVE,
    RESTORE
  }

  static final TargetExtension EXTENSION = new Extension(Place.ANYWHERE, "CONNMARK",
      OptionSpec.value("--set-xmark"), OptionSpec.value("--set-mark"), OptionSpec.value("--and-mark"),
      OptionSpec.value("--or-mark"), OptionSpec.value("--xor-mark"), OptionSpec.flag("--save-mark"),
      OptionSpec.flag("--restore-mark"), OptionSpec.value("--mask"), OptionSpec.value("--nfmask"),
      OptionSpec.value("--ctmask"), OptionSpec.value("--left-shift-mark"), OptionSpec.value("--right-shift-mark")) {
    @Override
    public ExtensionTarget parse(Options options) {
      Options.Use use = exactlyOne(options, "--set-xmark", "--set-mark", "--and-mark", "--or-mark", "--xor-mark",
          "--save-mark", "--restore-mark");
      if (options.has("--mask")) {
        one(options, "--mask", "--nfmask");
        one(options, "--mask", "--ctmask");
      }
      int nfMask = options.has("--nfmask") ? options.argument("--nfmask").u32() : -1;
      int ctMask = options.has("--ctmask") ? options.argument("--ctmask").u32() : -1;
      if (use.spec().name().equals("--save-mark") || use.spec().name().equals("--restore-mark")) {
        Mode mode = use.spec().name().equals("--save-mark") ? Mode.SAVE : Mode.RESTORE;
        if (options.has("--mask")) {
          nfMask = options.argument("--mask").u32();
          ctMask = nfMask;
        }
        return new ConnmarkTarget(mode, 0, ctMask, nfMask, shift(options));
      }
      // iptables takes the options in their order: a mask after the value replaces the value's, one before it does not.
      long bits = MarkBits.parse(use);
      int mask = (int) bits;
      for (String option : List.of("--mask", "--ctmask")) {
        if (options.has(option) && options.argument(option).offset() > use.name().offset()) {
          mask = options.argument(option).u32();
        }
      }
      return new ConnmarkTarget(Mode.SET, (int) (bits >>> 32), mask, -1, shift(options));
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      return in.skip("CONNMARK") ? Optional.of(listed(in)) : Optional.empty();
    }
  };

  /** The last shift that was given. */
  private static int shift(Options options) {
    int left = options.has("--left-shift-mark") ? bits(options.argument("--left-shift-mark")) : 0;
    int right = options.has("--right-shift-mark") ? bits(options.argument("--right-shift-mark")) : 0;
    boolean both = options.has("--left-shift-mark") && options.has("--right-shift-mark");
    boolean leftLast = both
        && options.argument("--left-shift-mark").offset() > options.argument("--right-shift-mark").offset();
    return options.has("--right-shift-mark") && !leftLast ? -right : left;
  }

  private static int bits(Argument argument) {
    return (int) argument.number(0, 31);
  }

  private static ConnmarkTarget listed(ListingReader in) {
    Argument word = in.next();
    Mode mode = word.text().equals("save") ? Mode.SAVE : word.text().equals("restore") ? Mode.RESTORE : Mode.SET;
    int value = 0;
    int ctMask = -1;
    int nfMask = -1;
    if (mode == Mode.SET) {
      long bits = MarkBits.listed(word, in.next());
      value = (int) (bits >>> 32);
      ctMask = (int) bits;
    } else if (in.skip("mask")) {
      nfMask = in.next().u32();
      ctMask = nfMask;
    } else if (in.skip("nfmask")) {
      nfMask = in.next().u32();
      in.skip("ctmask");
      ctMask = in.expectPrefix("~").u32();
    } else if (in.skip("ctmask")) {
      ctMask = in.next().u32();
      in.skip("nfmask");
      nfMask = in.expectPrefix("~").u32();
    }
    int shift = in.skip("left-shift-mark") ? bits(in.next()) : in.skip("right-shift-mark") ? -bits(in.next()) : 0;
    return new ConnmarkTarget(mode, value, ctMask, nfMask, shift);
  }

  @Override
  public String name() {
    return "CONNMARK";
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    Connection c = skb.ct().connection();
    if (c == null) {
      return Verdict.CONTINUE;
    }
    switch (mode) {
      case SET:
        c.setMark(shifted(c.mark() & ~ctMask ^ value));
        break;
      case SAVE:
        c.setMark(c.mark() & ~ctMask ^ shifted(skb.mark() & nfMask));
        break;
      default:
        skb.setMark(skb.mark() & ~nfMask ^ shifted(c.mark() & ctMask));
    }
    return Verdict.CONTINUE;
  }

  private int shifted(int mark) {
    return shift >= 0 ? mark << shift : mark >>> -shift;
  }

  @Override
  public void print(RuleWriter out) {
    if (mode == Mode.SET) {
      out.option("--set-xmark", Extension.hex(value) + "/" + Extension.hex(ctMask));
    } else {
      out.word(mode == Mode.SAVE ? "--save-mark" : "--restore-mark");
      out.option("--nfmask", Extension.hex(nfMask)).option("--ctmask", Extension.hex(ctMask));
    }
    if (shift != 0) {
      out.option(shift > 0 ? "--left-shift-mark" : "--right-shift-mark", Math.abs(shift));
    }
  }

  @Override
  public void list(ListingWriter out) {
    out.word("CONNMARK");
    if (mode == Mode.SET) {
      out.word(MarkBits.text(value, ctMask));
    } else {
      out.word(mode == Mode.SAVE ? "save" : "restore");
      if (nfMask == ctMask) {
        if (nfMask != -1) {
          out.word("mask " + Extension.hex(nfMask));
        }
      } else if (mode == Mode.SAVE) {
        out.word("nfmask " + Extension.hex(nfMask) + " ctmask ~" + Extension.hex(ctMask));
      } else {
        out.word("ctmask " + Extension.hex(ctMask) + " nfmask ~" + Extension.hex(nfMask));
      }
    }
    if (shift != 0) {
      out.word((shift > 0 ? "left-shift-mark " : "right-shift-mark ") + Math.abs(shift));
    }
  }

  @Override
  public Set<Field> changes() {
    return Set.of(mode == Mode.RESTORE ? Field.MARK : Field.CONNMARK);
  }

  @Override
  public Optional<Rewrite> rewrite() {
    if (mode == Mode.SET) {
      return shift == 0 ? Optional.of(new Rewrite.ConnectionBits(value, ctMask)) : Optional.empty();
    }
    return Optional.of(mode == Mode.SAVE ? new Rewrite.Copy(Field.MARK, Field.CONNMARK, nfMask, ctMask, shift)
        : new Rewrite.Copy(Field.CONNMARK, Field.MARK, ctMask, nfMask, shift));
  }

  @Override
  public boolean readsMark() {
    return mode == Mode.SAVE || mode == Mode.RESTORE && nfMask != -1;
  }

  @Override
  public boolean needsConntrack() {
    return true;
  }
}
