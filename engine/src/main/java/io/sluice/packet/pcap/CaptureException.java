package io.sluice.packet.pcap;

import java.io.IOException;

/** A capture file that cannot be read on: where it stopped and why. The frames read before are good. */
public final class CaptureException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String file;
  private final long byteOffset;
  private final long frameCount;

  CaptureException(String file, long byteOffset, long frameCount, String message) {
    super(file + ": at byte " + byteOffset + ", after " + frameCount + (frameCount == 1 ? " packet: " : " packets: ")
        + message);
    this.file = file;
    this.byteOffset = byteOffset;
    this.frameCount = frameCount;
  }

  public String file() {
    return file;
  }

  /** Where in the file the thing stands that is wrong or cut short. */
  public long byteOffset() {
    return byteOffset;
  }

  /** How many frames were read before. */
  public long frameCount() {
    return frameCount;
  }
}
