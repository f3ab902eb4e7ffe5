package io.sluice.analysis.witness;

import io.sluice.net.Owner;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.packet.EthernetHeader;
import io.sluice.packet.Packet;
import io.sluice.packet.PacketText;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One packet of a witness. Immutable. */
public final class Step {
  /** The place from which the host's own programs send. */
  public static final String LOCAL = "local";
  private static final Pattern NOTATION = Pattern.compile(
      "(?:\\+(?<pause>\\d{1,9}(?:\\.\\d{1,9})?)s:)?(?<place>(?!\\+)[^/]+?)(?:/(?<mark>0x[0-9a-fA-F]{1,8}|\\d{1,10}))?"
          + "(?:@(?<uid>\\d{1,10})\\.(?<gid>\\d{1,10}))?(?:=(?<from>[0-9a-fA-F]{12})-(?<to>[0-9a-fA-F]{12}))?:(?<hex>[0-9a-fA-F]+)");
  private static final long MOST_ID = 0xffff_fffeL;

  private final String place;
  private final byte[] packet;
  private final int mark;
  private final Owner owner;
  private final Optional<EthernetHeader> frame;
  private final long pauseNanos;

  /**
   * @param place the interface by which the packet comes in, or {@link #LOCAL}
   * @param packet its bytes, from the IP header on
   * @param mark the mark that a local sender's socket gives it (SO_MARK); 0 for what comes in
   * @param pauseNanos how much time passes before it, in nanoseconds
   */
  public Step(String place, byte[] packet, int mark, long pauseNanos) {
    this(place, packet, mark, Owner.ROOT, pauseNanos);
  }

  /**
   * As {@link #Step(String, byte[], int, long)}.
   *
   * @param owner who a local sender is; root for what comes in
   */
  public Step(String place, byte[] packet, int mark, Owner owner, long pauseNanos) {
    this(place, packet, mark, owner, Optional.empty(), pauseNanos);
  }

  /** What comes in, in a frame perhaps, and without a pause. */
  public Step(String place, byte[] packet, Optional<EthernetHeader> frame) {
    this(place, packet, 0, Owner.ROOT, frame, 0);
  }

  private Step(String place, byte[] packet, int mark, Owner owner, Optional<EthernetHeader> frame, long pauseNanos) {
    if (mark != 0 && !place.equals(LOCAL)) {
      throw new IllegalArgumentException("what comes in by " + place + " has no mark yet: mark=" + mark);
    }
    if (!owner.equals(Owner.ROOT) && !place.equals(LOCAL)) {
      throw new IllegalArgumentException("what comes in by " + place + " has no owner here: owner=" + owner);
    }
    if (frame.isPresent() && place.equals(LOCAL)) {
      throw new IllegalArgumentException("what the host sends has no frame yet: " + frame.get());
    }
    if (pauseNanos < 0) {
      throw new IllegalArgumentException("time does not go back: pauseNanos=" + pauseNanos);
    }
    this.place = place;
    this.packet = packet.clone();
    this.mark = mark;
    this.owner = owner;
    this.frame = frame;
    this.pauseNanos = pauseNanos;
  }

  /**
   * Reads what {@link #notation} writes.
   *
   * @throws IllegalArgumentException with a message for people when it is not that
   */
  public static Step parse(String notation) {
    Matcher m = NOTATION.matcher(notation);
    if (!m.matches()) {
      throw new IllegalArgumentException("expected [TIMESx:][+SECONDSs:]PLACE[/MARK][@UID.GID][=MAC-MAC]:HEX, as in +2.5s:eth0:4500…: " + notation);
    }
    byte[] packet;
    try {
      packet = HexFormat.of().parseHex(m.group("hex"));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("not hexadecimal: " + e.getMessage(), e);
    }
    long nanos = m.group("pause") == null ? 0 : new BigDecimal(m.group("pause")).movePointRight(9).longValue();
    long mark = m.group("mark") == null ? 0 : Long.decode(m.group("mark"));
    if (mark > 0xffff_ffffL) {
      throw new IllegalArgumentException("a mark has 32 bits: " + m.group("mark"));
    }
    Owner owner = m.group("uid") == null ? Owner.ROOT : new Owner(id(m.group("uid")), id(m.group("gid")));
    Optional<EthernetHeader> frame = m.group("from") == null ? Optional.empty()
        : Optional.of(new EthernetHeader(Long.parseLong(m.group("to"), 16), Long.parseLong(m.group("from"), 16)));
    return new Step(m.group("place"), packet, (int) mark, owner, frame, nanos);
  }

