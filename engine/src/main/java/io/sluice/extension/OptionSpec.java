package io.sluice.extension;

import java.util.ArrayList;
import java.util.List;

/**
 * One option of an extension.
 *
 * @param name with dashes: {@code --dport}
 * @param arguments how many arguments it takes: 0, 1 or 2, or {@link #OPTIONAL}
 * @param invertible whether {@code !} may stand before it
 * @param repeatable whether it may be given more than once
 * @param aliases other names of the same option, with dashes: {@code --destination-port}
 */
public record OptionSpec(String name, int arguments, boolean invertible, boolean repeatable, List<String> aliases) {
  /** None or one argument. */
  public static final int OPTIONAL = -1;

  public OptionSpec {
    aliases = List.copyOf(aliases);
  }

  public OptionSpec(String name, int arguments, boolean invertible, boolean repeatable) {
    this(name, arguments, invertible, repeatable, List.of());
  }

  /** An option without argument. */
  public static OptionSpec flag(String name) {
    return new OptionSpec(name, 0, false, false);
  }

  /** An option with one argument that {@code !} cannot negate. */
  public static OptionSpec value(String name) {
    return new OptionSpec(name, 1, false, false);
  }

  /** An option with one argument, or its negation. */
  public static OptionSpec invertible(String name) {
    return new OptionSpec(name, 1, true, false);
  }

  /** An option with an argument that may be left out: what begins with - or ! is not taken for it. */
  public static OptionSpec optional(String name) {
    return new OptionSpec(name, OPTIONAL, false, false);
  }

  /** An option without argument, or its negation. */
  public static OptionSpec invertibleFlag(String name) {
    return new OptionSpec(name, 0, true, false);
  }

  /** The same option under further names; its uses are found under {@link #name} whichever was written. */
  public OptionSpec alias(String... names) {
    List<String> all = new ArrayList<>(aliases);
    all.addAll(List.of(names));
    return new OptionSpec(name, arguments, invertible, repeatable, all);
  }

  /** Whether {@code option} is this option's name or one of its aliases. */
  public boolean isCalled(String option) {
    return name.equals(option) || aliases.contains(option);
  }
}
