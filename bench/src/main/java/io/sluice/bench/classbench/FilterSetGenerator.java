package io.sluice.bench.classbench;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Makes filter sets like those of a {@link Kind}: the same for the same kind, size and seed. */
public final class FilterSetGenerator {

  /** How often out of a hundred a new prefix lies in or beside one that is there: what makes addresses nest. */
  private static final int NEIGHBOURS = 85;

  private final Kind kind;
  private final Random random;
  private final Addresses sources;
  private final Addresses destinations;

  private FilterSetGenerator(Kind kind, long seed) {
    this.kind = kind;
    this.random = new Random(seed);
    this.sources = new Addresses(kind.sourceReuse);
    this.destinations = new Addresses(kind.destinationReuse);
  }

  /** Up to {@code size} filters, fewer only if the kind has not so many different ones; the more general come later. */
  public static List<Filter> generate(Kind kind, int size, long seed) {
    FilterSetGenerator generator = new FilterSetGenerator(kind, seed);
    Set<Filter> filters = new LinkedHashSet<>();
    for (int tries = 0; filters.size() < size && tries < 20L * size; tries++) filters.add(generator.filter());
    List<Filter> ordered = new ArrayList<>(filters);
    // An administrator writes what is special first, else it would never match.
    ordered.sort((a, b) -> Integer.compare(b.sourceLength() + b.destinationLength(),
        a.sourceLength() + a.destinationLength()));
    return ordered;
  }

  private Filter filter() {
    int[] source = sources.draw(pick(kind.sourceLengths));
    int[] destination = destinations.draw(pick(kind.destinationLengths));
    int protocol = pick(kind.protocols);
    boolean hasPorts = protocol == 6 || protocol == 17;
    String[] ports = hasPorts ? pickPorts() : new String[] {"any", "any"};
    int[] sourcePorts = ports(ports[0]);
    int[] destinationPorts = ports(ports[1]);
    return new Filter(source[0], source[1], destination[0], destination[1], sourcePorts[0], sourcePorts[1],
        destinationPorts[0], destinationPorts[1], Math.max(protocol, 0), protocol == Kind.ANY ? 0 : 0xff, 0, 0);
  }

  private int pick(int[][] shares) {
    int sum = 0;
    for (int[] share : shares) sum += share[1];
    int left = random.nextInt(sum);
    int i = 0;
    while ((left -= shares[i][1]) >= 0) i++;
    return shares[i][0];
  }

  private String[] pickPorts() {
    int[][] shares = new int[kind.ports.length][];
    for (int i = 0; i < shares.length; i++) {
      shares[i] = new int[] {i, Integer.parseInt(kind.ports[i].split(" ")[2])};
    }
    return kind.ports[pick(shares)].split(" ");
  }

  private int[] ports(String of) {
    switch (of) {
      case "any":
        return new int[] {0, 65535};
      case "high":
        return new int[] {1024, 65535};
      case "exact": {
        // The n-th service is about 1/n as frequent as the first.
        int service = kind.services[(int) Math.pow(kind.services.length + 1, random.nextDouble()) - 1];
        return new int[] {service, service};
      }
      case "range": {
        int low = 100 * (1 + random.nextInt(20));
        return new int[] {low, low + 10 * (1 + random.nextInt(10)) - 1};
      }
      default:
        throw new IllegalArgumentException("no such class of ports: " + of);
    }
  }

  /** The prefixes used so far, by length, at one end. */
  private final class Addresses {
    private final int reuse;
    private final List<List<Integer>> ofLength = new ArrayList<>();
    private final List<Integer> all = new ArrayList<>();

    Addresses(int reuse) {
      this.reuse = reuse;
      for (int length = 0; length <= 32; length++) ofLength.add(new ArrayList<>());
    }

    int[] draw(int length) {
      if (length == 0) return new int[] {0, 0};
      List<Integer> used = ofLength.get(length);
      if (!used.isEmpty() && random.nextInt(100) < reuse) return new int[] {used.get(skewed(used.size())), length};
      int address = random.nextInt();
      if (!all.isEmpty() && random.nextInt(100) < NEIGHBOURS) {
        int shared = 8 + random.nextInt(24);
        int near = all.get(skewed(all.size()));
        address = near ^ (address >>> shared);
      }
      address &= -1 << (32 - length);
      used.add(address);
      all.add(address);
      return new int[] {address, length};
    }

    /** Early ones more often: a few networks have most of the rules. */
    private int skewed(int size) {
      double uniform = random.nextDouble();
      return (int) (uniform * uniform * size);
    }
  }
}
