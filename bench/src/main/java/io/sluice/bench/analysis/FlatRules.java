package io.sluice.bench.analysis;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Flat filters as administrators grow them: source and destination prefixes, protocol, ports, action; of a hundred rules
 * about five are shadowed by one earlier rule and five by two together. The same for the same size and seed.
 */
final class FlatRules {
  private static final int[] SERVICES = {22, 25, 53, 80, 123, 143, 389, 443, 587, 636, 993, 1433, 3306, 3389, 5432, 8080};

  /** The parts of one rule. A port below 0 is none. */
  private record Parts(int source, int sourceLength, int destination, int destinationLength, String protocol, int port) {
    String text(String target) {
      StringBuilder out = new StringBuilder("-A FORWARD");
      if (sourceLength > 0) {
        out.append(" -s ").append(address(source, sourceLength));
      }
      if (destinationLength > 0) {
        out.append(" -d ").append(address(destination, destinationLength));
      }
      out.append(" -p ").append(protocol);
      if (port >= 0) {
        out.append(" -m ").append(protocol).append(" --dport ").append(port);
      }
      return out.append(" -j ").append(target).append('\n').toString();
    }

    private static String address(int address, int length) {
      int network = address & -1 << 32 - length;
      return (network >>> 24) + "." + (network >>> 16 & 255) + "." + (network >>> 8 & 255) + "." + (network & 255) + "/" + length;
    }
  }

  private final Random random;
  private final List<Parts> all = new ArrayList<>();

  private FlatRules(long seed) {
    random = new Random(seed);
  }

  /** As iptables-save prints them: chain FORWARD of table filter, policy DROP. */
  static String save(int rules, long seed) {
    FlatRules flat = new FlatRules(seed);
    StringBuilder out = new StringBuilder("*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n");
    int count = 0;
    while (count < rules) {
      for (Parts parts : flat.next()) {
        if (count++ < rules) {
          out.append(parts.text(flat.random.nextInt(3) == 0 ? "DROP" : "ACCEPT"));
        }
      }
    }
    return out.append("COMMIT\n").toString();
  }

  private List<Parts> next() {
    int kind = random.nextInt(100);
    if (kind < 5 && !all.isEmpty()) {
      Parts wider = any();
      return List.of(narrower(wider, wider.sourceLength));
    }
    if (kind < 10 && !all.isEmpty()) {
      Parts half = any();
      Parts other = new Parts(half.source ^ 1 << 32 - half.sourceLength, half.sourceLength, half.destination,
          half.destinationLength, half.protocol, half.port);
      return List.of(other, narrower(half, half.sourceLength - 1));
    }
    Parts parts = fresh();
    all.add(parts);
    return List.of(parts);
  }

  private Parts any() {
    return all.get(random.nextInt(all.size()));
  }

  private Parts narrower(Parts wider, int sourceLength) {
    int length = Math.min(32, wider.destinationLength + random.nextInt(4));
    return new Parts(wider.source, sourceLength, wider.destination ^ random.nextInt() >>> wider.destinationLength, length,
        wider.protocol, wider.port < 0 ? service() : wider.port);
  }

  private Parts fresh() {
    int port = random.nextInt(8) == 0 ? -1 : random.nextInt(3) == 0 ? random.nextInt(65536) : service();
    return new Parts(address(), 16 + random.nextInt(17), address(), 16 + random.nextInt(17),
        random.nextInt(4) == 0 ? "udp" : "tcp", port);
  }

  private int address() {
    return 10 << 24 | random.nextInt() >>> 8;
  }

  private int service() {
    return SERVICES[random.nextInt(SERVICES.length)];
  }
}
