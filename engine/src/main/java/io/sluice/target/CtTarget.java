package io.sluice.target;

import io.sluice.conntrack.Connection;
import io.sluice.conntrack.Zone;
import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.extension.TargetExtension;
import io.sluice.net.ActionParam;
import io.sluice.net.MatchState;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.RuleWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * {@code -j CT}: what connection tracking should know of a packet that it has not seen yet: leave it alone
 * ({@code --notrack}), the zone, the helper. Event masks are kept for printing: nobody listens to events here.
 *
 * <p>Kernel: xt_ct_target() and xt_ct_tg_check() in net/netfilter/xt_CT.c. iptables: extensions/libxt_CT.c. Not modelled:
 * {@code --timeout}, whose policies no dump shows; with {@code --notrack} the kernel does not look at it.
 *
 * @param timeout the first letters of the timeout policy that {@code --notrack} makes void; empty without one
 * @param events indices into {@link #EVENTS}
 * @param zone id, directions and {@code mark}; as printed, so a zone of 0 is none
 */
record CtTarget(
    boolean notrack, String helper, String timeout, Set<Integer> events, boolean expectationEvents, int zone,
    int zoneDirections, boolean zoneFromMark) implements ExtensionTarget {
  private static final List<String> EVENTS = List.of("new", "related", "destroy", "reply", "assured", "protoinfo",
      "helper", "mark", "natseqinfo", "secmark");
  private static final int MAX_HELPER = 15;
  /** Of a timeout policy's name iptables shows no more letters. */
  private static final int SHOWN_TIMEOUT = 4;

  static final TargetExtension EXTENSION = new Extension(Place.ANYWHERE.tables("raw"), "CT",
      OptionSpec.flag("--notrack"), OptionSpec.value("--helper"), OptionSpec.value("--timeout"),
      OptionSpec.value("--ctevents"), OptionSpec.value("--expevents"), OptionSpec.value("--zone"),
      OptionSpec.value("--zone-orig"), OptionSpec.value("--zone-reply")) {
    @Override
    public ExtensionTarget parse(Options options) {
      String helper = options.has("--helper") ? options.argument("--helper").text() : "";
      helper = helper.length() > MAX_HELPER ? helper.substring(0, MAX_HELPER) : helper;
      boolean notrack = options.has("--notrack");
      String timeout = options.has("--timeout") ? options.argument("--timeout").text() : "";
      if (!timeout.isEmpty() && !notrack) {
        throw options.argument("--timeout").unsupported(
            "timeout policies are not simulated", "leave --timeout away to take the usual timeouts");
      }
      if (!helper.isEmpty() && !notrack && !Helpers.exists(helper, options)) {
        throw options.argument("--helper").error("no helper '" + helper + "' for this family and protocol",
            "expected -p with the helper's protocol, and one of: " + Helpers.names());
      }
      return withZone(
          options, notrack, helper, timeout.length() > SHOWN_TIMEOUT ? timeout.substring(0, SHOWN_TIMEOUT) : timeout);
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      if (in.skip("NOTRACK")) {
        return Optional.of(new NotrackTarget());
      }
      return in.skip("CT") ? Optional.of(listed(in)) : Optional.empty();
    }
  };

  /** The last zone that was given counts; the directions that were given add up. */
  private static CtTarget withZone(Options options, boolean notrack, String helper, String timeout) {
    List<Options.Use> uses = new ArrayList<>();
    for (String name : List.of("--zone", "--zone-orig", "--zone-reply")) {
      uses.addAll(options.uses(name));
    }
    uses.sort(Comparator.comparingInt(u -> u.name().offset()));
    int zone = 0;
    int directions = 0;
    boolean mark = false;
    for (Options.Use use : uses) {
      Argument argument = Extension.argument(use);
      mark |= argument.text().equalsIgnoreCase("mark");
      zone = argument.text().equalsIgnoreCase("mark") ? 0 : argument.u16();
      String name = use.spec().name();
      directions |= name.equals("--zone-orig") ? Zone.ORIGINAL : name.equals("--zone-reply") ? Zone.REPLY : 0;
    }
    return new CtTarget(notrack, helper, timeout,
        options.has("--ctevents") ? events(options.argument("--ctevents"), EVENTS) : Set.of(),
        options.has("--expevents") && !events(options.argument("--expevents"), List.of("new")).isEmpty(), zone,
        directions == 0 ? Zone.BOTH : directions, mark);
  }

  private static Set<Integer> events(Argument list, List<String> known) {
    Set<Integer> events = new TreeSet<>();
    for (Argument word : list.split(',')) {
      int event = known.indexOf(word.text());
      if (event < 0) {
        throw word.error("Unknown event type: " + word.text(), "expected some of: " + String.join(" ", known));
      }
      events.add(event);
    }
    return events;
  }

  private static CtTarget listed(ListingReader in) {
    boolean notrack = in.skip("notrack");
    String helper = in.skip("helper") ? in.next().text() : "";
    String timeout = in.skip("timeout") ? in.next().text() : "";
    Set<Integer> events = in.skip("ctevents") ? events(in.next(), EVENTS) : Set.of();
    boolean expectationEvents = in.skip("expevents") && in.next().text().equals("new");
    int directions = in.skip("zone") ? Zone.BOTH : in.skip("zone-orig") ? Zone.ORIGINAL
        : in.skip("zone-reply") ? Zone.REPLY : 0;
    boolean mark = directions != 0 && in.peek().text().equals("mark");
    int zone = directions == 0 || mark ? 0 : in.peek().u16();
    if (directions != 0) {
      in.next();
    }
    return new CtTarget(
        notrack, helper, timeout, events, expectationEvents, zone, directions == 0 ? Zone.BOTH : directions, mark);
  }

  /** The template that packets of this rule get; never changed, so that copies may share it. */
  private record Template(Connection connection) implements MatchState {
    @Override
    public MatchState copy() {
      return this;
    }
  }

  @Override
  public String name() {
    return "CT";
  }

  @Override
  public MatchState newState() {
    Zone z = zoneFromMark ? new Zone(0, zoneDirections, true) : new Zone(zone, zoneDirections, false);
    return new Template(
        Connection.template(z, helper.isEmpty() ? Optional.empty() : Optional.of(helper)));
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    if (skb.ct().isSeen()) {
      return Verdict.CONTINUE;
    }
    if (notrack) {
      skb.ct().setUntracked();
    } else {
      skb.ct().setTemplate(((Template) par.state()).connection());
    }
    return Verdict.CONTINUE;
  }

  private void print(RuleWriter out, String dashes) {
    if (notrack) {
      out.word(dashes + "notrack");
    }
    if (!helper.isEmpty()) {
      out.option(dashes + "helper", helper);
    }
    if (!timeout.isEmpty()) {
      out.option(dashes + "timeout", timeout);
    }
    if (!events.isEmpty()) {
      out.option(dashes + "ctevents", String.join(",", events.stream().sorted().map(EVENTS::get).toList()));
    }
    if (expectationEvents) {
      out.option(dashes + "expevents", "new");
    }
    if (zone != 0 || zoneFromMark) {
      String direction = zoneDirections == Zone.BOTH ? "" : zoneDirections == Zone.ORIGINAL ? "-orig" : "-reply";
      out.option(dashes + "zone" + direction, zoneFromMark ? "mark" : zone);
    }
  }

  @Override
  public void print(RuleWriter out) {
    print(out, "--");
  }

  @Override
  public void list(ListingWriter out) {
    RuleWriter words = new RuleWriter().word("CT");
    print(words, "");
    out.word(words.toString());
  }

  @Override
  public Set<Field> changes() {
    return notrack ? Set.of(Field.CTSTATE) : Set.of(Field.CTSTATE, Field.CONNMARK); // a template is a connection, too
  }

  @Override
  public boolean needsConntrack() {
    return !notrack;
  }

  /** The helpers of the kernel, by family and protocol: the nf_conntrack_helper tables of net/netfilter/. */
  private static final class Helpers {
    private static final Set<String> BOTH = Set.of("ftp/6", "tftp/17", "sip/6", "sip/17", "amanda/17", "sane/6",
        "RAS/17", "Q.931/6");
    private static final Set<String> IPV4 = Set.of("irc/6", "pptp/6", "netbios-ns/17", "snmp/17");

    static boolean exists(String helper, Options options) {
      int protocol = options.protocolInverted() ? 0 : options.protocol();
      String key = helper + "/" + protocol;
      return BOTH.contains(key) || options.family() == Family.IPV4 && IPV4.contains(key)
          && (protocol == Protocols.TCP || protocol == Protocols.UDP);
    }

    static String names() {
      Set<String> names = new TreeSet<>();
      BOTH.forEach(k -> names.add(k.substring(0, k.indexOf('/'))));
      IPV4.forEach(k -> names.add(k.substring(0, k.indexOf('/'))));
      return String.join(" ", names);
    }
  }
}
