package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.extension.ProtocolNames;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * {@code -m policy --dir in|out --pol none|ipsec [--strict] …}: IPsec policies. No packet here has one: {@code --pol none}
 * always matches, {@code --pol ipsec} never.
 *
 * <p>Kernel: policy_mt() in net/netfilter/xt_policy.c. iptables: extensions/libxt_policy.c.
 *
 * @param elements empty for {@code --pol none}, else at least one
 */
record PolicyMatch(boolean in, boolean none, boolean strict, List<Element> elements) implements Match {

  private static final int MAX = 4;

  /** What is demanded of one transformation: option name without dashes, to its text as printed. */
  record Element(Map<String, Value> values) {}

  /** One option's value. */
  record Value(String text, boolean inverted) {}

  /** In the order in which they are printed. */
  private static final List<String> NAMES = List.of("reqid", "spi", "proto", "mode", "tunnel-dst", "tunnel-src");

  private static OptionSpec repeatable(String name) {
    return new OptionSpec(name, 1, true, true);
  }

  static final MatchExtension EXTENSION = new Extension("policy",
      OptionSpec.value("--dir"), OptionSpec.value("--pol"), OptionSpec.flag("--strict"), repeatable("--reqid"),
      repeatable("--spi"), repeatable("--tunnel-src"), repeatable("--tunnel-dst"), repeatable("--proto"),
      repeatable("--mode"), new OptionSpec("--next", 0, false, true)) {
    @Override
    public Match parse(Options options) {
      Argument direction = options.require("--dir");
      if (!List.of("in", "out").contains(direction.text())) {
        throw direction.error("bad direction: " + direction.text(), "expected in or out");
      }
      boolean none = options.has("--pol") && options.argument("--pol").text().equals("none");
      if (options.has("--pol") && !none && !options.argument("--pol").text().equals("ipsec")) {
        throw options.argument("--pol").error("bad policy: " + options.argument("--pol").text(), "expected none or ipsec");
      }
      boolean strict = options.has("--strict");
      if (options.has("--next") && !strict) {
        throw options.uses("--next").get(0).name().error("--next without --strict", "expected --strict");
      }
      List<Map<String, Value>> elements = elements(options);
      if (none && (strict || elements.size() > 1)) {
        throw options.error("policy none with --strict", "expected neither --strict nor --next");
      }
      if (!none) { // iptables leaves unread what stands beside "--pol none"
        check(options, elements, strict);
      }
      return new PolicyMatch(direction.text().equals("in"), none, strict,
          none ? List.of() : elements.stream().map(Element::new).collect(java.util.stream.Collectors.toList()));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (!in.skip("policy", "match", "dir")) {
        return Optional.empty();
      }
      boolean incoming = in.next().text().equals("in");
      boolean none = in.skip("pol", "none");
      in.skip("pol", "ipsec");
      boolean strict = in.skip("strict");
      List<Element> elements = new ArrayList<>();
      while (!none) {
        in.skip("[" + elements.size() + "]");
        elements.add(new Element(listed(in)));
        if (!in.peek().text().equals("[" + elements.size() + "]")) {
          break;
        }
      }
      return Optional.of(new PolicyMatch(incoming, none, strict, elements));
    }
  };

  private static Map<String, Value> listed(ListingReader in) {
    Map<String, Value> values = new TreeMap<>();
    while (true) {
      int mark = in.mark();
      boolean inverted = in.skip("!");
      String name = in.peek().text();
      if (!NAMES.contains(name)) {
        in.reset(mark);
        return values;
      }
      in.next();
      values.put(name, new Value(value(name, in.next(), in.family()), inverted));
    }
  }

