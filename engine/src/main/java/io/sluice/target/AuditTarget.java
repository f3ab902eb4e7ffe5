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
import java.util.Locale;
import java.util.Optional;

/**
 * {@code -j AUDIT --type accept|drop|reject}: an audit record about the packet; nothing happens to it.
 *
 * <p>Kernel: audit_tg() in net/netfilter/xt_AUDIT.c. iptables: extensions/libxt_AUDIT.c.
 */
record AuditTarget(String type) implements ExtensionTarget {

  static final TargetExtension EXTENSION = new Extension(Place.ANYWHERE, "AUDIT", OptionSpec.value("--type")) {
    @Override
    public ExtensionTarget parse(Options options) {
      return of(options.require("--type"));
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      return in.skip("AUDIT") ? Optional.of(of(in.next())) : Optional.empty();
    }
  };

  @Override
  public String name() {
    return "AUDIT";
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    par.net().log().logged(skb, par, name(), type);
    return Verdict.CONTINUE;
  }

  @Override
  public void print(RuleWriter out) {
    out.option("--type", type);
  }

  @Override
  public void list(ListingWriter out) {
    out.word("AUDIT " + type);
  }

  private static AuditTarget of(Argument type) {
    String name = type.text().toLowerCase(Locale.ROOT);
    if (!List.of("accept", "drop", "reject").contains(name)) {
      throw type.error("Bad action type value: " + type.text(), "expected one of: accept drop reject");
    }
    return new AuditTarget(name);
  }
}
