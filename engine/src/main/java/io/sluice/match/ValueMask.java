package io.sluice.match;

import io.sluice.extension.Argument;
import java.util.List;

/** {@code value[/mask]} of 32 bits, where some values have names: xtables_parse_val_mask(), xtables_print_val_mask(). */
record ValueMask(int value, int mask) {

  /** @param zeroName the name that 0 has */
  static ValueMask parse(Argument argument, String zeroName) {
    if (argument.text().equals(zeroName)) {
      return new ValueMask(0, -1);
    }
    if (!argument.text().stripLeading().matches("(?s)\\+?[0-9].*")) {
      throw argument.error("unknown name: " + argument.text(), "expected value[/mask] or " + zeroName);
    }
    List<Argument> parts = argument.split('/');
    if (parts.size() > 2) {
      throw argument.error("bad value: " + argument.text(), "expected value[/mask]");
    }
    return new ValueMask(parts.get(0).u32(), parts.size() == 2 ? parts.get(1).u32() : -1);
  }

  /** With the name in place of 0, as iptables-save prints it. */
  String text(String zeroName) {
    return value == 0 && mask == -1 ? zeroName : toString();
  }

  @Override
  public String toString() {
    String v = "0x" + Integer.toHexString(value);
    return mask == -1 ? v : v + "/0x" + Integer.toHexString(mask);
  }
}
