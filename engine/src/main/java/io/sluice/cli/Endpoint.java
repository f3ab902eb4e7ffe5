package io.sluice.cli;

import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import java.util.OptionalInt;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * An address with or without a port, as it is written on the command line: {@code 10.0.0.1:80}, {@code [2001:db8::1]:80},
 * {@code 10.0.0.1}, {@code 2001:db8::1}.
 */
record Endpoint(IpAddress address, OptionalInt port) {

  /** Reads the text form. */
  static final class Converter implements ITypeConverter<Endpoint> {
    @Override
    public Endpoint convert(String text) {
      String address = text;
      String port = "";
      int colon = text.lastIndexOf(':');
      if (text.startsWith("[")) {
        int close = text.indexOf(']');
        if (close < 0 || close + 1 < text.length() && text.charAt(close + 1) != ':') {
          throw expected(text);
        }
        address = text.substring(1, close);
        port = close + 1 < text.length() ? text.substring(close + 2) : "";
      } else if (colon >= 0 && text.indexOf(':') == colon) {
        address = text.substring(0, colon);
        port = text.substring(colon + 1);
      }
      IpAddress ip = IpAddress.parse(address).orElseThrow(() -> expected(text));
      if (port.isEmpty()) {
        return new Endpoint(ip, OptionalInt.empty());
      }
      try {
        int number = Integer.parseInt(port);
        if (number < 0 || number > 65535) {
          throw expected(text);
        }
        return new Endpoint(ip, OptionalInt.of(number));
      } catch (NumberFormatException e) {
        throw expected(text);
      }
    }

    private static TypeConversionException expected(String text) {
      return new TypeConversionException("'" + text + "' is no address: expected ADDRESS or ADDRESS:PORT"
          + " ([ADDRESS]:PORT for IPv6); names are not resolved");
    }
  }

  @Override
  public String toString() {
    if (port.isEmpty()) {
      return address.toString();
    }
    return (address.family() == Family.IPV6 ? "[" + address + "]" : address.toString()) + ":" + port.getAsInt();
  }
}
