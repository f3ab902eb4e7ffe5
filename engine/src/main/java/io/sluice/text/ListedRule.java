package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.extension.ArgumentException;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.Options;
import io.sluice.extension.ProtocolNames;
import io.sluice.extension.TargetExtension;
import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import io.sluice.ruleset.Counters;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.IpMatch;
import io.sluice.ruleset.Match;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Makes a rule of one line of a listing. */
final class ListedRule {
  private final CommandParser.Context context;
  private final Extensions extensions;
  private final HostNames hosts;
  private final String table;

  ListedRule(CommandParser.Context context, HostNames hosts, String table) {
    this.context = context;
    this.extensions = Extensions.of(context.family());
    this.hosts = hosts;
    this.table = table;
  }

  /** The words of a line, taken from the left. */
  private static final class Words {
    private final List<Argument> words;
    private int at;

    Words(List<Argument> words) {
      this.words = words;
    }

    Argument next(String what) {
      if (at >= words.size()) {
        Argument last = words.get(words.size() - 1);
        throw last.error("the line ends too early", "expected " + what);
      }
      return words.get(at++);
    }

    Argument ahead(int by) {
      return at + by < words.size() ? words.get(at + by) : new Argument("", 0);
    }
  }

  RuleSpec read(ListedChain.Row row, ListedChain.Columns columns, EditTable editTable) {
    Words in = new Words(row.words());
    if (columns.lineNumbers()) {
      in.next("the rule's number").number(1, Integer.MAX_VALUE);
    }
    Counters counters = new Counters(
        ListedChain.rounded(in.next("the packet counter")), ListedChain.rounded(in.next("the byte counter")));
    // The target's column may be empty; old ip6tables leaves the column of -f empty. "--" tells them apart.
    boolean hasTarget = isFragment(in.ahead(2)) || !isFragment(in.ahead(1))
        && !(looksLikeAddress(in.ahead(3)) && looksLikeAddress(in.ahead(4)));
    Optional<Argument> target = hasTarget ? Optional.of(in.next("the target")) : Optional.empty();
    Argument protocolWord = in.next("the protocol");
    Argument fragment = isFragment(in.ahead(0)) ? in.next("the options") : new Argument("--", 0);
    Argument inWord = in.next("the in-interface");
    Argument outWord = in.next("the out-interface");
    Argument sourceWord = in.next("the source");
    Argument destinationWord = in.next("the destination");
    int protocol = protocol(plain(protocolWord));
    IpMatch ip = new IpMatch(
        context.family(), address(sourceWord), inverted(sourceWord), address(destinationWord), inverted(destinationWord),
        interfaceName(inWord), inverted(inWord), interfaceName(outWord), inverted(outWord), protocol,
        inverted(protocolWord), fragment.text().endsWith("f"), fragment.text().startsWith("!"));
    boolean goTo = in.ahead(0).text().equals("[goto]");
    if (goTo) {
      in.next("[goto]");
    }
    return rest(ip, new ListingReader(context.family(), protocol, in.words.subList(in.at, in.words.size()), services(protocol)),
        target, goTo, counters, editTable);
  }

  private static boolean isFragment(Argument word) {
    String t = word.text();
    return t.equals("--") || t.equals("-f") || t.equals("!f") || t.equals("!-");
  }

  private static boolean looksLikeAddress(Argument word) {
    String t = word.text().startsWith("!") ? word.text().substring(1) : word.text();
    int slash = t.indexOf('/');
    return t.equals("anywhere") || IpAddress.parse(slash < 0 ? t : t.substring(0, slash)).isPresent();
  }

  private static boolean inverted(Argument word) {
    return word.text().startsWith("!");
  }

  private static Argument plain(Argument word) {
    return inverted(word) ? word.part(1, word.text().length()) : word;
  }

  private static int protocol(Argument word) {
    return ProtocolNames.number(word.text()).orElseGet(() -> {
      try {
        return word.u8();
      } catch (ArgumentException e) {
        throw word.error("unknown protocol: " + word.text(), "expected a protocol's name, or 0..255");
      }
    });
  }

  private static String interfaceName(Argument word) {
    String name = plain(word).text();
    return name.equals("*") || name.equals("any") ? "" : name;
  }

  private AddressMask address(Argument word) {
    Argument text = plain(word);
    Family family = context.family();
    if (text.text().equals("anywhere")) {
      return AddressMask.any(family);
    }
    int slash = text.text().indexOf('/');
    Argument host = slash < 0 ? text : text.part(0, slash);
    Optional<IpAddress> known = hosts.address(host.text(), family);
    if (known.isPresent()) {
      Argument resolved = new Argument(known.get() + text.text().substring(host.text().length()), text.offset());
      return AddressList.parse(resolved, family).get(0);
    }
    if (IpAddress.parse(host.text()).isEmpty()) {
      throw host.error("a host name, not an address: " + host.text(),
          "names are not resolved: list with -n, or give a hosts file (--file hosts=FILE)");
    }
    return AddressList.parse(text, family).get(0);
  }

  private Function<String, Integer> services(int protocol) {
    String name = protocol == 0 ? "" : ProtocolNames.nameOrNumber(protocol);
    return service -> context.services().port(service, name).orElse(null);
  }

  /** The words after the addresses: what the matches print, then what the target prints. */
  private RuleSpec rest(
      IpMatch ip, ListingReader in, Optional<Argument> target, boolean goTo, Counters counters, EditTable editTable) {
    List<Match> matches = new ArrayList<>();
    Optional<TargetExtension> extension = target.filter(t -> !goTo && editTable.chain(t.text()).isEmpty())
        .flatMap(t -> extensions.target(t.text()));
    Optional<ExtensionTarget> value = Optional.empty();
    while (!in.atEnd()) {
      Optional<Match> match = match(in);
      if (match.isPresent()) {
        matches.add(match.get());
        continue;
      }
      value = extension.flatMap(e -> e.readListing(in));
      if (value.isEmpty() || !in.atEnd()) {
        throw in.peek().unsupported("cannot read this from a listing: " + in.peek().text(),
            "iptables-save says it in full: use that");
      }
    }
    if (value.isEmpty() && extension.isPresent()) {
      Argument name = target.orElseThrow();
      value = extension.get().readListing(in).or(() -> Optional.of(extension.get().parse(
          new Options(
              context.family(), table, ip.protocol(), ip.protocolInverted(), name, context.services(), context.backend()))));
    }
    List<Argument> names = matches.stream().map(m -> target.orElse(in.peek())).toList();
    return new RuleSpec(List.of(ip), matches, names, target, goTo, value, "", counters);
  }

  private Optional<Match> match(ListingReader in) {
    for (MatchExtension extension : extensions.matches()) {
      int mark = in.mark();
      Optional<Match> match = extension.readListing(in);
      if (match.isPresent() && in.mark() > mark) {
        return match;
      }
      in.reset(mark);
    }
    return Optional.empty();
  }
}
