package io.sluice.text;

import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Family;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The options that iptables itself knows: original_opts in iptables/iptables.c and IPT_OPTSTRING in iptables/xshared.h.
 *
 * <p>{@code attached} says whether the short form may have its argument attached ({@code -AINPUT}). iptables 1.8.9 takes
 * the whole word as the argument where it may not ({@code -ptcp} is "unknown protocol -ptcp").
 */
enum BaseOption {
  APPEND('A', Arity.ONE, true, "append"),
  DELETE('D', Arity.ONE, true, "delete"),
  CHECK('C', Arity.ONE, true, "check"),
  INSERT('I', Arity.ONE, true, "insert"),
  REPLACE('R', Arity.ONE, true, "replace"),
  LIST('L', Arity.OPTIONAL, true, "list"),
  LIST_RULES('S', Arity.OPTIONAL, true, "list-rules"),
  FLUSH('F', Arity.OPTIONAL, true, "flush"),
  ZERO('Z', Arity.OPTIONAL, true, "zero"),
  NEW_CHAIN('N', Arity.ONE, true, "new-chain"),
  DELETE_CHAIN('X', Arity.OPTIONAL, true, "delete-chain"),
  RENAME_CHAIN('E', Arity.ONE, true, "rename-chain"),
  POLICY('P', Arity.ONE, true, "policy"),
  SOURCE('s', Arity.ONE, false, "source", "src"),
  DESTINATION('d', Arity.ONE, false, "destination", "dst"),
  PROTOCOL('p', Arity.ONE, false, "protocol"),
  IN_INTERFACE('i', Arity.ONE, false, "in-interface"),
  JUMP('j', Arity.ONE, false, "jump"),
  TABLE('t', Arity.ONE, true, "table"),
  MATCH('m', Arity.ONE, true, "match"),
  NUMERIC('n', Arity.NONE, true, "numeric"),
  OUT_INTERFACE('o', Arity.ONE, false, "out-interface"),
  VERBOSE('v', Arity.NONE, true, "verbose"),
  WAIT('w', Arity.OPTIONAL, true, "wait"),
  WAIT_INTERVAL('W', Arity.OPTIONAL, true, "wait-interval"),
  EXACT('x', Arity.NONE, true, "exact"),
  FRAGMENT('f', Arity.NONE, true, "fragments"),
  VERSION('V', Arity.NONE, true, "version"),
  HELP('h', Arity.OPTIONAL, true, "help"),
  LINE_NUMBERS('0', Arity.NONE, true, "line-numbers"),
  MODPROBE('M', Arity.ONE, true, "modprobe"),
  SET_COUNTERS('c', Arity.ONE, true, "set-counters"),
  GOTO('g', Arity.ONE, true, "goto"),
  IPV4('4', Arity.NONE, true, "ipv4"),
  IPV6('6', Arity.NONE, true, "ipv6");

  private static final Map<String, BaseOption> LONG = new HashMap<>();
  private static final Map<Character, BaseOption> SHORT = new HashMap<>();

  static {
    for (BaseOption option : values()) {
      option.names.forEach(name -> LONG.put(name, option));
      if (option != LINE_NUMBERS) {
        SHORT.put(option.letter, option);
      }
    }
  }

  /** How many arguments getopt_long() takes for an option. */
  enum Arity {
    NONE,
    ONE,
    /** Only attached: {@code -w5}, {@code --wait=5}; the code that handles the option looks at the next word itself. */
    OPTIONAL
  }

  private final char letter;
  private final Arity arity;
  private final boolean attached;
  private final List<String> names;

  BaseOption(char letter, Arity arity, boolean attached, String... names) {
    this.letter = letter;
    this.arity = arity;
    this.attached = attached;
    this.names = Arrays.stream(names).map(name -> "--" + name).toList();
  }

  /** Those that a program has: ip6tables-legacy has no {@code --fragments} (original_opts in iptables/ip6tables.c). */
  static EnumSet<BaseOption> of(Family family, Backend backend) {
    EnumSet<BaseOption> all = EnumSet.allOf(BaseOption.class);
    if (family == Family.IPV6 && backend == Backend.LEGACY) {
      all.remove(FRAGMENT);
    }
    return all;
  }

  /** The option of a long name, with dashes and in full, or null. */
  static BaseOption ofLong(String name) {
    return LONG.get(name);
  }

  /** The option of a letter, or null. {@code -0} has a long name only. */
  static BaseOption of(char letter) {
    return SHORT.get(letter);
  }

  /** {@code -p}, as messages show it; options without letter by their name. */
  String shown() {
    return this == LINE_NUMBERS ? "--line-numbers" : "-" + letter;
  }

  Arity arity() {
    return arity;
  }

  boolean attached() {
    return attached;
  }

  /** The long names, with dashes. */
  List<String> names() {
    return names;
  }

  /** Whether it says what to do with the table, not what a rule is like. */
  boolean isCommand() {
    return ordinal() <= POLICY.ordinal();
  }
}
