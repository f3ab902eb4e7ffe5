package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.extension.ArgumentException;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.Options;
import io.sluice.extension.ProtocolNames;
import io.sluice.extension.UnknownMatch;
import io.sluice.extension.UnknownPolicy;
import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.ruleset.Counters;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.IpMatch;
import io.sluice.ruleset.Match;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** The parts of one rule while it is read; {@link #finish} lets the extensions read their options and puts it together. */
final class RuleParts {
  /** XT_EXTENSION_MAXNAMELEN: names of chains, matches and targets are shorter. */
  static final int MAX_NAME = 29;

  /** IFNAMSIZ - 1. */
  private static final int MAX_INTERFACE_BYTES = 15;

  private final CommandParser.Context context;
  private final Consumer<ArgumentException> problems;
  private final List<RuleExtension> matches = new ArrayList<>();
  private Optional<RuleExtension> targetExtension = Optional.empty();
  private RuleExtension newest;
  private List<AddressMask> sources;
  private List<AddressMask> destinations;
  private boolean sourceInverted;
  private boolean destinationInverted;
  private Argument inverted;
  private String in = "";
  private boolean inInverted;
  private String out = "";
  private boolean outInverted;
  private int protocol;
  private boolean protocolInverted;
  private boolean fragment;
  private boolean fragmentInverted;
  private Optional<Argument> target = Optional.empty();
  private boolean goTo;
  private Optional<Counters> counters = Optional.empty();

  RuleParts(CommandParser.Context context, Consumer<ArgumentException> problems) {
    this.context = context;
    this.problems = problems;
    this.sources = List.of(AddressMask.any(context.family()));
    this.destinations = sources;
  }

  int protocol() {
    return protocol;
  }

  Options.Protocol protocolSoFar() {
    return new Options.Protocol(protocol, protocolInverted);
  }

  Optional<Counters> counters() {
    return counters;
  }

  void setCounters(Counters value) {
    counters = Optional.of(value);
  }

  void setProtocol(Argument text, boolean invert) {
    protocol = ruleProtocol(text);
    protocolInverted = invert;
    if (protocol == 0 && invert) {
      throw text.error("no packet has another protocol than all", "leave out the -p");
    }
  }

  private static int ruleProtocol(Argument text) {
    Optional<Integer> byName = ProtocolNames.number(text.text());
    if (byName.isPresent()) {
      return byName.get();
    }
    try {
      return text.u8();
    } catch (ArgumentException e) {
      throw text.error("unknown protocol: " + text.text(), text.text().equals("!")
          ? "'!' goes before the option: ! -p protocol"
          : Similar.hint(text.text(), ProtocolNames.all()) + "expected a protocol's name, or 0..255");
    }
  }

  void setSource(Argument text, boolean invert) {
    sources = addresses(text, invert);
    sourceInverted = invert;
  }

  void setDestination(Argument text, boolean invert) {
    destinations = addresses(text, invert);
    destinationInverted = invert;
  }

  private List<AddressMask> addresses(Argument text, boolean invert) {
    List<AddressMask> list = AddressList.parse(text, context.family());
    if (invert) {
      inverted = text;
      if (list.get(0).isAny() && context.backend() == Backend.NFT) {
        throw text.error("iptables-nft refuses the negation of all addresses", "such a rule matches nothing: leave it out");
      }
    }
    return list;
  }

  void setIn(Argument text, boolean invert) {
    in = interfaceName(text, invert);
    inInverted = invert;
  }

  void setOut(Argument text, boolean invert) {
    out = interfaceName(text, invert);
    outInverted = invert;
  }

  private String interfaceName(Argument text, boolean invert) {
    if (text.text().isEmpty()) {
      throw text.error("empty interface name", "expected a name, or name+");
    }
    if (text.text().equals("!")) {
      throw text.error("'!' after the option", "'!' goes before the option");
    }
    if (TextBytes.encode(text.text()).length > MAX_INTERFACE_BYTES) {
      throw text.error("interface name too long: " + text.text(), "at most " + MAX_INTERFACE_BYTES + " bytes");
    }
    // "+" stands for any interface. The legacy kernel keeps the plus, and shows it in listings; nft keeps nothing.
    return text.text().equals("+") && context.backend() == Backend.NFT && !invert ? "" : text.text();
  }

  void setFragment(Argument word, boolean invert) {
    if (context.family() == Family.IPV6) {
      throw word.error("'-f' is not for IPv6", "use -m frag");
    }
    fragment = true;
    fragmentInverted = invert;
  }

  void setTarget(Argument name, boolean isGoto) {
    if (name.text().isEmpty()) {
      throw name.error("empty target name", "expected a target or a chain");
    }
    if (name.text().length() >= MAX_NAME) {
      throw name.error("target name too long: " + name.text(), "at most " + (MAX_NAME - 1) + " characters");
    }
    if (name.text().chars().anyMatch(Character::isWhitespace)) {
      throw name.error("a target name cannot have blanks", "expected a target or a chain");
    }
    target = Optional.of(name);
    goTo = isGoto;
  }

  void add(RuleExtension extension) {
    newest = extension;
    if (extension.target().isPresent() || target.isPresent() && extension.name() == target.get()) {
      targetExtension = Optional.of(extension);
    } else {
      matches.add(extension);
    }
  }

  /** The last use of the same extension. */
  Optional<RuleExtension> latest(RuleExtension same) {
    if (same.match().isEmpty()) {
      return targetExtension;
    }
    for (int i = matches.size() - 1; i >= 0; i--) {
      if (matches.get(i).match().equals(same.match())) {
        return Optional.of(matches.get(i));
      }
    }
    return Optional.empty();
  }

  /** Whether the extension loaded last is not known, so that the options after it are taken to be its own. */
  boolean newestIsUnknown() {
    return newest != null && !newest.isKnown();
  }

  /** The unknown extension that options nobody knows are taken to be for: the one loaded last; null if none is unknown. */
  RuleExtension newestUnknown() {
    if (newestIsUnknown()) {
      return newest;
    }
    for (int i = matches.size() - 1; i >= 0; i--) {
      if (!matches.get(i).isKnown()) {
        return matches.get(i);
      }
    }
    return targetExtension.filter(t -> !t.isKnown()).orElse(null);
  }

  RuleSpec finish(String table) {
    if (sources.size() > 1 || destinations.size() > 1) {
      if (inverted != null) {
        throw inverted.error("'!' cannot go with several addresses", "write one rule for each, or use a set");
      }
    }
    List<Match> values = new ArrayList<>();
    List<Argument> names = new ArrayList<>();
    for (RuleExtension extension : matches) {
      read(extension, table).ifPresent(match -> {
        values.add(match);
        names.add(extension.name());
      });
    }
    Optional<ExtensionTarget> value = targetExtension.flatMap(t -> t.target().flatMap(known -> {
      try {
        if (!known.tables().isEmpty() && !known.tables().contains(table)) {
          throw t.name().error("target '" + known.name() + "' is not for table " + table, "it is for: " + words(known.tables()));
        }
        return Optional.of(known.parse(options(t, table)));
      } catch (ArgumentException e) {
        problems.accept(e);
        return Optional.empty();
      }
    }));
    String unknown = targetExtension.filter(t -> !t.isKnown()).map(t -> String.join(" ", t.words())).orElse("");
    return new RuleSpec(ipMatches(), values, names, target, goTo, value, unknown, counters.orElse(Counters.ZERO));
  }

  private Optional<Match> read(RuleExtension extension, String table) {
    try {
      if (extension.match().isEmpty()) {
        return Optional.of(unknownMatch(extension));
      }
      MatchExtension known = extension.match().get();
      if (!known.tables().isEmpty() && !known.tables().contains(table)) {
        throw extension.name().error("match '" + known.name() + "' is not for table " + table, "it is for: " + words(known.tables()));
      }
      Options options = options(extension, table);
      if (!known.protocols().isEmpty() && !known.protocols().contains(protocol)) {
        throw wrongProtocol(extension, known);
      }
      Match parsed = known.parse(options);
      if (!known.protocols().isEmpty() && protocolInverted && known.isCheckedByKernel(parsed, options.backend())) {
        throw wrongProtocol(extension, known);
      }
      return Optional.of(parsed).filter(match -> !known.isLeftOut(match, options.backend()));
    } catch (ArgumentException e) {
      problems.accept(e);
      return Optional.empty();
    }
  }

  private static ArgumentException wrongProtocol(RuleExtension extension, MatchExtension known) {
    String wanted = known.protocols().stream().sorted().map(ProtocolNames::nameOrNumber)
        .collect(java.util.stream.Collectors.joining(", -p "));
    return extension.name().error("match '" + known.name() + "' needs a protocol that has it", "expected -p " + wanted);
  }

  private static String words(Set<String> names) {
    return String.join(" ", new java.util.TreeSet<>(names));
  }

  private Match unknownMatch(RuleExtension extension) {
    Argument name = extension.name();
    if (context.policy() == UnknownPolicy.FAIL) {
      throw name.unsupported("unknown match '" + name.text() + "'",
          Similar.hint(name.text(), Extensions.of(context.family()).matchNames())
              + "to load it all the same, choose what it shall answer: --unknown=no-match or --unknown=maybe");
    }
    return new UnknownMatch(name.text(), String.join(" ", extension.words()), context.policy(), "");
  }

  private Options options(RuleExtension extension, String table) {
    Options options = new Options(
        context.family(), table, protocol, protocolInverted, extension.name(), context.services(),
        context.backend());
    extension.uses().forEach(options::add);
    return options;
  }

  private List<IpMatch> ipMatches() {
    List<IpMatch> all = new ArrayList<>(sources.size() * destinations.size());
    for (AddressMask source : sources) {
      for (AddressMask destination : destinations) {
        all.add(new IpMatch(context.family(), source, sourceInverted, destination, destinationInverted, in, inInverted,
            out, outInverted, protocol, protocolInverted, fragment, fragmentInverted));
      }
    }
    return all;
  }
}
