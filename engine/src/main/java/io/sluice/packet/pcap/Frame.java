package io.sluice.packet.pcap;

/**
 * A captured frame.
 *
 * @param number from 0
 * @param timeNanos nanoseconds since the Unix epoch; 0 where the file has no time (simple packet blocks)
 * @param interfaceName the interface's name (pcapng's if_name), empty where the file has none
 * @param linkType LINKTYPE_ number of the registry
 * @param data the bytes captured, from the link-layer header on
 * @param originalLength how long the frame was; more than the data when the capture cut it
 * @param byteOffset where in the file its record starts
 */
public record Frame(
    long number, long timeNanos, String interfaceName, int linkType, byte[] data, int originalLength, long byteOffset) {

  /** Whether the capture cut the frame's end off. */
  public boolean isCut() {
    return data.length < originalLength;
  }
}
