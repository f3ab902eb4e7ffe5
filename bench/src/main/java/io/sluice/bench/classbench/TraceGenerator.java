package io.sluice.bench.classbench;

import java.util.List;
import java.util.Random;

/** Makes headers at the corners of filters, where answers change: the same for the same filters, size and seed. */
public final class TraceGenerator {

  /** How often headers come again, and in what order. */
  public enum Traffic {
    /** Corners of filters chosen alike, no locality: what ClassBench's traces are with their parameters at zero. */
    UNIFORM,
    /** As many flows as a tenth of the packets; the n-th has 1/n of the packets of the first. */
    ZIPF,
    /** No header twice: addresses and ports move inside the filter from packet to packet. */
    COLD,
    /** One flow. */
    ELEPHANT
  }

  private TraceGenerator() {}

  /** {@code size} headers as columns, without answers. */
  public static int[][] headers(List<Filter> filters, Traffic traffic, int size, long seed) {
    Random random = new Random(seed);
    int[][] columns = new int[Trace.COLUMNS][size];
    if (traffic == Traffic.UNIFORM || traffic == Traffic.COLD) {
      for (int i = 0; i < size; i++) draw(filters, traffic == Traffic.COLD, random, columns, i);
      return columns;
    }
    int flowCount = traffic == Traffic.ELEPHANT ? 1 : Math.max(1, size / 10);
    int[][] flows = new int[Trace.COLUMNS][flowCount];
    for (int i = 0; i < flowCount; i++) draw(filters, true, random, flows, i);
    for (int i = 0; i < size; i++) {
      int flow = (int) Math.pow(flowCount + 1, random.nextDouble()) - 1;
      for (int c = 0; c < Trace.COLUMNS; c++) columns[c][i] = flows[c][Math.min(flow, flowCount - 1)];
    }
    return columns;
  }

  /** Headers with the answers of the linear scan. */
  public static Trace trace(List<Filter> filters, Traffic traffic, int size, long seed) {
    int[][] columns = headers(filters, traffic, size, seed);
    return new Trace(columns, LinearScan.of(filters).firstMatches(columns));
  }

  private static void draw(List<Filter> filters, boolean inside, Random random, int[][] columns, int i) {
    Filter filter = filters.get(random.nextInt(filters.size()));
    columns[0][i] = address(filter.source(), filter.sourceLength(), inside, random);
    columns[1][i] = address(filter.destination(), filter.destinationLength(), inside, random);
    columns[2][i] = port(filter.sourcePortLow(), filter.sourcePortHigh(), inside, random);
    columns[3][i] = port(filter.destinationPortLow(), filter.destinationPortHigh(), inside, random);
    columns[4][i] = filter.protocolMask() == 0 ? random.nextInt(256) : filter.protocol();
  }

  private static int address(int prefix, int length, boolean inside, Random random) {
    int host = length == 0 ? -1 : length == 32 ? 0 : -1 >>> length;
    if (inside) return prefix | random.nextInt() & host;
    return random.nextBoolean() ? prefix : prefix | host;
  }

  private static int port(int low, int high, boolean inside, Random random) {
    if (inside) return low + random.nextInt(high - low + 1);
    return random.nextBoolean() ? low : high;
  }
}
