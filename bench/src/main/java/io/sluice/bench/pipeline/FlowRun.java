package io.sluice.bench.pipeline;

import io.sluice.host.NetDevice;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.pipeline.Fate;
import io.sluice.pipeline.PacketResult;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Host;
import io.sluice.text.ConntrackWriter;
import io.sluice.text.RuleSetWriter;

/** Sends flows through a {@link RouterHost}: opens connections, then packets of open ones or of new ones. One thread. */
final class FlowRun implements Simulator.BatchResults {
  /** As many as the kernel takes from a device at a time: NAPI_POLL_WEIGHT in include/linux/netdevice.h. */
  static final int BATCH = 64;
  private static final int CHECKED = 100;
  private static final int HTTP = 80;
  private static final int DNS = 53;
  /** A new connection each microsecond: old ones expire while new ones come. */
  private static final long NANOS_PER_CONNECTION = 1_000;

  private final Simulator simulator;
  private final NetDevice lan;
  private final NetDevice wan;
  private final SkBuff skb = new SkBuff();
  private final FlowPackets ack = FlowPackets.tcp(HTTP, "A", 101, 501);
  private final FlowPackets query = FlowPackets.udp(DNS);
  private final SkBuff[] batch = new SkBuff[BATCH];
  private final byte[][] buffers = new byte[BATCH][];
  private int random;
  private int fresh;

  FlowRun(Simulator simulator) {
    this.simulator = simulator;
    this.lan = simulator.host().network().requireDevice("lan");
    for (int i = 0; i < BATCH; i++) {
      batch[i] = new SkBuff();
      buffers[i] = new byte[Math.max(ack.bytes(), query.bytes())];
    }
    this.wan = simulator.host().network().requireDevice("wan");
  }

  /**
   * The engines must agree before either is timed: on the counters and connections that the first packets leave.
   *
   * @param fresh whether connections begin, or packets of such come that are open
   */
  static void check(Host host, boolean fresh) {
    String walked = left(Simulator.builder(host).walker().build(), fresh);
    String compiled = left(Simulator.builder(host).compiled().build(), fresh);
    if (!walked.equals(compiled)) {
      throw new IllegalStateException("engines differ: " + walked + compiled);
    }
  }

  private static String left(Simulator simulator, boolean fresh) {
    FlowRun run = new FlowRun(simulator);
    if (fresh) {
      run.fresh();
      run.freshBatch();
    } else {
      run.open(CHECKED);
      run.established(CHECKED);
      run.establishedBatch(CHECKED);
    }
    return RuleSetWriter.plain().withCounters().save(simulator.counted(Family.IPV4))
        + ConntrackWriter.print(simulator.conntrack().list());
  }

  /** Opens the connections 0 .. flows - 1, with an answer each. */
  void open(int flows) {
    FlowPackets syn = FlowPackets.tcp(HTTP, "S", 100, 0);
    for (int flow = 0; flow < flows; flow++) {
      syn.load(skb, flow, lan);
      forward();
      byte[] answer = FlowPackets.synAck(HTTP, flow);
      skb.arrive(answer, answer.length, wan);
      forward();
      ack.load(skb, flow, lan);
      forward();
    }
  }

  /** A packet of any of the open connections. */
  void established(int flows) {
    ack.load(skb, any(flows), lan);
    forward();
  }

  /** Of a sequence in which each number below {@code flows} is as likely as another: the upper bits of a linear congruence. */
  private int any(int flows) {
    random = random * 1_664_525 + 1_013_904_223;
    return (int) ((random & 0xffff_ffffL) * flows >>> Integer.SIZE);
  }

  /** A batch of such packets. */
  void establishedBatch(int flows) {
    for (int i = 0; i < BATCH; i++) {
      ack.load(batch[i], buffers[i], any(flows), lan);
    }
    simulator.process(batch, 0, BATCH, this);
  }

  /** A batch of packets that begin connections, which come at one moment. */
  void freshBatch() {
    simulator.advanceTo(simulator.clock().nanos() + BATCH * NANOS_PER_CONNECTION);
    for (int i = 0; i < BATCH; i++) {
      query.load(batch[i], buffers[i], fresh++ & FlowPackets.FLOWS - 1, lan);
    }
    simulator.process(batch, 0, BATCH, this);
  }

  @Override
  public void result(int index, PacketResult result) {
    if (result.fate() != Fate.FORWARDED) {
      throw new IllegalStateException(result.outcome().toString());
    }
  }

  /** A packet that begins a connection. */
  void fresh() {
    simulator.advanceTo(simulator.clock().nanos() + NANOS_PER_CONNECTION);
    query.load(skb, fresh++ & FlowPackets.FLOWS - 1, lan);
    forward();
  }

  private void forward() {
    result(0, simulator.process(skb));
  }
}
