package io.sluice.cli;

import io.sluice.host.Network;
import io.sluice.packet.pcap.CaptureReader;
import io.sluice.packet.pcap.Frame;
import io.sluice.packet.pcap.LinkLayer;
import io.sluice.packet.pcap.LinkLayer.IpFrame;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The IP packets of a capture file, in order; frames that carry something else are left out, and counted. */
final class CapturePackets implements Closeable {
  private final Path file;
  private final String in;
  private final Network network;
  private final CaptureReader reader;
  private int notIp;
  private int completed;

  /**
   * @param in the interface of frames that name none; may be null
   * @throws io.sluice.packet.pcap.CaptureException if it is no capture file
   * @throws BadInputException if it is no file at all
   */
  CapturePackets(Path file, String in, Network network) throws IOException, BadInputException {
    if (Files.isDirectory(file)) {
      throw new BadInputException(file + ": a directory, not a capture file");
    }
    this.file = file;
    this.in = in;
    this.network = network;
    this.reader = CaptureReader.open(file);
  }

  /**
   * The next packet; empty at the end.
   *
   * @throws io.sluice.packet.pcap.CaptureException where the file is damaged or cut short
   * @throws BadInputException for a packet whose interface is not known
   */
  Optional<CapturedPacket> next() throws IOException, BadInputException {
    while (true) {
      Optional<Frame> frame = reader.next();
      if (frame.isEmpty()) {
        return Optional.empty();
      }
      String place = place(frame.get());
      Optional<IpFrame> ip = LinkLayer.ip(frame.get());
      if (ip.isPresent()) {
        return Optional.of(new CapturedPacket(frame.get(), whole(frame.get(), ip.get()), place));
      }
      notIp++;
    }
  }

  private IpFrame whole(Frame frame, IpFrame ip) {
    byte[] packet = frame.isCut() ? CutPackets.complete(ip.packet()) : ip.packet();
    if (packet == ip.packet()) {
      return ip;
    }
    completed++;
    return new IpFrame(ip.linkHeader(), packet);
  }

  private String place(Frame frame) throws BadInputException {
    String place = frame.interfaceName().isEmpty() ? in : frame.interfaceName();
    if (place == null) {
      throw new BadInputException(file + ": packet " + frame.number() + " names no interface: give one with --in");
    }
    if (!place.equals(CapturedPacket.LOCAL) && network.device(place).isEmpty()) {
      throw new BadInputException(file + ": packet " + frame.number() + ": " + HostSource.noInterface(network, place));
    }
    return place;
  }

  /** How many frames carried no IP packet. */
  int notIp() {
    return notIp;
  }

  /** How many packets the capture had cut, see {@link CutPackets}. */
  int completed() {
    return completed;
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
