package io.sluice.match;

import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.host.FlowKey;
import io.sluice.host.Route;
import io.sluice.host.Routing;
import io.sluice.net.ActionParam;
import io.sluice.net.MatchState;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -m realm [!] --realm value[/mask]} (IPv4): the realm of the route that the packet takes. Of names only
 * {@code cosmos} (0) is known.
 *
 * <p>Kernel: realm_mt() in net/netfilter/xt_realm.c. iptables: extensions/libipt_realm.c. The route is looked up anew, as
 * the packet is now, and the realm of the source's route (the upper 16 bits of tclassid) is not modelled.
 */
record RealmMatch(ValueMask realm, boolean inverted) implements Match {

  private static final String COSMOS = "cosmos";

  static final MatchExtension EXTENSION = new Extension(Family.IPV4, "realm", OptionSpec.invertible("--realm")) {
    @Override
    public Match parse(Options options) {
      return new RealmMatch(ValueMask.parse(options.require("--realm"), COSMOS), options.inverted("--realm"));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      int mark = in.mark();
      boolean inverted = in.skip("!");
      if (!in.skip("realm")) {
        in.reset(mark);
        return Optional.empty();
      }
      return Optional.of(new RealmMatch(ValueMask.parse(in.next(), COSMOS), inverted));
    }
  };

  @Override
  public String name() {
    return "realm";
  }

  @Override
  public Set<Hook> hooks() {
    return EnumSet.complementOf(EnumSet.of(Hook.PREROUTING));
  }

  @Override
  public MatchState newState() {
    return new FlowKeyState();
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    FlowKey key = ((FlowKeyState) par.state()).key().set(skb, skb.mark());
    Routing routing = par.net().network().routing();
    Route route = skb.in() != null ? routing.input(key, skb.in()) : routing.output(key.anySource(), null);
    return (realm.value() == (route.realm() & realm.mask())) != inverted;
  }

  @Override
  public boolean readsMark() {
    return true;
  }

  @Override
  public void print(RuleWriter out) {
    out.option(inverted, "--realm", realm.text(COSMOS));
  }

  @Override
  public void list(ListingWriter out) {
    out.word((inverted ? "! " : "") + "realm " + realm);
  }

  @Override
  public Constraint constraint() {
    return Constraint.pureOpaque();
  }
}
