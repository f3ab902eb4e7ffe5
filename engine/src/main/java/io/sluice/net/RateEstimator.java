package io.sluice.net;

/**
 * How many bytes and packets a second, as an exponentially weighted moving average that is brought up to date at fixed
 * intervals: what {@code -j RATEEST} feeds and {@code -m rateest} reads. Kept under {@link Net#shared} by {@link #key}.
 *
 * <p>Kernel: est_timer() and gen_estimator_read() in net/core/gen_estimator.c. The first interval begins when the
 * estimator is made.
 */
public final class RateEstimator implements MatchState {
  private static final long QUARTER_NANOS = 250_000_000L;
  /** So many intervals without a packet leave nothing of any average. */
  private static final long FORGOTTEN = 40_000;

  private final int intervalLog;
  private final int ewmaLog;
  private long nextNanos;
  private long bytes;
  private long packets;
  private long lastBytes;
  private long lastPackets;
  private long averageBytes;
  private long averagePackets;

  /**
   * @param intervalLog the interval is 250 ms shifted left by this, 0..5
   * @param ewmaLog the newest interval weighs {@code 1 / 2^ewmaLog}
   * @param nowNanos the virtual clock
   */
  public RateEstimator(int intervalLog, int ewmaLog, long nowNanos) {
    this.intervalLog = intervalLog;
    this.ewmaLog = ewmaLog;
    this.nextNanos = nowNanos + (QUARTER_NANOS << intervalLog);
  }

  /** The name under which {@link Net#shared} has the estimator {@code name}. */
  public static String key(String name) {
    return "RATEEST:" + name;
  }

  /** One more packet of so many bytes. */
  public void count(int length, long nowNanos) {
    advance(nowNanos);
    bytes += length;
    packets++;
  }

  /** Bytes a second, as of the end of the last interval. */
  public long bytesPerSecond(long nowNanos) {
    advance(nowNanos);
    return averageBytes >>> 8;
  }

  /** Packets a second, as of the end of the last interval. */
  public long packetsPerSecond(long nowNanos) {
    advance(nowNanos);
    return averagePackets >>> 8;
  }

  private void advance(long nowNanos) {
    long interval = QUARTER_NANOS << intervalLog;
    if (nowNanos - nextNanos > FORGOTTEN * interval) {
      nextNanos += (nowNanos - nextNanos) / interval * interval;
      averageBytes = 0;
      averagePackets = 0;
      lastBytes = bytes;
      lastPackets = packets;
    }
    for (; nextNanos <= nowNanos; nextNanos += interval) {
      averageBytes += ((bytes - lastBytes << 10 - intervalLog) >>> ewmaLog) - (averageBytes >>> ewmaLog);
      averagePackets += ((packets - lastPackets << 10 - intervalLog) >>> ewmaLog) - (averagePackets >>> ewmaLog);
      lastBytes = bytes;
      lastPackets = packets;
    }
  }

  @Override
  public MatchState copy() {
    RateEstimator copy = new RateEstimator(intervalLog, ewmaLog, 0);
    copy.nextNanos = nextNanos;
    copy.bytes = bytes;
    copy.packets = packets;
    copy.lastBytes = lastBytes;
    copy.lastPackets = lastPackets;
    copy.averageBytes = averageBytes;
    copy.averagePackets = averagePackets;
    return copy;
  }
}
