package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.Owner;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Hook;
import io.sluice.ruleset.Circumstance;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -m owner [!] --uid-owner u[-u] [!] --gid-owner g[-g] [!] --socket-exists [--suppl-groups]}: whose socket sent
 * the packet.
 *
 * <p>Kernel: owner_mt() in net/netfilter/xt_owner.c. iptables: extensions/libxt_owner.c, revision 1. Not modelled:
 * supplementary groups (an {@link Owner} has one group) and sockets that have lost their file. Of names only
 * {@code root} is known.
 *
 * @param uid null without {@code --uid-owner}
 * @param gid null without {@code --gid-owner}
 */
record OwnerMatch(
    Ids uid, boolean uidInverted, Ids gid, boolean gidInverted, boolean socket, boolean socketInverted, boolean supplementary)
    implements Match {

  /** A range of numeric ids, inclusive. */
  record Ids(long first, long last) {
    private static final long MAX = 0xffff_fffeL;

    static Ids parse(Argument argument) {
      if (argument.text().equals("root")) {
        return new Ids(0, 0);
      }
      String text = argument.text();
      if (text.isEmpty() || !Character.isDigit(text.charAt(0))) {
        throw argument.error("unknown user or group: " + text, "expected a number or first-last; names are not resolved");
      }
      int dash = Math.max(text.indexOf('-'), text.indexOf(':'));
      long first = (dash < 0 ? argument : argument.part(0, dash)).number(0, MAX);
      long last = dash < 0 ? first : argument.part(dash + 1, text.length()).number(0, MAX);
      if (last < first) { // owner_check() in net/netfilter/xt_owner.c
        throw argument.error("range runs backwards: " + text, "expected first-last with first <= last");
      }
      return new Ids(first, last);
    }

    boolean holds(long id) {
      return id >= first && id <= last;
    }

    @Override
    public String toString() {
      return first == last ? Long.toString(first) : first + "-" + last;
    }
  }

  static final MatchExtension EXTENSION = new Extension("owner",
      OptionSpec.invertible("--uid-owner"), OptionSpec.invertible("--gid-owner"),
      OptionSpec.invertibleFlag("--socket-exists"), OptionSpec.flag("--suppl-groups")) {
    @Override
    public Match parse(Options options) {
      if (options.has("--suppl-groups") && (!options.has("--gid-owner") || options.uses("--suppl-groups").get(0).name().offset()
          < options.uses("--gid-owner").get(0).name().offset())) {
        throw options.uses("--suppl-groups").get(0).name().error("--suppl-groups without --gid-owner",
            "expected --gid-owner before it");
      }
      if (options.isEmpty()) {
        throw options.missing("one of --uid-owner --gid-owner --socket-exists");
      }
      return new OwnerMatch(options.has("--uid-owner") ? Ids.parse(options.argument("--uid-owner")) : null,
          options.inverted("--uid-owner"), options.has("--gid-owner") ? Ids.parse(options.argument("--gid-owner")) : null,
          options.inverted("--gid-owner"), options.has("--socket-exists"), options.inverted("--socket-exists"),
          options.has("--suppl-groups"));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      Ids[] ids = {null, null};
      boolean[] inverted = {false, false, false};
      boolean socket = false;
      boolean supplementary = false;
      while (true) {
        int mark = in.mark();
        boolean not = in.skip("!");
        if (in.skip("owner", "UID", "match")) {
          ids[0] = Ids.parse(in.next());
          inverted[0] = not;
        } else if (in.skip("owner", "GID", "match")) {
          ids[1] = Ids.parse(in.next());
          inverted[1] = not;
        } else if (in.skip("owner", "socket", "exists")) {
          socket = true;
          inverted[2] = not;
        } else if (in.skip("incl.", "suppl.", "groups")) {
          supplementary = true;
        } else {
          in.reset(mark);
          break;
        }
      }
      return ids[0] == null && ids[1] == null && !socket ? Optional.empty()
          : Optional.of(new OwnerMatch(ids[0], inverted[0], ids[1], inverted[1], socket, inverted[2], supplementary));
    }
  };

  @Override
  public String name() {
    return "owner";
  }

  @Override
  public Set<Hook> hooks() {
    return EnumSet.of(Hook.OUTPUT, Hook.POSTROUTING);
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    Owner owner = skb.owner();
    if (owner == null) {
      // No socket: holds when every option that was given is inverted; --suppl-groups cannot be.
      return !supplementary && (uid == null || uidInverted) && (gid == null || gidInverted)
          && (!socket || socketInverted);
    }
    if (owner == Owner.KERNEL) {
      return !(socket && socketInverted) && (uid == null || uidInverted) && (gid == null || gidInverted);
    }
    return !(socket && socketInverted)
        && (uid == null || uid.holds(owner.uid()) != uidInverted)
        && (gid == null || gid.holds(owner.gid()) != gidInverted);
  }

  @Override
  public void print(RuleWriter out) {
    if (socket) {
      out.option(socketInverted, "--socket-exists");
    }
    if (uid != null) {
      out.option(uidInverted, "--uid-owner", uid);
    }
    if (gid != null) {
      out.option(gidInverted, "--gid-owner", gid);
    }
    if (supplementary) {
      out.word("--suppl-groups");
    }
  }

  @Override
  public void list(ListingWriter out) {
    if (socket) {
      out.word((socketInverted ? "! " : "") + "owner socket exists");
    }
    if (uid != null) {
      out.word((uidInverted ? "! " : "") + "owner UID match " + uid);
    }
    if (gid != null) {
      out.word((gidInverted ? "! " : "") + "owner GID match " + gid);
    }
    if (supplementary) {
      out.word("incl. suppl. groups");
    }
  }

  @Override
  public Constraint constraint() {
    List<Constraint> possible = new ArrayList<>();
    if ((uid == null || uidInverted) && (gid == null || gidInverted) && (!socket || socketInverted)) {
      possible.add(new Constraint.Known(Circumstance.SOCKET, 0, 0));
    }
    if (!(socket && socketInverted)) {
      possible.add(new Constraint.All(List.of(new Constraint.Known(Circumstance.SOCKET, 1, 1), sentBy(Circumstance.UID, uid, uidInverted),
          inGroup())));
    }
    return new Constraint.Some(possible);
  }

  private Constraint inGroup() {
    if (gid == null || !supplementary) {
      return sentBy(Circumstance.GID, gid, gidInverted);
    }
    // Only the kernel knows the other groups.
    Constraint member = new Constraint.Some(List.of(sentBy(Circumstance.GID, gid, false), Constraint.pureOpaque()));
    return gidInverted ? new Constraint.Not(member) : member;
  }

  private static Constraint sentBy(Circumstance id, Ids ids, boolean inverted) {
    if (ids == null) {
      return Constraint.any();
    }
    Constraint has = new Constraint.All(List.of(new Constraint.Known(Circumstance.PROGRAM, 1, 1),
        new Constraint.Known(id, ids.first(), ids.last())));
    return inverted ? new Constraint.Not(has) : has;
  }
}
