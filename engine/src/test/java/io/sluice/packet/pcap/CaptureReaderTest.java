package io.sluice.packet.pcap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class CaptureReaderTest {
  private static final byte[] PACKET = {0x45, 1, 2, 3, 4};

  @Example
  void classicFilesOfBothByteOrdersAndResolutions() throws IOException {
    for (ByteOrder order : List.of(ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN)) {
      for (int magic : new int[] {0xa1b2c3d4, 0xa1b23c4d}) {
        byte[] file = classic(order, magic, LinkLayer.RAW);
        List<Frame> frames = readAll(file);
        assertEquals(2, frames.size());
        assertEquals(7_000_000_000L + (magic == 0xa1b2c3d4 ? 5_000 : 5), frames.get(0).timeNanos());
        assertArrayEquals(PACKET, frames.get(1).data());
        assertEquals(1, frames.get(1).number());
        assertEquals(24 + 16 + 5, frames.get(1).byteOffset());
        assertTrue(frames.get(1).isCut());
      }
    }
  }

  @Example
  void whatTheWriterWritesIsRead() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (PcapngWriter writer = new PcapngWriter(out)) {
      int eth0 = writer.addInterface("eth0", LinkLayer.RAW);
      int local = writer.addInterface("local", LinkLayer.RAW);
      writer.write(local, 1_700_000_000_123_456_789L, PACKET);
      writer.write(eth0, 5, new byte[0]);
    }
    List<Frame> frames = readAll(out.toByteArray());
    assertEquals("local", frames.get(0).interfaceName());
    assertEquals(1_700_000_000_123_456_789L, frames.get(0).timeNanos());
    assertArrayEquals(PACKET, frames.get(0).data());
    assertEquals("eth0", frames.get(1).interfaceName());
  }

  @Example
  void sectionsOfBothByteOrdersUnknownBlocksAndOldBlocks() throws IOException {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
      file.writeBytes(block(order, 0x0a0d0d0a, buffer(order, 16).putInt(0x1a2b3c4d).putShort((short) 1).putShort((short) 0)
          .putLong(-1)));
      file.writeBytes(block(order, 0x0bad, buffer(order, 4).putInt(1)));
      // Milliseconds (10^-3), a snap length of 3 and an offset of 10 seconds.
      file.writeBytes(block(order, 1, buffer(order, 32).putShort((short) LinkLayer.RAW).putShort((short) 0).putInt(3)
          .putShort((short) 9).putShort((short) 1).putInt(order == ByteOrder.BIG_ENDIAN ? 3 << 24 : 3)
          .putShort((short) 14).putShort((short) 8).putLong(10)));
      file.writeBytes(block(order, 3, buffer(order, 8).putInt(5).put(new byte[] {1, 2, 3, 0})));
      file.writeBytes(block(order, 2, buffer(order, 24).putShort((short) 0).putShort((short) 9).putInt(0).putInt(1500)
          .putInt(2).putInt(2).put(new byte[] {8, 9, 0, 0})));
    }
    List<Frame> frames = readAll(file.toByteArray());
    assertEquals(4, frames.size());
    assertArrayEquals(new byte[] {1, 2, 3}, frames.get(0).data());
    assertTrue(frames.get(0).isCut());
    assertEquals(11_500_000_000L, frames.get(1).timeNanos());
    assertEquals(11_500_000_000L, frames.get(3).timeNanos());
    assertArrayEquals(new byte[] {8, 9}, frames.get(3).data());
  }

  @Example
  void aTruncatedFileGivesWhatWasReadAndSaysWhereItStopped() throws IOException {
    byte[] file = classic(ByteOrder.LITTLE_ENDIAN, 0xa1b2c3d4, LinkLayer.RAW);
    CaptureReader reader = CaptureReader.open(new ByteArrayInputStream(file, 0, file.length - 2), "cut.pcap");
    assertTrue(reader.next().isPresent());
    CaptureException e = assertThrows(CaptureException.class, reader::next);
    assertEquals("cut.pcap: at byte 61, after 1 packet: the file ends within a packet (3 of 5 bytes)", e.getMessage());
    assertEquals(61, e.byteOffset());
    assertEquals(1, e.frameCount());
    assertThrows(CaptureException.class, reader::next);
  }

  @Example
  void filesThatAreNoCapturesSaySo() {
    IOException e = assertThrows(CaptureException.class, () -> readAll("*filter\n".getBytes()));
    assertTrue(e.getMessage().contains("not a capture file"), e.getMessage());
    IOException wifi = assertThrows(CaptureException.class,
        () -> readAll(classic(ByteOrder.BIG_ENDIAN, 0xa1b2c3d4, 105)));
    assertTrue(wifi.getMessage().contains("link type 105 is not supported"), wifi.getMessage());
  }

  @Example
  void linkLayersAreTakenOff() {
    byte[] vlan = new byte[18 + 5];
    vlan[0] = 1;
    vlan[12] = (byte) 0x81;
    vlan[15] = 7;
    vlan[16] = 8;
    System.arraycopy(PACKET, 0, vlan, 18, 5);
    LinkLayer.IpFrame ip = LinkLayer.ip(frame(LinkLayer.ETHERNET, vlan)).orElseThrow();
    assertArrayEquals(PACKET, ip.packet());
    assertEquals(14, ip.linkHeader().length);
    assertEquals(8, ip.linkHeader()[12]);

    byte[] sll = new byte[16 + 5];
    sll[14] = (byte) 0x86;
    sll[15] = (byte) 0xdd;
    System.arraycopy(PACKET, 0, sll, 16, 5);
    assertArrayEquals(PACKET, LinkLayer.ip(frame(LinkLayer.LINUX_SLL, sll)).orElseThrow().packet());
    byte[] sll2 = new byte[20 + 5];
    sll2[0] = 8;
    System.arraycopy(PACKET, 0, sll2, 20, 5);
    assertArrayEquals(PACKET, LinkLayer.ip(frame(LinkLayer.LINUX_SLL2, sll2)).orElseThrow().packet());
    byte[] loop = new byte[4 + 5];
    System.arraycopy(PACKET, 0, loop, 4, 5);
    assertArrayEquals(PACKET, LinkLayer.ip(frame(LinkLayer.NULL, loop)).orElseThrow().packet());
    byte[] arp = new byte[42];
    arp[12] = 8;
    arp[13] = 6;
    assertEquals(Optional.empty(), LinkLayer.ip(frame(LinkLayer.ETHERNET, arp)));
  }

  @Property(tries = 2000, seed = "1")
  void noBytesMakeItThrowAnythingElse(
      @ForAll @Size(max = 200) byte[] noise, @ForAll @IntRange(min = 0, max = 4) int kind,
      @ForAll @IntRange(min = 0, max = 400) int at) throws IOException {
    byte[] file;
    if (kind == 0) {
      file = noise;
    } else {
      file = kind < 3 ? classic(kind == 1 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN, 0xa1b2c3d4, LinkLayer.ETHERNET)
          : pcapng();
      int start = Math.min(at, file.length);
      int length = Math.min(Math.min(noise.length, kind == 3 ? 3 : 40), file.length - start);
      System.arraycopy(noise, 0, file, start, length);
    }
    try {
      for (Frame f : readAll(file)) {
        LinkLayer.ip(f);
      }
    } catch (CaptureException e) {
      assertTrue(e.byteOffset() >= 0 && e.byteOffset() <= file.length + 4L, e.getMessage());
    }
  }

  private static byte[] pcapng() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PcapngWriter writer = new PcapngWriter(out);
    writer.addInterface("eth0", LinkLayer.ETHERNET);
    for (int i = 0; i < 5; i++) {
      writer.write(0, i, new byte[20 + i]);
    }
    return out.toByteArray();
  }

  private static Frame frame(int linkType, byte[] data) {
    return new Frame(0, 0, "", linkType, data, data.length, 0);
  }

  private static List<Frame> readAll(byte[] file) throws IOException {
    List<Frame> frames = new ArrayList<>();
    try (CaptureReader reader = CaptureReader.open(new ByteArrayInputStream(file), "test")) {
      for (Optional<Frame> f = reader.next(); f.isPresent(); f = reader.next()) {
        frames.add(f.get());
      }
    }
    return frames;
  }

  private static byte[] classic(ByteOrder order, int magic, int linkType) {
    ByteBuffer b = ByteBuffer.allocate(24 + 2 * (16 + 5)).order(order);
    b.putInt(magic).putShort((short) 2).putShort((short) 4).putInt(0).putInt(0).putInt(65535).putInt(linkType);
    b.putInt(7).putInt(5).putInt(5).putInt(5).put(PACKET);
    b.putInt(8).putInt(0).putInt(5).putInt(99).put(PACKET);
    return b.array();
  }

  private static ByteBuffer buffer(ByteOrder order, int size) {
    return ByteBuffer.allocate(size).order(order);
  }

  private static byte[] block(ByteOrder order, int type, ByteBuffer body) {
    byte[] bytes = Arrays.copyOf(body.array(), body.capacity());
    ByteBuffer b = ByteBuffer.allocate(bytes.length + 12).order(order);
    return b.putInt(type).putInt(bytes.length + 12).put(bytes).putInt(bytes.length + 12).array();
  }
}
