package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.extension.ArgumentException;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.extension.ProtocolNames;
import io.sluice.extension.ServiceNames;
import io.sluice.extension.UnknownPolicy;
import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Counters;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Reads the arguments of one iptables command: do_parse() and command_default() in iptables/xshared.c (1.8.9).
 *
 * <p>One object reads one command. What is wrong goes to {@code problems} and reading goes on with the next option, so
 * that three mistakes give three messages; a command with any problem must not be applied.
 */
final class CommandParser {

  /** What the reading of a command depends on besides its words. */
  record Context(Family family, Backend backend, UnknownPolicy policy, ServiceNames services, boolean restore) {}

  /**
   * The words of a command.
   *
   * @param line what they were split from
   * @param table the table if the words do not say
   * @param isChain whether there is a chain of this name now
   */
  record Input(String line, Argument table, List<Argument> words, Predicate<String> isChain) {}

  private static final Argument NOWHERE = new Argument("", 0);

  private final Context context;
  private final Extensions extensions;
  private final Input input;
  private final WordCursor words;
  private final Consumer<ArgumentException> problems;
  private final Map<BaseOption, Argument> given = new EnumMap<>(BaseOption.class);
  private final OptionTable table;
  private final RuleParts rule;
  private final CommandLine command;

  private boolean inverted;
  private Argument bang = NOWHERE;
  private boolean protocolLoaded;
  private boolean ignored;

  private CommandParser(Context context, Input input, Consumer<ArgumentException> problems) {
    this.context = context;
    this.extensions = Extensions.of(context.family());
    this.input = input;
    this.words = new WordCursor(input.line(), input.words());
    this.problems = problems;
    this.table = new OptionTable(BaseOption.of(context.family(), context.backend()));
    this.rule = new RuleParts(context, problems);
    this.command = new CommandLine(input.table(), problems);
  }

  /**
   * Reads a command.
   *
   * @param prefix the counters that stand before it, of which iptables-restore -c makes a {@code --set-counters}
   * @return empty if something was wrong, or if the line is for the other family ({@code -6} in an IPv4 file)
   */
  static Optional<Command> parse(
      Context context, Input input, Optional<Argument> prefix, Consumer<ArgumentException> problems) {
    boolean[] failed = {false};
    CommandParser parser = new CommandParser(context, input, e -> {
      failed[0] = true;
      problems.accept(e);
    });
    prefix.ifPresent(counters -> {
      parser.given.put(BaseOption.SET_COUNTERS, counters);
      parser.rule.setCounters(CounterText.bracketed(counters));
    });
    parser.readAll();
    Optional<Command> command = parser.ignored ? Optional.empty() : parser.finish();
    return failed[0] ? Optional.empty() : command;
  }

  /** The table that the words name, else {@code input}'s. What is wrong with them is not looked at. */
  static String tableOf(Context context, Input input) {
    CommandParser parser = new CommandParser(context, input, e -> { });
    parser.readAll();
    return parser.command.table().text();
  }

  private void readAll() {
    while (!words.atEnd() && !ignored) {
      try {
        readOne();
      } catch (ArgumentException e) {
        problems.accept(e);
        words.skipOperands();
        inverted = false;
      }
    }
    if (inverted) {
      problems.accept(bang.error("nothing follows '!'", "expected an option after it"));
    }
  }

  private void readOne() {
    Argument word = words.peek();
    String text = word.text();
    if (text.equals("!")) {
      words.next();
      if (inverted) {
        throw word.error("two '!' in a row", "write one");
      }
      inverted = true;
      bang = word;
      return;
    }
    if (text.equals("--")) {
      words.next();
      if (!words.atEnd()) {
        words.toEnd();
        throw word.error("'--' ends the options, and nothing may follow them", "leave it out");
      }
      return;
    }
    if (text.startsWith("--")) {
      longOption(word);
    } else if (text.startsWith("-") && text.length() > 1) {
      shortOptions(word);
    } else {
      words.next();
      throw word.error("bad argument: " + text, "expected an option");
    }
    inverted = false;
  }

  private void longOption(Argument word) {
    int equals = word.text().indexOf('=');
    Argument name = equals < 0 ? word : word.part(0, equals);
    Optional<Argument> attached =
        equals < 0 ? Optional.empty() : Optional.of(word.part(equals + 1, word.text().length()));
    OptionTable.Found found = table.find(name.text());
    if (found == null && loadProtocol(name)) {
      found = table.find(name.text());
    }
    words.next();
    if (found == null || !(found.exact() && found.base() != null) && rule.newestIsUnknown()
        || !found.exact() && rule.newestUnknown() != null) {
      unknownOption(name, word);
    } else if (found.base() != null) {
      base(found.base(), name, attached);
    } else {
      extension(found.owner(), found.spec(), name, attached);
    }
  }

