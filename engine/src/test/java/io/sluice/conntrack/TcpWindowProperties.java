package io.sluice.conntrack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.conntrack.TcpEndpoint.Segment;
import io.sluice.host.Sysctls;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.Packet;
import io.sluice.packet.PacketBuilder;
import io.sluice.packet.TcpBuilder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.AfterContainer;

class TcpWindowProperties {
  private static int ordinary;

  /**
   * Two ends that keep to the rules, with loss before and behind the tracker, reordering and retransmission: no segment is
   * invalid.
   */
  @Property(tries = 300, seed = "1")
  void realConversationsAreNeverInvalid(@ForAll long seed) {
    new Conversation(new Random(seed)).play();
  }

  /** Data beyond every window that was offered is invalid. */
  @Property(tries = 200, seed = "1")
  void dataBeyondTheWindowIsInvalid(@ForAll long seed) {
    Random random = new Random(seed);
    Conversation conversation = new Conversation(random);
    Segment last = conversation.play();
    int far = last.seq() + (1 << 30);
    assertEquals(CtInfo.INVALID, conversation.see(conversation.client, new Segment("PA", far, last.ack(), 100, 10, 0, 0)));
  }

  /** A segment that is called ordinary is accepted by the check, which leaves the same behind; one that is not has changed nothing. */
  @Property(tries = 20_000, seed = "1")
  void ordinarySegmentsAreAsChecked(@ForAll long seed) {
    Random random = new Random(seed);
    TcpConnection connection = new TcpConnection(Family.IPV4);
    int base = random.nextInt();
    for (boolean reply : List.of(false, true)) {
      TcpPeer peer = new TcpPeer();
      peer.end = base + random.nextInt(3000);
      peer.maxEnd = peer.end + random.nextInt(4000);
      peer.maxWindow = random.nextInt(10) == 0 ? random.nextInt() : random.nextInt(2000) * random.nextInt(100);
      peer.maxAck = base + random.nextInt(3000);
      peer.scale = random.nextInt(15);
      peer.flags = random.nextInt(64);
      connection.store(reply, peer);
    }
    connection.state = TcpState.ESTABLISHED;
    boolean reply = random.nextBoolean();
    int seq = base + random.nextInt(5000);
    TcpBuilder segment = PacketBuilder.from("192.0.2.1", "192.0.2.2").tcp(1, 2).flags(random.nextBoolean() ? "A" : "PA")
        .seq(seq & 0xffff_ffffL).ack(base + random.nextInt(4000) & 0xffff_ffffL)
        .window(random.nextInt(6) == 0 ? 0 : random.nextInt(65536));
    if (random.nextBoolean()) {
      segment.sack(base & 0xffff_ffffL, base + random.nextInt(5000) & 0xffff_ffffL);
    }
    segment.payload(random.nextInt(3) * random.nextInt(1000));
    Packet packet = new Packet();
    byte[] bytes = segment.build();
    packet.load(bytes, bytes.length);
    String before = state(connection);
    TcpConnection checked = new TcpConnection(Family.IPV4);
    checked.copyFrom(connection);
    TcpWindow window = new TcpWindow(new Settings(Sysctls.defaults()));
    if (!window.isOrdinary(connection, packet, reply)) {
      assertEquals(before, state(connection));
      return;
    }
    checked.load(reply, window.sender);
    checked.load(!reply, window.receiver);
    assertEquals(TcpWindow.Result.ACCEPT, window.check(checked, packet, reply, TcpState.ACK));
    checked.store(reply, window.sender);
    checked.store(!reply, window.receiver);
    assertEquals(state(checked), state(connection));
    ordinary++;
  }

  /** What would show nothing if hardly any segment was ordinary. */
  @AfterContainer
  static void manyWereOrdinary() {
    assertTrue(ordinary > 1000, () -> ordinary + " ordinary segments");
  }

  private static String state(TcpConnection c) {
    StringBuilder out = new StringBuilder();
    TcpPeer peer = new TcpPeer();
    for (boolean reply : List.of(false, true)) {
      c.load(reply, peer);
      out.append(List.of(peer.end, peer.maxEnd, peer.maxWindow, peer.maxAck, peer.scale, peer.flags));
    }
    return out.append(List.of(c.lastSeq, c.lastAck, c.lastEnd, (int) c.lastWindow, c.retransmissions, c.lastReply)).toString();
  }

  private static final class Conversation {
    private final Random random;
    private final Conntrack conntrack = new Conntrack(Sysctls.defaults(), new Clock(), new SplittableRandom(1));
    private final Packet packet = new Packet();
    private final CtRef ref = new CtRef();
    private final TcpEndpoint client;
    private final TcpEndpoint server;
    private final List<String> history = new ArrayList<>();
    private final Deque<Segment> toServer = new ArrayDeque<>();
    private final Deque<Segment> toClient = new ArrayDeque<>();

    Conversation(Random random) {
      this.random = random;
      client = endpoint(true);
      server = endpoint(false);
    }

    private TcpEndpoint endpoint(boolean isClient) {
      int scale = random.nextInt(3) == 0 ? 0 : 1 + random.nextInt(8);
      int buffer = 1000 + random.nextInt(scale == 0 ? 64_000 : 60_000 << scale);
      return new TcpEndpoint(random, isClient, scale, random.nextBoolean(), buffer);
    }

    CtInfo see(TcpEndpoint sender, Segment s) {
      byte[] bytes = sender.bytes(s);
      packet.load(bytes, bytes.length);
      ref.clear();
      conntrack.in(packet, ref, Hook.PREROUTING, 0);
      conntrack.confirm(packet, ref, false);
      history.add((sender == client ? "> " : "< ") + s + " " + ref.info().ctstate());
      return ref.info();
    }

    private void send(TcpEndpoint sender, Segment s) {
      if (random.nextInt(12) == 0) {
        return; // lost before the tracker
      }
      assertNotEquals(CtInfo.INVALID, see(sender, s), () -> conntrack.reason() + "\n" + String.join("\n", history));
      if (random.nextInt(12) != 0) { // or behind it
        Deque<Segment> way = sender == client ? toServer : toClient;
        if (random.nextInt(8) == 0) {
          way.addFirst(s);
        } else {
          way.addLast(s);
        }
      }
    }

    Segment play() {
      Segment syn = client.syn();
      see(client, syn);
      server.open(syn, client);
      Segment synAck = server.synAck();
      see(server, synAck);
      client.open(synAck, server);
      see(client, client.acknowledgement(server));
      for (int i = 0; i < 150; i++) {
        TcpEndpoint one = random.nextBoolean() ? client : server;
        TcpEndpoint other = one == client ? server : client;
        Deque<Segment> arrivals = one == client ? toClient : toServer;
        if (!arrivals.isEmpty() && random.nextBoolean()) {
          one.take(arrivals.pollFirst());
          send(one, one.acknowledgement(other));
        } else {
          send(one, one.speak(other));
        }
      }
      assertEquals("ESTABLISHED", conntrack.list().get(0).state().orElseThrow());
      Segment last = client.acknowledgement(server);
      see(client, last);
      return last;
    }
  }
}
