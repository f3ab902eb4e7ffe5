package io.sluice.bench;

import io.sluice.ipset.IpSets;
import io.sluice.ipset.SetQuery;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Clock;
import io.sluice.packet.IpAddress;
import io.sluice.packet.PacketBuilder;
import io.sluice.text.IpSetReader;
import io.sluice.text.ReadException;
import io.sluice.text.SourceText;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Locale;

/**
 * Large sets: how long an {@code ipset save} of so many elements takes to be read, how much memory it takes then, and how long
 * a packet's match does. {@code java -Xmx3g -cp bench/target/bench.jar io.sluice.bench.IpSetBench [ELEMENTS]} (a million, at
 * most 16 million): prints one JSON object a type. Every answer is checked. Times are the thread's own on a processor, so that
 * other programs do not count; {@code wallSeconds} is what the clock says of loading.
 */
public final class IpSetBench {
  private static final Usage USAGE = new Usage("io.sluice.bench.IpSetBench [ELEMENTS]");
  private static final int PACKETS = 1 << 16;
  private static final int ROUNDS = 12;
  private static final String[] TYPES = {"hash:ip", "hash:net", "hash:ip,port", "hash:net,port"};

  private final boolean nets;
  private final boolean ports;

  private IpSetBench(String type) {
    this.nets = type.startsWith("hash:net");
    this.ports = type.endsWith(",port");
  }

  public static void main(String[] args) throws ReadException {
    USAGE.count(args, 0, 1);
    int elements = USAGE.number(args, 0, 1_000_000);
    for (String type : TYPES) {
      new IpSetBench(type).run(type, elements);
    }
  }

  private void run(String type, int elements) throws ReadException {
    SourceText text = dump(type, elements);
    long before = used();
    long wall = System.nanoTime();
    long start = cpuNanos();
    IpSets sets = IpSetReader.read(text);
    double seconds = (cpuNanos() - start) / 1e9;
    double wallSeconds = (System.nanoTime() - wall) / 1e9;
    double megabytes = (used() - before) / 1e6;
    IpSets live = sets.copy(new Clock());
    SetQuery query = SetQuery.of("big", ports ? 2 : 1, ports ? 3 : 1);
    double hit = nanos(live, query, packets(0, elements), true);
    double miss = nanos(live, query, packets(elements, elements), false);
    System.out.printf(Locale.ROOT, "{\"type\":\"%s\",\"elements\":%d,\"loadSeconds\":%.2f,\"wallSeconds\":%.2f,\"heapMb\":%.0f,"
        + "\"hitNs\":%.0f,\"missNs\":%.0f}%n", type, text.lineCount() - 1, seconds, wallSeconds, megabytes, hit, miss);
  }

  private SourceText dump(String type, int elements) {
    StringBuilder dump = new StringBuilder("create big " + type + " family inet hashsize 524288 maxelem " + elements + "\n");
    for (int i = 0; i < elements; i++) {
      dump.append("add big ").append(address(i)).append(nets ? "/24" : "");
      dump.append(ports ? ",tcp:" + port(i) : "").append('\n');
    }
    return SourceText.of("ipset.save", dump.toString());
  }

  /** Different for each i below 2^24: multiplication by an odd number keeps them apart. */
  private String address(int i) {
    long bits = nets ? (i * 40_503L & 0xff_ffff) << 8 : i * 2_654_435_761L & 0xffff_ffffL;
    return IpAddress.ipv4((int) (bits == 0 ? 1 : bits)).toString();
  }

  private static int port(int i) {
    return 1 + i % 65_535;
  }

  /** Packets whose sources are elements {@code from} to {@code from + count}, in no order. */
  private SkBuff[] packets(int from, int count) {
    SkBuff[] packets = new SkBuff[PACKETS];
    for (int i = 0; i < PACKETS; i++) {
      int element = from + (int) (i * 7_919L * 104_729 % count);
      byte[] bytes = PacketBuilder.from(address(element), "192.0.2.1").tcp(port(element), 80).flags("S").build();
      packets[i] = new SkBuff();
      packets[i].arrive(bytes, bytes.length, null);
    }
    return packets;
  }

  /** The median of some rounds, of which the first ones warm up. */
  private static double nanos(IpSets sets, SetQuery query, SkBuff[] packets, boolean expected) {
    double[] rounds = new double[ROUNDS];
    for (int r = 0; r < ROUNDS; r++) {
      int found = 0;
      long start = cpuNanos();
      for (SkBuff packet : packets) {
        found += sets.test(query, packet, null, null) ? 1 : 0;
      }
      rounds[r] = (cpuNanos() - start) / (double) PACKETS;
      if (found != (expected ? PACKETS : 0)) {
        throw new IllegalStateException("expected " + (expected ? PACKETS : 0) + " matches: " + found);
      }
    }
    double[] warm = Arrays.copyOfRange(rounds, ROUNDS / 3, ROUNDS);
    Arrays.sort(warm);
    return warm[warm.length / 2];
  }

  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static long used() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
