package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.extension.ArgumentException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** The command of a command line while it is read: what {@code -A -I -D ...} said, and which options may go with it. */
final class CommandLine {
  private static final Set<BaseOption> RULE_OPTIONS = Set.of(
      BaseOption.SOURCE, BaseOption.DESTINATION, BaseOption.PROTOCOL, BaseOption.JUMP, BaseOption.IN_INTERFACE,
      BaseOption.OUT_INTERFACE, BaseOption.FRAGMENT);
  private static final Set<BaseOption> LIST_OPTIONS = Set.of(BaseOption.NUMERIC, BaseOption.EXACT, BaseOption.LINE_NUMBERS);

  private final Consumer<ArgumentException> problems;
  private Argument table;
  private BaseOption option;
  private Argument word;
  private Optional<Argument> chain = Optional.empty();
  private Optional<Argument> number = Optional.empty();
  private Optional<Argument> name = Optional.empty();

  CommandLine(Argument table, Consumer<ArgumentException> problems) {
    this.table = table;
    this.problems = problems;
  }

  Argument table() {
    return table;
  }

  void setTable(Argument table) {
    this.table = table;
  }

  void begin(BaseOption newOption, Argument newWord) {
    if (option != null) {
      boolean listAndZero = option == BaseOption.ZERO && isList(newOption) || isList(option) && newOption == BaseOption.ZERO;
      if (!listAndZero) {
        throw newWord.error("cannot use " + newOption.shown() + " with " + option.shown(), "one command at a time");
      }
      if (isList(newOption)) {
        return; // -Z -L: what changes anything is the -Z
      }
    }
    option = newOption;
    word = newWord;
  }

  private static boolean isList(BaseOption option) {
    return option == BaseOption.LIST || option == BaseOption.LIST_RULES;
  }

  void setChain(Optional<Argument> argument) {
    argument.ifPresent(c -> {
      if (c.text().length() >= RuleParts.MAX_NAME) {
        throw c.error("chain name too long: " + c.text(), "at most " + (RuleParts.MAX_NAME - 1) + " characters");
      }
      chain = argument;
    });
  }

  void setNewChain(Argument argument, Extensions extensions) {
    ChainNames.check(argument, extensions);
    chain = Optional.of(argument);
  }

  void setNumber(Argument argument) {
    argument.number(1, Integer.MAX_VALUE);
    number = Optional.of(argument);
  }

  void setName(Argument argument) {
    name = Optional.of(argument);
  }

  /** Checks the whole as the end of do_parse() and generic_opt_check() do. */
  Command finish(Map<BaseOption, Argument> given, RuleParts rule) {
    if (option == null) {
      throw table.error("no command", "expected -A CHAIN or another command");
    }
    Command.Kind kind = kind();
    checkOptions(kind, given);
    Optional<RuleSpec> spec = Optional.empty();
    if (kind.hasRule()) {
      checkInterfaces(given);
      spec = Optional.of(rule.finish(table.text()));
      if (kind == Command.Kind.REPLACE && spec.get().addresses().size() != 1) {
        throw word.error("a replacement must be one rule, these addresses make " + spec.get().addresses().size(),
            "give one source and one destination");
      }
    }
    boolean drop = spec.flatMap(RuleSpec::target).or(() -> name).map(Argument::text).filter("DROP"::equals).isPresent();
    if (table.text().equals("nat") && drop) {
      throw spec.flatMap(RuleSpec::target).or(() -> name).orElse(word).error(
          "DROP is refused in the nat table: it is not meant for filtering", "drop in filter, or in raw PREROUTING");
    }
    int n = kind == Command.Kind.INSERT && number.isEmpty() ? 1 : number.map(a -> (int) a.number(1, Integer.MAX_VALUE)).orElse(0);
    return new Command(kind, word, table, chain, n, number.orElse(word), name, spec, rule.counters());
  }

  private Command.Kind kind() {
    return switch (option) {
      case APPEND -> Command.Kind.APPEND;
      case INSERT -> Command.Kind.INSERT;
      case REPLACE -> Command.Kind.REPLACE;
      case DELETE -> number.isPresent() ? Command.Kind.DELETE_NUMBER : Command.Kind.DELETE;
      case CHECK -> Command.Kind.CHECK;
      case LIST -> Command.Kind.LIST;
      case LIST_RULES -> Command.Kind.LIST_RULES;
      case FLUSH -> Command.Kind.FLUSH;
      case ZERO -> number.isPresent() ? Command.Kind.ZERO_NUMBER : Command.Kind.ZERO;
      case NEW_CHAIN -> Command.Kind.NEW_CHAIN;
      case DELETE_CHAIN -> Command.Kind.DELETE_CHAIN;
      case RENAME_CHAIN -> Command.Kind.RENAME_CHAIN;
      case POLICY -> Command.Kind.POLICY;
      default -> throw new IllegalStateException("not a command: " + option);
    };
  }

  private void checkOptions(Command.Kind kind, Map<BaseOption, Argument> given) {
    boolean list = kind == Command.Kind.LIST;
    for (Map.Entry<BaseOption, Argument> entry : given.entrySet()) {
      BaseOption o = entry.getKey();
      boolean wrong = RULE_OPTIONS.contains(o) && !kind.hasRule() || LIST_OPTIONS.contains(o) && !list
          || o == BaseOption.SET_COUNTERS && kind != Command.Kind.APPEND && kind != Command.Kind.INSERT
              && kind != Command.Kind.REPLACE && kind != Command.Kind.POLICY;
      if (wrong) {
        problems.accept(entry.getValue().error("'" + o.shown() + "' cannot go with '" + option.shown() + "'", "leave it out"));
      }
    }
  }

  private void checkInterfaces(Map<BaseOption, Argument> given) {
    String c = chain.map(Argument::text).orElse("");
    boolean in = c.equals("PREROUTING") || c.equals("INPUT");
    boolean out = c.equals("POSTROUTING") || c.equals("OUTPUT");
    Argument wrong = in ? given.get(BaseOption.OUT_INTERFACE) : out ? given.get(BaseOption.IN_INTERFACE) : null;
    if (wrong != null) {
      problems.accept(wrong.error("'" + (in ? "-o" : "-i") + "' cannot be used in " + c,
          in ? "packets have no out-interface there yet" : "packets have no in-interface there any more"));
    }
  }
}
