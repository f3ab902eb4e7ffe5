package io.sluice.extension;

/**
 * One option of an extension.
 *
 * @param name with dashes: {@code --dport}
 * @param arguments how many arguments it takes: 0, 1 or 2
 * @param invertible whether {@code !} may stand before it
 * @param repeatable whether it may be given more than once
 */
public record OptionSpec(String name, int arguments, boolean invertible, boolean repeatable) {
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

  /** An option without argument, or its negation. */
  public static OptionSpec invertibleFlag(String name) {
    return new OptionSpec(name, 0, true, false);
  }
}