  /** load_proto(): the match of the rule's protocol comes by itself when an option is not known, once. */
  private boolean loadProtocol(Argument option) {
    Argument protocol = given.get(BaseOption.PROTOCOL);
    if (protocol == null || protocolLoaded) {
      return false;
    }
    String name = ProtocolNames.name(rule.protocol()).orElse(protocol.text());
    Optional<MatchExtension> match = name.equals("all") ? Optional.empty() : extensions.match(name);
    // An option after an extension that is not known may be its own: iptables-save always writes the -m of the protocol.
    if (match.isEmpty() || rule.newestUnknown() != null) {
      return false;
    }
    protocolLoaded = true;
    load(RuleExtension.match(new Argument(name, option.offset()), match));
    return true;
  }

  private void load(RuleExtension extension) {
    // A second use of the same match takes over the options where they are in the list: command_match().
    boolean first = extension.match().isEmpty() || rule.latest(extension).isEmpty();
    rule.add(extension);
    if (first) {
      table.load(extension);
    }
  }

  private void unknownOption(Argument name, Argument word) {
    RuleExtension unknown = rule.newestUnknown();
    if (unknown != null) {
      if (inverted) {
        unknown.words().add("!");
      }
      unknown.words().add(word.text());
      while (words.hasOperand()) {
        unknown.words().add(words.asWritten(words.next()));
      }
      return;
    }
    throw UnknownOption.error(name, table, extensions);
  }

  private void shortOptions(Argument word) {
    words.next();
    for (int i = 1; i < word.text().length(); i++) {
      BaseOption option = BaseOption.of(word.text().charAt(i));
      Argument letter = i == 1 && word.text().length() == 2 ? word : word.part(i, i + 1);
      if (option == null) {
        unknownOption(letter, word);
        return;
      }
      boolean more = i + 1 < word.text().length();
      if (option.arity() == BaseOption.Arity.NONE) {
        base(option, letter, Optional.empty());
      } else {
        base(option, letter, more ? Optional.of(word.part(i + 1, word.text().length())) : Optional.empty());
        return;
      }
    }
  }

  private void extension(RuleExtension owner, OptionSpec spec, Argument name, Optional<Argument> attached) {
    RuleExtension instance = rule.latest(owner).orElse(owner);
    List<Argument> arguments = new ArrayList<>();
    if (attached.isPresent()) {
      if (spec.arguments() <= 0) {
        throw attached.get().error("'" + spec.name() + "' takes no argument", "leave out the '=' and what follows");
      }
      arguments.add(attached.get());
    }
    if (spec.arguments() == OptionSpec.OPTIONAL && words.hasArgument()) {
      arguments.add(words.next());
    }
    while (arguments.size() < spec.arguments()) {
      // The first argument may begin with anything; the second is looked at by the extension, which refuses - and !.
      boolean refused = words.atEnd() || !arguments.isEmpty() && !words.hasArgument();
      if (refused) {
        throw name.error(
            spec.arguments() == 1 ? "'" + name.text() + "' needs an argument" : "'" + name.text() + "' needs two arguments",
            "expected " + (spec.arguments() == 1 ? "one" : "two") + " after it");
      }
      arguments.add(words.next());
    }
    if (inverted && !spec.invertible()) {
      throw bang.error("'" + spec.name() + "' of " + instance + " cannot be inverted", "leave out the '!'");
    }
    if (!spec.repeatable() && instance.used(spec)) {
      throw name.error("'" + spec.name() + "' of " + instance + " can be given only once", "leave out one of them");
    }
    if (!arguments.isEmpty() && arguments.get(0).text().equals("!") && words.hasArgument()) {
      throw arguments.get(0).error("'!' after the option", "'!' goes before the option: ! " + name.text() + " ...");
    }
    instance.uses().add(new Options.Use(spec, inverted, arguments, name, rule.protocolSoFar()));
  }

  private void base(BaseOption option, Argument name, Optional<Argument> attached) {
    if (attached.isPresent() && option.arity() == BaseOption.Arity.NONE) {
      throw attached.get().error("'" + name.text() + "' takes no argument", "leave out the '=' and what follows");
    }
    // The whole of -s0/0 is the address, but with an empty mask nobody looks at it.
    boolean any = (option == BaseOption.SOURCE || option == BaseOption.DESTINATION)
        && attached.filter(a -> AddressList.beginsWithAny(a, context.family())).isPresent();
    Argument argument = any ? attached.get()
        : option.arity() == BaseOption.Arity.ONE ? words.required(option, name, attached) : name;
    if (option.isCommand()) {
      if (inverted) {
        throw bang.error("unexpected '!' before a command", "leave it out");
      }
      command(option, name, option.arity() == BaseOption.Arity.ONE ? Optional.of(argument) : attached);
      return;
    }
    switch (option) {
      case WAIT, WAIT_INTERVAL -> waitOption(option, name, attached);
      case MODPROBE -> { }
      case TABLE -> {
        refuseBang("--table");
        if (context.restore()) {
          throw name.error("the table is that of the *line, -t cannot be used here", "leave it out");
        }
        command.setTable(argument);
      }
      case MATCH -> {
        refuseBang("--match");
        match(argument);
      }
      case IPV4, IPV6 -> family(option, name);
      case VERSION, HELP -> throw name.unsupported("'" + name.text() + "' is not part of a rule", "leave it out");
      default -> ruleOption(option, name, argument);
    }
  }

