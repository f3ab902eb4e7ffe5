package io.sluice.text;

import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Counters;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.IpMatch;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.Table;
import io.sluice.ruleset.Target;
import java.util.HashMap;
import java.util.Map;

/**
 * Prints tables as {@code iptables -L -n} does, byte for byte, with {@code -v}, {@code -x} and {@code --line-numbers}
 * where asked for: print_header(), print_rule_details() and their like in iptables/xshared.c, xtables_print_num() in
 * libxtables/xtables.c (1.8.9). Legacy and nft print the same columns; what matches they show is {@link ShownMatches}' business.
 *
 * <p>Immutable; each method that changes how to print returns another format.
 */
public final class ListingFormat {
  private final boolean verbose;
  private final boolean exact;
  private final boolean lineNumbers;
  private final Backend backend;

  private ListingFormat(boolean verbose, boolean exact, boolean lineNumbers, Backend backend) {
    this.verbose = verbose;
    this.exact = exact;
    this.lineNumbers = lineNumbers;
    this.backend = backend;
  }

  /** {@code iptables-legacy -L -n}. */
  public static ListingFormat numeric() {
    return new ListingFormat(false, false, false, Backend.LEGACY);
  }

  /** The rules as the tool of this back end shows them. */
  public ListingFormat backend(Backend newBackend) {
    return new ListingFormat(verbose, exact, lineNumbers, newBackend);
  }

  /** {@code -v}: counters and interfaces too. */
  public ListingFormat verbose() {
    return new ListingFormat(true, exact, lineNumbers, backend);
  }

  /** {@code -x}: counters as they are, not in K, M, G and T. */
  public ListingFormat exact() {
    return new ListingFormat(verbose, true, lineNumbers, backend);
  }

  /** {@code --line-numbers}. */
  public ListingFormat lineNumbers() {
    return new ListingFormat(verbose, exact, true, backend);
  }

  /** All chains of a table. */
  public String list(Table table) {
    StringBuilder out = new StringBuilder();
    Map<String, Integer> references = references(table);
    for (Chain chain : table.chains()) {
      if (out.length() > 0) {
        out.append('\n');
      }
      list(chain, references.getOrDefault(chain.name(), 0), out);
    }
    return out.toString();
  }

  /** One chain of a table, as {@code iptables -L CHAIN} prints it. */
  public String list(Table table, Chain chain) {
    StringBuilder out = new StringBuilder();
    list(chain, references(table).getOrDefault(chain.name(), 0), out);
    return out.toString();
  }

  private static Map<String, Integer> references(Table table) {
    Map<String, Integer> count = new HashMap<>();
    for (Chain chain : table.chains()) {
      for (Rule rule : chain.rules()) {
        if (rule.target() instanceof Target.Jump jump) {
          count.merge(jump.chain(), 1, Integer::sum);
        } else if (rule.target() instanceof Target.Goto to) {
          count.merge(to.chain(), 1, Integer::sum);
        }
      }
    }
    return count;
  }

  private void list(Chain chain, int references, StringBuilder out) {
    out.append("Chain ").append(chain.name());
    chain.base().ifPresentOrElse(base -> {
      out.append(" (policy ").append(base.policy());
      if (verbose) {
        Counters c = chain.counters();
        out.append(' ').append(number(c.packets(), 0)).append(" packets, ").append(number(c.bytes(), 0)).append(" bytes");
      }
      out.append(")\n");
    }, () -> out.append(" (").append(references).append(" references)\n"));
    header(out);
    int number = 0;
    for (Rule rule : chain.rules()) {
      number++;
      if (lineNumbers) {
        out.append(left(Integer.toString(number), 4)).append(' ');
      }
      if (verbose) {
        Counters c = rule.counters();
        out.append(number(c.packets(), 8)).append(' ').append(number(c.bytes(), 8)).append(' ');
      }
      rule(rule, out);
    }
  }

  private void header(StringBuilder out) {
    if (lineNumbers) {
      out.append("num  ");
    }
    if (verbose) {
      // With -x the bytes column of the header is two wider than the numbers under it.
      out.append(exact ? "    pkts      bytes " : " pkts bytes ");
    }
    out.append("target     prot opt");
    out.append(verbose ? " in     out    " : "");
    out.append(" source               destination         \n");
  }

  /** xtables_print_num(): right in {@code width} (5 when rounded, 0 for none), thousands rounded half up at each step. */
  private String number(long value, int width) {
    if (exact) {
      return right(Long.toUnsignedString(value), width);
    }
    int narrow = width == 0 ? 0 : 5;
    if (Long.compareUnsigned(value, 99_999) <= 0) {
      return right(Long.toUnsignedString(value), narrow);
    }
    long rounded = value;
    for (String unit : new String[] {"K", "M", "G", "T"}) {
      // The addition may overflow, as it does in iptables.
      rounded = Long.divideUnsigned(rounded + 500, 1000);
      if (unit.equals("T") || Long.compareUnsigned(rounded, 9999) <= 0) {
        return right(Long.toUnsignedString(rounded) + unit, narrow);
      }
    }
    throw new IllegalStateException("no unit for " + value);
  }

  private void rule(Rule rule, StringBuilder out) {
    IpMatch ip = rule.ip();
    out.append(left(targetName(rule.target()), 9)).append(' ');
    out.append(ip.protocolInverted() ? '!' : ' ').append(left(Integer.toString(ip.protocol()), 4)).append(' ');
    if (ip.family() == Family.IPV6) {
      out.append("-- ");
    } else {
      out.append(ip.fragmentInverted() ? '!' : '-').append(ip.fragment() ? 'f' : '-').append(' ');
    }
    if (verbose) {
      out.append(' ').append(left(interfaceName(ip.inInterface(), ip.inInverted()), 6)).append(' ');
      out.append(left(interfaceName(ip.outInterface(), ip.outInverted()), 6)).append(' ');
    }
    address(ip.source(), ip.sourceInverted(), out);
    address(ip.destination(), ip.destinationInverted(), out);
    if (rule.target() instanceof Target.Goto) {
      out.append("[goto] ");
    }
    for (Match match : ShownMatches.of(rule, backend)) {
      ListingWriter writer = new ListingWriter();
      match.list(writer);
      out.append(writer.spaced());
    }
    if (rule.target() instanceof ExtensionTarget target) {
      ListingWriter writer = new ListingWriter();
      target.list(writer);
      out.append(writer.spaced());
    }
    out.append('\n');
  }

  private static String targetName(Target target) {
    if (target instanceof Target.Decide decide) {
      return decide.verdict().name();
    }
    if (target instanceof Target.Jump jump) {
      return jump.chain();
    }
    if (target instanceof Target.Goto to) {
      return to.chain();
    }
    return target instanceof ExtensionTarget extension ? extension.listName() : "";
  }

  private static String interfaceName(String name, boolean inverted) {
    return (inverted ? "!" : "") + (name.isEmpty() ? "*" : name);
  }

  private static void address(AddressMask address, boolean inverted, StringBuilder out) {
    int bits = address.prefixLength();
    String text = address.address().toString();
    if (bits < 0) {
      text += "/" + new IpAddress(address.family(), address.maskHi(), address.maskLo());
    } else if (bits != address.family().addressBits()) {
      text += "/" + bits;
    }
    out.append(inverted ? '!' : ' ').append(left(text, 19)).append(' ');
  }

  private static String left(String text, int width) {
    return text + " ".repeat(Math.max(0, width - TextBytes.encode(text).length));
  }

  private static String right(String text, int width) {
    return " ".repeat(Math.max(0, width - text.length())) + text;
  }
}
