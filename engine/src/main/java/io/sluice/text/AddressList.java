package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.extension.ArgumentException;
import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * What {@code -s} and {@code -d} take: {@code address[/mask],...}; xtables_ipparse_multiple() and its like in
 * libxtables/xtables.c. Bits outside the mask are cleared. IPv4 addresses may be cut short ({@code 10/8} is
 * {@code 10.0.0.0/8}) and their numbers octal or hexadecimal. Host names are not resolved.
 */
final class AddressList {
  private AddressList() {}

  static List<AddressMask> parse(Argument argument, Family family) {
    List<AddressMask> all = new ArrayList<>();
    for (Argument part : argument.split(',')) {
      int blanks = 0;
      while (blanks < part.text().length() && Character.isWhitespace(part.text().charAt(blanks))) {
        blanks++;
      }
      all.add(one(part.part(blanks, part.text().length()), family));
    }
    return all;
  }

  /** Whether the first address has an empty mask, so that iptables looks at nothing before the slash. */
  static boolean beginsWithAny(Argument list, Family family) {
    Argument first = list.split(',').get(0);
    int slash = first.text().lastIndexOf('/');
    try {
      return slash >= 0 && mask(first.part(slash + 1, first.text().length()), family).isAny();
    } catch (ArgumentException e) {
      return false;
    }
  }

  private static AddressMask one(Argument part, Family family) {
    int slash = part.text().lastIndexOf('/');
    AddressMask mask = slash < 0
        ? AddressMask.prefix(new IpAddress(family, 0, 0), family.addressBits())
        : mask(part.part(slash + 1, part.text().length()), family);
    if (mask.isAny()) {
      return AddressMask.any(family); // "any/0": with an empty mask the address is not even looked at
    }
    IpAddress address = address(slash < 0 ? part : part.part(0, slash), family);
    return new AddressMask(family, address.hi(), address.lo(), mask.maskHi(), mask.maskLo());
  }

  /** All zero under the mask that was written. */
  private static AddressMask mask(Argument mask, Family family) {
    if (mask.text().indexOf(family == Family.IPV4 ? '.' : ':') >= 0) {
      IpAddress bits = family == Family.IPV4 ? dotted(mask, true) : mask.address(family);
      return new AddressMask(family, 0, 0, bits.hi(), bits.lo());
    }
    try {
      return AddressMask.prefix(new IpAddress(family, 0, 0), (int) mask.number(0, family.addressBits()));
    } catch (ArgumentException e) {
      throw mask.error("invalid mask: " + mask.text(),
          "expected 0.." + family.addressBits() + (family == Family.IPV4 ? " or a dotted mask" : " or an address"));
    }
  }

  private static IpAddress address(Argument text, Family family) {
    if (family == Family.IPV6) {
      return IpAddress.parse(text.text()).filter(a -> a.family() == family).orElseThrow(
          () -> wrong(text, family));
    }
    try {
      return dotted(text, false);
    } catch (ArgumentException e) {
      if (!text.text().matches("[0-9a-fA-FxX.]+")) {
        throw e;
      }
    }
    try {
      return text.hostAddress(family);
    } catch (ArgumentException e) {
      throw wrong(text, family);
    }
  }

  /** numeric_to_addr(): up to four numbers, the missing ones are zero unless it is a mask. */
  private static IpAddress dotted(Argument text, boolean mask) {
    List<Argument> parts = text.split('.');
    if (parts.size() > 4 || mask && parts.size() < 4) {
      throw mask ? text.error("invalid mask: " + text.text(), "expected four numbers, or 0..32") : wrong(text, Family.IPV4);
    }
    int bits = 0;
    for (int i = 0; i < 4; i++) {
      int octet = 0;
      if (i < parts.size()) {
        try {
          octet = parts.get(i).u8();
        } catch (ArgumentException e) {
          throw mask ? text.error("invalid mask: " + text.text(), "expected four numbers 0..255, or 0..32") : wrong(text, Family.IPV4);
        }
      }
      bits = bits << 8 | octet;
    }
    return IpAddress.ipv4(bits);
  }

  private static io.sluice.extension.ArgumentException wrong(Argument text, Family family) {
    boolean other = IpAddress.parse(text.text()).isPresent();
    String way = text.text().equals("!") ? "'!' goes before the option: ! -s address"
        : other ? "this is a rule set of the other family" : "host names are not resolved: write the address";
    return text.error("not an IPv" + family.version() + " address: " + text.text(),
        "expected address[/mask]\n" + way);
  }
}
