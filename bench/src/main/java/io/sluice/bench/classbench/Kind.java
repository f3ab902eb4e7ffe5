package io.sluice.bench.classbench;

/**
 * What filter sets of one kind look like, as shares of a hundred: access lists, firewalls and {@code ipchains}, after the
 * seeds that Taylor and Turner distilled from real ones (ClassBench, INFOCOM 2005): protocols, pairs of port ranges,
 * prefix lengths, and how often a prefix that was used already comes again.
 *
 * <p>Port ranges are of five classes: any, 1024..65535, 0..1023, some other range, one port.
 */
public enum Kind {
  /** Hosts at both ends, the destination's port decides, the source port never does; few destinations, many sources. */
  ACL(new int[][] {{6, 87}, {Kind.ANY, 8}, {1, 3}, {17, 1}},
      new String[] {"any exact 60", "any any 29", "any range 11"},
      new int[][] {{32, 54}, {31, 25}, {23, 7}, {30, 5}, {24, 5}, {22, 2}, {29, 1}, {0, 1}},
      new int[][] {{32, 51}, {31, 20}, {22, 7}, {23, 4}, {30, 4}, {24, 3}, {21, 2}, {25, 2}, {16, 1}, {15, 1}, {0, 1}},
      55, 94, new int[] {1521, 1526, 1221, 135, 14753, 1525, 1433, 1711, 1705, 5541, 1717, 1704, 21, 1708, 6000, 20, 1706,
          1712, 5555, 1707, 80, 443, 22, 25, 53, 110, 139, 445, 389, 636, 3389, 8080}),
  /** Mostly wildcards at one end: rules overlap heavily, and a packet matches dozens. */
  FW(new int[][] {{6, 58}, {17, 32}, {47, 5}, {1, 4}, {Kind.ANY, 1}},
      new String[] {"any exact 57", "any any 19", "exact any 11", "high high 6", "exact exact 3", "high exact 2",
          "exact high 2"},
      new int[][] {{0, 40}, {1, 20}, {32, 13}, {31, 9}, {2, 3}, {30, 3}, {29, 2}, {28, 2}, {27, 1}, {26, 1}, {21, 1},
          {22, 1}, {20, 1}},
      new int[][] {{32, 32}, {31, 27}, {0, 19}, {1, 10}, {30, 7}, {2, 1}, {21, 1}, {28, 1}, {29, 1}, {27, 1}},
      63, 30, new int[] {22, 80, 25, 53, 123, 544, 2105, 21, 750, 161, 443, 23, 69, 119, 88, 67, 7648, 110, 754, 179, 162,
          389, 514, 1723, 5190, 6667}),
  /** Networks rather than hosts, at every depth of nesting. */
  IPC(new int[][] {{17, 38}, {Kind.ANY, 32}, {6, 28}, {1, 1}, {47, 1}},
      new String[] {"any any 36", "any exact 36", "exact any 17", "any high 6", "any range 3", "range any 2"},
      new int[][] {{32, 18}, {24, 15}, {23, 14}, {25, 9}, {31, 8}, {0, 7}, {22, 6}, {1, 4}, {26, 4}, {16, 3}, {17, 3},
          {27, 2}, {28, 2}, {30, 1}},
      new int[][] {{32, 26}, {24, 12}, {31, 11}, {25, 10}, {23, 7}, {0, 6}, {26, 5}, {16, 5}, {1, 3}, {27, 3}, {17, 2},
          {15, 2}, {22, 2}, {28, 2}},
      80, 69, new int[] {514, 69, 80, 53, 9003, 25, 1433, 137, 113, 162, 22, 143, 119, 1646, 5540, 139, 161, 1645, 1723,
          500, 5520, 5510});

  static final int ANY = -1;

  /** Protocol (or {@link #ANY}) and share. */
  final int[][] protocols;
  /** Class of the source port, of the destination port, share. */
  final String[] ports;
  /** Prefix length and share. */
  final int[][] sourceLengths;
  final int[][] destinationLengths;
  /** How often out of a hundred a prefix of the length is one that was used before. */
  final int sourceReuse;
  final int destinationReuse;
  /** Single ports, the most frequent first. */
  final int[] services;

  Kind(int[][] protocols, String[] ports, int[][] sourceLengths, int[][] destinationLengths, int sourceReuse,
      int destinationReuse, int[] services) {
    this.protocols = protocols;
    this.ports = ports;
    this.sourceLengths = sourceLengths;
    this.destinationLengths = destinationLengths;
    this.sourceReuse = sourceReuse;
    this.destinationReuse = destinationReuse;
    this.services = services;
  }
}
