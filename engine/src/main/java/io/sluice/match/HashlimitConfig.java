package io.sluice.match;

import java.util.List;

/**
 * The settings of a hashlimit rule (struct hashlimit_cfg3), and the kernel's arithmetic on them.
 *
 * @param above whether packets over the limit match
 * @param bytes whether bytes are counted
 * @param average millionths of a second a packet; for bytes what 16 bytes cost of 2^32 - 1 a second
 * @param burst packets at once; for bytes how many times the credit is filled up at once
 * @param mode bits by index in {@link #MODES}
 * @param interval seconds, for {@code rateMatch}
 */
record HashlimitConfig(
    boolean above, boolean bytes, long average, long burst, int mode, int sourceBits, int destinationBits, long size,
    long max, long gcMillis, long expireMillis, boolean rateMatch, long interval) {

  static final List<String> MODES = List.of("srcip", "srcport", "dstip", "dstport");
  static final int SOURCE = 1;
  static final int SOURCE_PORT = 2;
  static final int DESTINATION = 4;
  static final int DESTINATION_PORT = 8;

  /** XT_HASHLIMIT_SCALE_v2. */
  static final long SCALE = 1_000_000;
  private static final int BYTE_SHIFT = 4;
  private static final long U32 = 0xffff_ffffL;
  /** CREDITS_PER_JIFFY: the largest power of two with which a day's credits fit into 64 bits. */
  static final long CREDITS_PER_JIFFY = Long.highestOneBit(Long.divideUnsigned(-1, Jiffies.HZ * 86_400L));
  /** CREDITS_PER_JIFFY_BYTES: the same for a second and 32 bits. */
  static final long BYTE_CREDITS_PER_JIFFY = Long.highestOneBit(U32 / Jiffies.HZ);

  /** Collects the settings. */
  static final class Builder {
    boolean above;
    boolean bytes;
    long average;
    long burst;
    int mode;
    int sourceBits;
    int destinationBits;
    long size;
    long max;
    long gcMillis;
    long expireMillis;
    boolean rateMatch;
    long interval;

    HashlimitConfig build() {
      return new HashlimitConfig(above, bytes, average, burst, mode, sourceBits, destinationBits, size, max, gcMillis,
          expireMillis, rateMatch, interval);
    }
  }

  /** The credit of a full bucket of bytes. */
  static final long FULL = BYTE_CREDITS_PER_JIFFY * Jiffies.HZ;

  static long costToBytes(long cost) {
    return (U32 / cost - 1) << BYTE_SHIFT;
  }

  static long bytesToCost(long bytes) {
    return U32 / ((bytes >> BYTE_SHIFT & U32) + 1);
  }

  /** user2credits(). */
  static long credits(long user) {
    return user * (Jiffies.HZ * CREDITS_PER_JIFFY / SCALE);
  }

  /** user2credits_byte(). */
  static long byteCredits(long user) {
    return user * Jiffies.HZ * BYTE_CREDITS_PER_JIFFY >>> 32;
  }

  /** What a packet of that length costs in bytes mode. */
  long byteCost(int length) {
    return ((length >> BYTE_SHIFT) + 1) * byteCredits(average);
  }

  boolean overflows() {
    return bytes ? byteCredits(average) == 0
        : burst == 0 || Long.compareUnsigned(credits(average * burst), credits(average)) < 0;
  }

  /** Packets, or bytes, that pass in one interval of {@code --hashlimit-rate-match}: user2rate(), user2rate_bytes(). */
  long rate() {
    return bytes ? costToBytes(average) : average == 0 ? 0 : SCALE / average;
  }

  /** What may pass at once with {@code --hashlimit-rate-match}. */
  long rateBurst() {
    return bytes ? (burst == 0 ? 1 : burst) * rate() : burst + rate();
  }

  /** How many packets of that length use up what a bucket begins with, and one more. */
  long turnsAfter(int length) {
    if (rateMatch) {
      return Turns.past(rateBurst(), bytes ? length : 1);
    }
    return bytes ? (burst + 1) * Turns.past(FULL, Math.max(1, byteCost(length))) : Turns.past(credits(average * burst), Math.max(1, credits(average)));
  }

  String modeText(char separator) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < MODES.size(); i++) {
      if ((mode >> i & 1) != 0) {
        text.append(text.length() == 0 ? "" : String.valueOf(separator)).append(MODES.get(i));
      }
    }
    return text.toString();
  }
}
