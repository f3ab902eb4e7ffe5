package io.sluice.target;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.Options;
import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Reads the options of {@link HmarkTarget}, each of which {@code --hmark-tuple} may give too. */
final class HmarkParser {
  /** The options with numbers in the order in which they are printed, and how. */
  static final Map<String, String> PRINTED = new LinkedHashMap<>();
  private static final List<String> TUPLE = List.of("ct", "src", "dst", "sport", "dport", "spi", "proto");

  static {
    PRINTED.put("sport-mask", "0x%04x");
    PRINTED.put("dport-mask", "0x%04x");
    PRINTED.put("spi-mask", "0x%08x");
    PRINTED.put("sport", "0x%04x");
    PRINTED.put("dport", "0x%04x");
    PRINTED.put("spi", "0x%08x");
    PRINTED.put("proto-mask", "0x%02x");
  }

  private final Family family;
  private final Map<String, Integer> numbers = new HashMap<>();
  private Optional<AddressMask> source = Optional.empty();
  private Optional<AddressMask> destination = Optional.empty();
  private boolean connection;

  HmarkParser(Family family) {
    this.family = family;
  }

  HmarkTarget parse(Options options) {
    if (options.has("--hmark-src-prefix")) {
      source = Optional.of(mask(options.argument("--hmark-src-prefix")));
    }
    if (options.has("--hmark-dst-prefix")) {
      destination = Optional.of(mask(options.argument("--hmark-dst-prefix")));
    }
    for (String name : PRINTED.keySet()) {
      if (options.has("--hmark-" + name)) {
        numbers.put(name, number(name, options.argument("--hmark-" + name)));
      }
    }
    if (options.has("--hmark-tuple")) {
      tuple(options);
    }
    if (!options.has("--hmark-mod")) {
      throw options.error("--hmark-mod is mandatory", "expected --hmark-mod");
    }
    int modulus = (int) options.argument("--hmark-mod").number(1, 0xffff_ffffL);
    if (!options.has("--hmark-rnd")) {
      throw options.error("--hmark-rnd is mandatory", "expected --hmark-rnd");
    }
    int random = options.argument("--hmark-rnd").u32();
    int offset = options.has("--hmark-offset") ? options.argument("--hmark-offset").u32() : 0;
    check(options);
    return make(random, modulus, offset);
  }

  private void tuple(Options options) {
    for (Argument word : options.argument("--hmark-tuple").split(',')) {
      switch (kind(word)) {
        case "src":
          source = Optional.of(once(options, word, "--hmark-src-prefix"));
          break;
        case "dst":
          destination = Optional.of(once(options, word, "--hmark-dst-prefix"));
          break;
        case "sport":
        case "dport":
        case "spi":
        case "proto":
          once(options, word, "--hmark-" + kind(word) + "-mask");
          numbers.put(kind(word) + "-mask", kind(word).equals("spi") ? -1 : 0xffff);
          break;
        default:
          connection = true;
      }
    }
  }

  /** The first word of the tuple that begins as {@code word} does, in whichever case: hmark_parse(). */
  private static String kind(Argument word) {
    String text = word.text().toLowerCase(Locale.ROOT);
    return TUPLE.stream().filter(w -> !text.isEmpty() && w.startsWith(text)).findFirst().orElseThrow(
        () -> word.error("Bad type: " + word.text(), "expected some of: " + String.join(" ", TUPLE)));
  }

  private AddressMask once(Options options, Argument word, String option) {
    boolean behind = options.has(option) && options.uses(option).get(0).name().offset() > word.offset();
    if (behind) {
      throw word.error("'" + option + "' can only be used once: '" + word.text() + "' of the tuple stands for it", "");
    }
    return AddressMask.prefix(new IpAddress(family, 0, 0), family.addressBits());
  }

  private static int number(String name, Argument argument) {
    return name.startsWith("spi") ? argument.u32() : argument.u16();
  }

  /** A prefix length, or a mask; in IPv4 what is neither is taken for a full mask, as iptables does. */
  private AddressMask mask(Argument argument) {
    IpAddress zero = new IpAddress(family, 0, 0);
    Optional<IpAddress> mask = IpAddress.parse(argument.text()).filter(a -> a.family() == family);
    if (mask.isPresent()) {
      AddressMask given = new AddressMask(family, 0, 0, mask.get().hi(), mask.get().lo());
      return given.prefixLength() < 0 ? AddressMask.prefix(zero, family.addressBits()) : given;
    }
    long bits = argument.number(0, family == Family.IPV4 ? Integer.MAX_VALUE : 128);
    return AddressMask.prefix(zero, (int) Math.min(bits, family.addressBits()));
  }

  private void check(Options options) {
    boolean none = source.isEmpty() && destination.isEmpty() && numbers.isEmpty() && !connection;
    if (none) {
      throw options.error("you have to specify --hmark-tuple at least", "expected --hmark-tuple");
    }
    exclude(options, "spi-mask", "sport-mask", "dport-mask");
    exclude(options, "spi", "sport", "dport");
  }

  private void exclude(Options options, String spi, String sport, String dport) {
    if (numbers.containsKey(spi) && (numbers.containsKey(sport) || numbers.containsKey(dport))) {
      throw options.error(
          "you cannot use --hmark-" + spi + " and --hmark-" + sport + " at the same time", "give only one of them");
    }
  }

  private HmarkTarget make(int random, int modulus, int offset) {
    int mask = numbers.getOrDefault("spi-mask", 0)
        | numbers.getOrDefault("sport-mask", 0) << 16 | numbers.getOrDefault("dport-mask", 0);
    int set = numbers.getOrDefault("spi", 0)
        | numbers.getOrDefault("sport", 0) << 16 | numbers.getOrDefault("dport", 0);
    return new HmarkTarget(source, destination, connection, (long) mask << 32 | set & 0xffff_ffffL,
        numbers.getOrDefault("proto-mask", 0), random, modulus, offset, Map.copyOf(numbers));
  }

  HmarkTarget listed(ListingReader in) {
    int modulus = in.next().u32();
    int offset = in.skip("+") ? in.next().u32() : 0;
    connection = in.skip("ct,");
    source = listedMask(in, "src-prefix");
    destination = listedMask(in, "dst-prefix");
    for (String name : PRINTED.keySet()) {
      if (in.skip(name)) {
        numbers.put(name, number(name, in.next()));
      }
    }
    in.skip("rnd");
    return make(in.next().u32(), modulus, offset);
  }

  /** A prefix without a number is IPv6's full one. */
  private Optional<AddressMask> listedMask(ListingReader in, String word) {
    if (!in.skip(word)) {
      return Optional.empty();
    }
    boolean number = in.peek().text().matches("[0-9]+");
    return Optional.of(number ? mask(in.next()) : AddressMask.prefix(new IpAddress(family, 0, 0), 128));
  }
}
