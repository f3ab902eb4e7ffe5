package io.sluice.compile.chain;

import java.util.List;

/**
 * What the compiled rules of one family and thread hold and how they fared.
 *
 * @param chains each chain that packets have been looked up in, or could be
 * @param flows ways of connections' packets remembered now; connections whose packets went the same way share one
 * @param flowBytes bytes of these
 * @param flowFlushes how often all of them were forgotten, for want of room or with what a chain forgot
 * @param fastPackets packets of established connections that went all the way of the packet before, and were counted alone
 */
public record CompiledStats(List<ChainStats> chains, int flows, long flowBytes, long flowFlushes, long fastPackets) {

  /** Bytes of all that is remembered: what {@link CompileOptions#maxBytes} bounds. */
  public long memoBytes() {
    return flowBytes + chains.stream().mapToLong(ChainStats::memoBytes).sum();
  }
}