  /** The options by element: {@code --next} begins another one. */
  private static List<Map<String, Value>> elements(Options options) {
    List<Map<String, Value>> elements = new ArrayList<>();
    for (int i = 0; i <= options.uses("--next").size(); i++) {
      elements.add(new TreeMap<>());
    }
    if (elements.size() > MAX) {
      throw options.error("too many policy elements", "expected at most " + MAX);
    }
    for (String name : NAMES) {
      for (Options.Use use : options.uses("--" + name)) {
        int index = (int) options.uses("--next").stream().filter(n -> n.name().offset() < use.name().offset()).count();
        if (elements.get(index).put(name, new Value(value(name, use.arguments().get(0), options.family()), use.inverted())) != null) {
          throw use.name().error("--" + name + " twice in one element", "expected --next between them");
        }
      }
    }
    return elements;
  }

  private static String value(String name, Argument argument, Family family) {
    switch (name) {
      case "reqid":
        return Integer.toUnsignedString(argument.u32());
      case "spi":
        return "0x" + Integer.toHexString(argument.u32());
      case "mode":
        if (!List.of("transport", "tunnel").contains(argument.text())) {
          throw argument.error("bad mode: " + argument.text(), "expected transport or tunnel");
        }
        return argument.text();
      case "proto":
        int number = !argument.text().isEmpty() && Character.isDigit(argument.text().charAt(0)) ? argument.u8()
            : ProtocolNames.exactNumber(argument.text()).orElse(-1);
        if (number != Protocols.AH && number != Protocols.ESP && number != Protocols.IPCOMP) {
          throw argument.error("bad protocol: " + argument.text(), "expected ah, esp or ipcomp");
        }
        return ProtocolNames.nameOrNumber(number);
      default:
        int slash = argument.text().indexOf('/');
        IpAddress address = (slash < 0 ? argument : argument.part(0, slash)).hostAddress(family);
        int bits = argument.hostMask(family).prefixLength();
        return bits == family.addressBits() ? address.toString() : address + "/" + bits;
    }
  }

  private static void check(Options options, List<Map<String, Value>> elements, boolean strict) {
    for (Map<String, Value> element : elements) {
      if (strict && element.isEmpty()) {
        throw options.error("empty policy element with --strict",
            "expected at least one of --reqid --spi --tunnel-src --tunnel-dst --proto --mode");
      }
      Value mode = element.get("mode");
      boolean tunnel = mode != null && mode.text().equals("tunnel") != mode.inverted(); // transport unless said
      if (!tunnel && (element.containsKey("tunnel-src") || element.containsKey("tunnel-dst"))) {
        throw options.error("--tunnel-src and --tunnel-dst in transport mode", "expected --mode tunnel");
      }
    }
  }

  @Override
  public String name() {
    return "policy";
  }

  @Override
  public Set<Hook> hooks() {
    return EnumSet.complementOf(in ? EnumSet.of(Hook.POSTROUTING, Hook.OUTPUT) : EnumSet.of(Hook.PREROUTING, Hook.INPUT));
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    return none;
  }

  @Override
  public void print(RuleWriter out) {
    out.option("--dir", in ? "in" : "out").option("--pol", none ? "none" : "ipsec");
    if (strict) {
      out.word("--strict");
    }
    for (int i = 0; i < elements.size(); i++) {
      if (i > 0) {
        out.word("--next");
      }
      for (String name : NAMES) {
        Value value = elements.get(i).values().get(name);
        if (value != null) {
          out.option(value.inverted(), "--" + name, value.text());
        }
      }
    }
  }

  @Override
  public void list(ListingWriter out) {
    out.word("policy match dir " + (in ? "in" : "out") + " pol " + (none ? "none" : "ipsec") + (strict ? " strict" : ""));
    for (int i = 0; i < elements.size(); i++) {
      if (elements.size() > 1) {
        out.word("[" + i + "]");
      }
      for (String name : NAMES) {
        Value value = elements.get(i).values().get(name);
        if (value != null) {
          String text = name.equals("proto") ? ProtocolNames.number(value.text()).map(String::valueOf).orElse(value.text())
              : value.text();
          out.word((value.inverted() ? "! " : "") + name + " " + text);
        }
      }
    }
  }

  @Override
  public Constraint constraint() {
    return none ? Constraint.any() : new Constraint.Not(Constraint.any());
  }
}