  private void refuseBang(String before) {
    if (inverted) {
      throw bang.error("unexpected '!' before " + before, "leave it out");
    }
  }

  private void ruleOption(BaseOption option, Argument name, Argument argument) {
    Argument earlier = given.put(option == BaseOption.GOTO ? BaseOption.JUMP : option, argument);
    if (earlier != null && option != BaseOption.VERBOSE) {
      throw name.error("more than one '" + option.shown() + "'", "a rule has one");
    }
    switch (option) {
      case PROTOCOL -> rule.setProtocol(argument, inverted);
      case SOURCE -> rule.setSource(argument, inverted);
      case DESTINATION -> rule.setDestination(argument, inverted);
      case IN_INTERFACE -> rule.setIn(argument, inverted);
      case OUT_INTERFACE -> rule.setOut(argument, inverted);
      case FRAGMENT -> rule.setFragment(name, inverted);
      default -> {
        refuseBang(option.shown());
        if (option == BaseOption.JUMP) {
          jump(argument);
        } else if (option == BaseOption.GOTO) {
          rule.setTarget(argument, true);
        } else if (option == BaseOption.SET_COUNTERS) {
          counters(argument);
        }
      }
    }
  }

  private void jump(Argument target) {
    rule.setTarget(target, false);
    if (!Extensions.VERDICTS.contains(target.text()) && !input.isChain().test(target.text())) {
      load(RuleExtension.target(target, extensions.target(target.text())));
    }
  }

  private void match(Argument name) {
    if (name.text().length() >= RuleParts.MAX_NAME) {
      throw name.error("match name too long: " + name.text(), "at most " + (RuleParts.MAX_NAME - 1) + " characters");
    }
    load(RuleExtension.match(name, extensions.match(name.text())));
  }

  private void counters(Argument packets) {
    int comma = packets.text().indexOf(',', 1);
    Argument bytes;
    if (comma >= 0) {
      bytes = packets.part(comma + 1, packets.text().length());
      packets = packets.part(0, comma);
    } else if (words.hasArgument()) {
      bytes = words.next();
    } else {
      throw packets.error("'-c' needs a packet and a byte counter", "expected -c PACKETS BYTES");
    }
    rule.setCounters(new Counters(CounterText.number(packets), CounterText.number(bytes)));
  }

  private void waitOption(BaseOption option, Argument name, Optional<Argument> attached) {
    if (context.restore()) {
      throw name.error("'" + option.shown() + "' cannot be used here", "leave it out");
    }
    words.optional(attached).ifPresent(seconds -> seconds.number(0, Integer.MAX_VALUE));
  }

  private void family(BaseOption option, Argument name) {
    boolean own = option == (context.family() == Family.IPV4 ? BaseOption.IPV4 : BaseOption.IPV6);
    if (!own && !context.restore()) {
      throw name.error("'" + name.text() + "' is not for " + (context.family() == Family.IPV4 ? "iptables" : "ip6tables"),
          "leave it out, or use the other command");
    }
    ignored = !own;
  }

  private void command(BaseOption option, Argument name, Optional<Argument> argument) {
    command.begin(option, name);
    switch (option) {
      case APPEND, CHECK -> command.setChain(argument);
      case NEW_CHAIN -> command.setNewChain(argument.orElseThrow(), extensions);
      case DELETE, INSERT -> {
        command.setChain(argument);
        if (words.hasArgument()) {
          command.setNumber(words.next());
        }
      }
      case REPLACE -> {
        command.setChain(argument);
        command.setNumber(words.following(name, "-R needs a rule number", "expected -R CHAIN NUMBER"));
      }
      case RENAME_CHAIN -> {
        command.setChain(argument);
        command.setName(words.following(name, "-E needs two chain names", "expected -E OLD NEW"));
      }
      case POLICY -> {
        command.setChain(argument);
        command.setName(words.following(name, "-P needs a chain and a policy", "expected -P CHAIN ACCEPT or DROP"));
      }
      case LIST, LIST_RULES, ZERO -> {
        command.setChain(words.optional(argument));
        if (words.hasArgument()) {
          command.setNumber(words.next());
        }
      }
      default -> command.setChain(words.optional(argument));
    }
  }

  private Optional<Command> finish() {
    try {
      return Optional.of(command.finish(given, rule));
    } catch (ArgumentException e) {
      problems.accept(e);
      return Optional.empty();
    }
  }
}