  private static long id(String text) {
    long id = Long.parseLong(text);
    if (id > MOST_ID) {
      throw new IllegalArgumentException("a user or group id is at most " + MOST_ID + ": " + text);
    }
    return id;
  }

  public String place() {
    return place;
  }

  public boolean isLocal() {
    return place.equals(LOCAL);
  }

  /** A copy of the packet's bytes. */
  public byte[] packet() {
    return packet.clone();
  }

  /** A copy of the packet's bytes with its frame's header, if there is one, before them. */
  public byte[] bytes() {
    byte[] header = frame.map(f -> f.bytes(family())).orElse(new byte[0]);
    byte[] bytes = Arrays.copyOf(header, header.length + packet.length);
    System.arraycopy(packet, 0, bytes, header.length, packet.length);
    return bytes;
  }

  /** What the packet says of itself. */
  Packet header() {
    Packet read = new Packet();
    read.load(packet.clone(), packet.length);
    return read;
  }

  private Family family() {
    return packet.length > 0 && packet[0] >> 4 == 6 ? Family.IPV6 : Family.IPV4;
  }

  public int mark() {
    return mark;
  }

  public Owner owner() {
    return owner;
  }

  /** The header of the frame that it comes in; empty where none is known. */
  public Optional<EthernetHeader> frame() {
    return frame;
  }

  public long pauseNanos() {
    return pauseNanos;
  }

  /** Lets the pause pass, and the packet in or out. */
  public Outcome play(Simulator simulator) {
    simulator.advanceTo(simulator.clock().nanos() + pauseNanos);
    SkBuff skb = new SkBuff();
    skb.arrive(packet.clone(), packet.length, isLocal() ? null : simulator.host().network().requireDevice(place));
    if (isLocal()) {
      skb.setMark(mark);
      skb.setOwner(owner);
      return simulator.send(skb);
    }
    frame.ifPresent(header -> simulator.setLinkHeader(skb, header.bytes(family())));
    return simulator.receive(skb);
  }

  /** The packet in hexadecimal. */
  public String hex() {
    return HexFormat.of().formatHex(packet);
  }

  /**
   * The step in the notation of {@code trace --before}: {@code eth0:HEX}, {@code +2.5s:local/0x10:HEX}, {@code local@1500.100:HEX},
   * {@code veth0=0242ac110003-0242ac110002:HEX} with the frame's source and destination.
   */
  public String notation() {
    String pause = pauseNanos == 0 ? "" : "+" + pauseSeconds() + "s:";
    return pause + place + (mark == 0 ? "" : "/0x" + Integer.toHexString(mark))
        + (owner.equals(Owner.ROOT) ? "" : "@" + owner.uid() + "." + owner.gid())
        + frame.map(header -> String.format("=%012x-%012x", header.source(), header.destination())).orElse("") + ":" + hex();
  }

  /** The pause in seconds, as a decimal number. */
  public String pauseSeconds() {
    return BigDecimal.valueOf(pauseNanos, 9).stripTrailingZeros().toPlainString();
  }

  @Override
  public String toString() {
    return (pauseNanos == 0 ? "" : "after " + pauseSeconds() + " s, ") + (isLocal() ? "sent by the host" : "from " + place) + ": "
        + PacketText.describe(packet) + (mark == 0 ? "" : " mark 0x" + Integer.toHexString(mark))
        + (owner.equals(Owner.ROOT) ? "" : " uid " + owner.uid() + " gid " + owner.gid())
        + frame.map(header -> " in a frame from " + EthernetHeader.text(header.source()) + " to "
            + EthernetHeader.text(header.destination())).orElse("");
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Step step && place.equals(step.place) && Arrays.equals(packet, step.packet) && mark == step.mark
        && owner.equals(step.owner) && frame.equals(step.frame) && pauseNanos == step.pauseNanos;
  }

  @Override
  public int hashCode() {
    return Objects.hash(place, Arrays.hashCode(packet), mark, owner, frame, pauseNanos);
  }
}
