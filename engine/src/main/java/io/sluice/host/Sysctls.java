package io.sluice.host;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Kernel knobs by their dotted names, as {@code sysctl -a} prints them. What is not given has the kernel's default. */
public final class Sysctls {
  private final Map<String, String> values;

  private Sysctls(Map<String, String> values) {
    this.values = new TreeMap<>(values);
  }

  public static Sysctls of(Map<String, String> values) {
    return new Sysctls(values);
  }

  public static Sysctls defaults() {
    return new Sysctls(Map.of());
  }

  public Optional<String> text(String name) {
    return Optional.ofNullable(values.get(name));
  }

  /** The knob as a number, or {@code absent} where the dump does not have it. */
  public long number(String name, long absent) {
    String text = values.get(name);
    if (text == null) {
      return absent;
    }
    try {
      return Long.parseLong(text.strip());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("sysctl " + name + " must be a number: " + text, e);
    }
  }

  public boolean flag(String name, boolean absent) {
    return number(name, absent ? 1 : 0) != 0;
  }

  /** Whether all knobs of {@code net.} have the same text. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Sysctls sysctls && ofNet().equals(sysctls.ofNet());
  }

  /** The knobs of {@code net.} whose text is another than the other's, or that only one of them has; in order. */
  public List<String> differing(Sysctls other) {
    Map<String, String> mine = ofNet();
    Map<String, String> others = other.ofNet();
    Set<String> names = new TreeSet<>(mine.keySet());
    names.addAll(others.keySet());
    return names.stream().filter(name -> !Objects.equals(mine.get(name), others.get(name))).toList();
  }

  @Override
  public int hashCode() {
    return ofNet().hashCode();
  }

  private Map<String, String> ofNet() {
    Map<String, String> net = new TreeMap<>(values);
    net.keySet().removeIf(name -> !name.startsWith("net."));
    return net;
  }
}
