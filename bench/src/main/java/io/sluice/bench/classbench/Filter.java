package io.sluice.bench.classbench;

/**
 * One line of a filter set in ClassBench's text format: two prefixes, two port ranges, and protocol and flags with the
 * bits of them that count.
 */
public record Filter(int source, int sourceLength, int destination, int destinationLength, int sourcePortLow,
    int sourcePortHigh, int destinationPortLow, int destinationPortHigh, int protocol, int protocolMask, int flags,
    int flagsMask) {

  /** Whether addresses, ports and protocol match; the traces of the format say nothing of flags that could be used. */
  public boolean matches(int sourceAddress, int destinationAddress, int sourcePort, int destinationPort, int proto) {
    return isPrefix(source, sourceLength, sourceAddress) && isPrefix(destination, destinationLength, destinationAddress)
        && sourcePortLow <= sourcePort && sourcePort <= sourcePortHigh
        && destinationPortLow <= destinationPort && destinationPort <= destinationPortHigh
        && (proto & protocolMask) == (protocol & protocolMask);
  }

  private static boolean isPrefix(int prefix, int length, int address) {
    return length == 0 || (prefix ^ address) >>> (32 - length) == 0;
  }

  /** The line as the format has it. */
  public String print() {
    return String.format("@%s/%d\t%s/%d\t%d : %d\t%d : %d\t0x%02x/0x%02X\t0x%04x/0x%04X\t", address(source), sourceLength,
        address(destination), destinationLength, sourcePortLow, sourcePortHigh, destinationPortLow,
        destinationPortHigh, protocol, protocolMask, flags, flagsMask);
  }

  private static String address(int address) {
    return (address >>> 24) + "." + (address >>> 16 & 255) + "." + (address >>> 8 & 255) + "." + (address & 255);
  }
}
