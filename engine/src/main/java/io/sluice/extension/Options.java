package io.sluice.extension;

import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Family;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The options given to one match or target of one rule, and what the rest of the rule says that an extension needs. */
public final class Options {
  private static final Pattern NUMBER = Pattern.compile("\\s*\\+?[0-9].*");
  private static final Pattern SIGNED_NUMBER = Pattern.compile("\\s*[+-]?[0-9]+");

  /**
   * One use of an option.
   *
   * @param protocol the rule's {@code -p} as far as it stood before the option, for extensions that look at it at once
   */
  public record Use(OptionSpec spec, boolean inverted, List<Argument> arguments, Argument name, Protocol protocol) {}

  /**
   * What {@code -p} says.
   *
   * @param number 0 when there is none
   */
  public record Protocol(int number, boolean inverted) {
    public static final Protocol NONE = new Protocol(0, false);
  }

  private final Family family;
  private final String table;
  private final int protocol;
  private final boolean protocolInverted;
  private final Argument extension;
  private final ServiceNames services;
  private final Backend backend;
  private final Map<String, List<Use>> uses = new LinkedHashMap<>();

  /**
   * @param protocol the rule's {@code -p}, 0 when there is none
   * @param extension the name after {@code -m} or {@code -j}, for errors about what is missing
   */
  public Options(Family family, String table, int protocol, boolean protocolInverted, Argument extension) {
    this(family, table, protocol, protocolInverted, extension, ServiceNames.builtIn());
  }

  /** As above, with the names that ports may have. */
  public Options(
      Family family, String table, int protocol, boolean protocolInverted, Argument extension, ServiceNames services) {
    this(family, table, protocol, protocolInverted, extension, services, Backend.LEGACY);
  }

  /** As above, for a back end: a few things only one of them refuses. */
  public Options(
      Family family, String table, int protocol, boolean protocolInverted, Argument extension, ServiceNames services,
      Backend backend) {
    this.family = family;
    this.table = table;
    this.protocol = protocol;
    this.protocolInverted = protocolInverted;
    this.extension = extension;
    this.services = services;
    this.backend = backend;
  }

  public void add(Use use) {
    uses.computeIfAbsent(use.spec().name(), n -> new ArrayList<>()).add(use);
  }

  /** Which kernel back end the rule is for. */
  public Backend backend() {
    return backend;
  }

  public Family family() {
    return family;
  }

  public String table() {
    return table;
  }

  /** The number after {@code -p}, 0 when none was given. */
  public int protocol() {
    return protocol;
  }

  public boolean protocolInverted() {
    return protocolInverted;
  }

  /** A port number, or the name of a service of the rule's protocol: xtables_parse_port() in libxtables/xtables.c. */
  public int port(Argument argument) {
    String text = argument.text();
    if (NUMBER.matcher(text).matches()) {
      return argument.u16();
    }
    return servicePort(argument, protocol == 0 || protocolInverted ? "" : ProtocolNames.nameOrNumber(protocol));
  }

  /**
   * A port as xtables_parse_service() of libxtables has getaddrinfo() resolve it: a decimal number that is no negative
   * int, of which the lowest 16 bits count; nothing, which is 0; or the name of a service of whichever protocol.
   */
  public int resolvedPort(Argument argument) {
    String text = argument.text();
    if (text.isEmpty()) {
      return 0;
    }
    if (SIGNED_NUMBER.matcher(text).matches()) {
      BigInteger number = new BigInteger(text.strip());
      if (number.abs().bitLength() <= Long.SIZE && number.intValue() >= 0) {
        return number.intValue() & 0xffff;
      }
    }
    return servicePort(argument);
  }

  /** The port of a service of whichever protocol: getservbyname() without one. */
  public int servicePort(Argument argument) {
    return servicePort(argument, "");
  }

  private int servicePort(Argument argument, String protocolName) {
    String text = argument.text();
    return services.port(text, protocolName).orElseThrow(
        () -> argument.error("unknown service: " + text, "expected a port number (0..65535) or a name from the services file"));
  }

  /** Whether any option was given at all. */
  public boolean isEmpty() {
    return uses.isEmpty();
  }

  public boolean has(String option) {
    return uses.containsKey(option);
  }

  /** Whether {@code !} stood before the option. */
  public boolean inverted(String option) {
    return has(option) && uses.get(option).get(0).inverted();
  }

  /** The option's first argument; the caller has asked {@link #has}. */
  public Argument argument(String option) {
    return uses.get(option).get(0).arguments().get(0);
  }

  /** All uses of an option, in order; empty when it was not given. */
  public List<Use> uses(String option) {
    return uses.getOrDefault(option, List.of());
  }

  /** The option's first argument, or an error that says that it is missing. */
  public Argument require(String option) {
    if (!has(option)) {
      throw missing(option);
    }
    return argument(option);
  }

  /** An error about the extension as a whole. */
  public ArgumentException error(String message, String expected) {
    return extension.error(message, expected);
  }

  /** An error that says which option (or which of several, in words) is missing. */
  public ArgumentException missing(String option) {
    return extension.error("'" + extension.text() + "' needs " + option, "expected " + option);
  }
}
