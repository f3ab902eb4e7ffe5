package io.sluice.conversation;

import io.sluice.conversation.Question.Protocol;
import io.sluice.host.FlowKey;
import io.sluice.host.InterfaceAddress;
import io.sluice.host.NetDevice;
import io.sluice.host.Route;
import io.sluice.net.Owner;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Packet;
import io.sluice.packet.PacketBuilder;
import io.sluice.packet.Protocols;
import io.sluice.pipeline.Fate;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;
import io.sluice.trace.Culprit;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Plays a whole conversation: the client's packets go in where the client is, the server's where the client's first one
 * came out, each built from what its sender has seen. Nobody retransmits: a lost packet ends the conversation.
 */
public final class Conversation {
  private static final int CLIENT_SEQUENCE = 1000;
  private static final int SERVER_SEQUENCE = 5000;
  private static final int WINDOW = 64240;
  private static final int MSS = 1460;
  private static final int SYN_ACK = 0x12;
  private static final byte[] NOTHING = {};
  private static final Owner ROOT = new Owner(0, 0);

  private final Simulator simulator;
  private final Question question;
  private final List<Step> steps = new ArrayList<>();

  /** Where the server is and how it sees the client; known once the first packet has arrived. */
  private String serverPlace;
  private IpAddress serverAddress;
  private IpAddress peerAddress;
  private int serverPort;
  private int peerPort;

  private Conversation(Simulator simulator, Question question) {
    this.simulator = simulator;
    this.question = question;
  }

  /** Plays {@code question} on {@code simulator}, whose counters and connections move accordingly. */
  public static Answer play(Simulator simulator, Question question) {
    Conversation conversation = new Conversation(simulator, question);
    String failure = conversation.unroutable().orElseGet(conversation::run);
    boolean connected = failure == null;
    return new Answer(connected, connected ? conversation.success() : failure, conversation.steps);
  }

  private String success() {
    return serverPlace.equals("local") && question.protocol() != Protocol.ICMP
        ? "connected, if a program on this host listens on " + serverAddress + " port " + serverPort
        : "connected";
  }

  /** Null when all went well, otherwise the sentence. */
  private String run() {
    switch (question.protocol()) {
      case TCP:
        return tcp();
      case UDP:
        String lost = client("request", clientPacket().udp(question.clientPort(), question.port()).payload("ping").build());
        return lost != null ? lost : server("answer", serverPacket().udp(serverPort, peerPort).payload("pong").build());
      default:
        return echo();
    }
  }

  private String echo() {
    boolean v4 = question.client().family() == Family.IPV4;
    byte[] payload = "sluice".getBytes(StandardCharsets.US_ASCII);
    byte[] request = clientPacket().icmp(v4 ? 8 : 128, 0).echo(question.clientPort(), 1).payload(payload).build();
    String lost = client("echo request", request);
    if (lost != null) {
      return lost;
    }
    return server("echo reply", serverPacket().icmp(v4 ? 0 : 129, 0).echo(serverPort, 1).payload(payload).build());
  }

  private String tcp() {
    int cs = CLIENT_SEQUENCE;
    int ss = SERVER_SEQUENCE;
    byte[] get = ("GET / HTTP/1.1\r\nHost: " + question.target() + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
    byte[] page = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n".getBytes(StandardCharsets.US_ASCII);
    String lost = client("SYN", clientTcp("S", cs, 0, true, NOTHING));
    int known = ss; // the server's number, as the client knows it
    OptionalInt cookie = cookie();
    if (cookie.isPresent()) {
      known = cookie.getAsInt();
      lost = proxied(cs, known, ss);
    } else {
      lost = lost != null ? lost : server("SYN-ACK", serverTcp("SA", ss, cs + 1, true, NOTHING));
      lost = lost != null ? lost : client("ACK", clientTcp("A", cs + 1, ss + 1, false, NOTHING));
    }
    if (lost != null) {
      return lost;
    }
    cs++;
    ss++;
    known++;
    lost = client("request", clientTcp("PA", cs, known, false, get));
    cs += get.length;
    lost = lost != null ? lost : server("ACK of the request", serverTcp("A", ss, cs, false, NOTHING));
    lost = lost != null ? lost : server("response", serverTcp("PA", ss, cs, false, page));
    ss += page.length;
    known += page.length;
    lost = lost != null ? lost : client("ACK of the response", clientTcp("A", cs, known, false, NOTHING));
    lost = lost != null ? lost : client("FIN", clientTcp("FA", cs, known, false, NOTHING));
    lost = lost != null ? lost : server("FIN of the server", serverTcp("FA", ss, cs + 1, false, NOTHING));
    lost = lost != null ? lost : client("last ACK", clientTcp("A", cs + 1, known + 1, false, NOTHING));
    return lost == null ? null : "connected, then " + lost;
  }

  /** The number of the SYN-ACK that the host itself has sent to the client on account of the last packet (SYNPROXY). */
  private OptionalInt cookie() {
    return steps.get(steps.size() - 1).outcome().answers().stream().filter(this::reachesClient).map(Conversation::packet)
        .filter(p -> p.protocol() == Protocols.TCP && (p.u8(p.transportOffset() + 13) & SYN_ACK) == SYN_ACK)
        .mapToInt(p -> p.u32(p.transportOffset() + 4)).findFirst();
  }

  /** The rest of a handshake that the host begins in the server's place, and goes through with the server. */
  private String proxied(int cs, int cookie, int ss) {
    String name = "ACK of the host's SYN-ACK";
    Outcome acknowledged = inject(name, question.place(), clientTcp("A", cs + 1, cookie + 1, false, NOTHING));
    if (acknowledged.fate().arrived()) {
      return "timed out: the " + name + " goes to " + placeOf(acknowledged)
          + ", where nobody knows of it: with net.netfilter.nf_conntrack_tcp_loose = 0 it would be INVALID, for SYNPROXY";
    }
    if (acknowledged.answers().isEmpty()) {
      return failure(name, acknowledged, true);
    }
    Outcome syn = acknowledged.answers().get(0);
    if (!syn.fate().arrived()) {
      return "timed out: the host's SYN to the server is lost: " + Culprit.of(syn);
    }
    arrived(syn);
    name = "SYN-ACK";
    if (goesStraight()) {
      return straight(name);
    }
    Outcome answered = inject(name, serverPlace, serverTcp("SA", ss, cs + 1, true, NOTHING));
    return answered.answers().stream().anyMatch(this::reachesClient) ? null : failure(name, answered, false);
  }

  private boolean reachesClient(Outcome answer) {
    return answer.fate().arrived() && answer.out().map(NetDevice::name).orElse("").equals(question.device().orElse("lo"))
        && packet(answer).destination().equals(question.client());
  }

  private static Packet packet(Outcome outcome) {
    Packet p = new Packet();
    byte[] bytes = outcome.packets().get(0);
    p.load(bytes, bytes.length);
    return p;
  }

  private PacketBuilder clientPacket() {
    return PacketBuilder.from(question.client(), question.target()).id(steps.size() + 1).dontFragment();
  }

  private PacketBuilder serverPacket() {
    return PacketBuilder.from(serverAddress, peerAddress).id(steps.size() + 1).dontFragment();
  }

  private byte[] clientTcp(String flags, int sequence, int acknowledgement, boolean mss, byte[] payload) {
    return tcp(clientPacket(), question.clientPort(), question.port(), flags, sequence, acknowledgement, mss, payload);
  }

  private byte[] serverTcp(String flags, int sequence, int acknowledgement, boolean mss, byte[] payload) {
    return tcp(serverPacket(), serverPort, peerPort, flags, sequence, acknowledgement, mss, payload);
  }

  private static byte[] tcp(
      PacketBuilder ip, int from, int to, String flags, int sequence, int acknowledgement, boolean mss, byte[] payload) {
    var tcp = ip.tcp(from, to).flags(flags).seq(sequence).ack(acknowledgement).window(WINDOW);
    return (mss ? tcp.mss(MSS) : tcp).payload(payload).build();
  }

  /** Sends a packet of the client; returns the sentence that ends the conversation if it does not arrive. */
  private String client(String name, byte[] packet) {
    Outcome outcome = inject(name, question.place(), packet);
    if (!outcome.fate().arrived()) {
      return failure(name, outcome, true);
    }
    String place = placeOf(outcome);
    if (serverPlace == null) {
      arrived(outcome);
    } else if (!serverPlace.equals(place)) {
      return "timed out: the " + name + " goes to " + place + ", the server is behind " + serverPlace;
    }
    return null;
  }

  /** Learns where the server is from the first packet that came to it. */
  private void arrived(Outcome outcome) {
    Packet arrived = packet(outcome);
    serverPlace = placeOf(outcome);
    serverAddress = arrived.destination();
    peerAddress = arrived.source();
    boolean echo = question.protocol() == Protocol.ICMP;
    serverPort = echo ? arrived.u16(arrived.transportOffset() + 4) : arrived.destinationPort();
    peerPort = echo ? 0 : arrived.sourcePort();
  }

  private static String placeOf(Outcome outcome) {
    return outcome.fate() == Fate.DELIVERED ? "local" : outcome.out().orElseThrow().name();
  }

  /** Sends a packet of the server, which must reach the client from the address that the client talks to. */
  private String server(String name, byte[] packet) {
    if (goesStraight()) {
      return straight(name);
    }
    Outcome outcome = inject(name, serverPlace, packet);
    if (!outcome.fate().arrived()) {
      return failure(name, outcome, false);
    }
    String place = placeOf(outcome);
    if (!place.equals(question.place())) {
      return "timed out: the " + name + " leaves by " + place + ", the client is behind " + question.place();
    }
    Packet back = packet(outcome);
    boolean echo = question.protocol() == Protocol.ICMP;
    boolean expected = back.source().equals(question.target()) && back.destination().equals(question.client())
        && (echo || back.sourcePort() == question.port() && back.destinationPort() == question.clientPort());
    return expected ? null
        : "timed out: the " + name + " reaches the client as " + ends(back, echo) + ", which is not the conversation it began";
  }

  private String straight(String name) {
    return "timed out: the " + name + " goes straight from " + serverAddress + " to " + peerAddress
        + ", past the host, and the client expects " + question.target() + ": hairpin traffic needs source NAT too";
  }

  private static String ends(Packet p, boolean echo) {
    return echo ? p.source() + " > " + p.destination()
        : p.source() + ":" + p.sourcePort() + " > " + p.destination() + ":" + p.destinationPort();
  }

  /** Whether server and client are neighbours on one network, so that answers do not come by this host at all. */
  private boolean goesStraight() {
    if (question.device().isEmpty() || !serverPlace.equals(question.place())) {
      return false;
    }
    NetDevice device = simulator.host().network().requireDevice(serverPlace);
    for (InterfaceAddress own : device.addresses()) {
      if (own.address().equals(peerAddress)) {
        return false;
      }
    }
    for (InterfaceAddress own : device.addresses()) {
      if (own.address().family() == serverAddress.family()) {
        AddressMask network = AddressMask.prefix(own.address(), own.prefixLength());
        if (network.matches(serverAddress.hi(), serverAddress.lo()) && network.matches(peerAddress.hi(), peerAddress.lo())) {
          return true;
        }
      }
    }
    return false;
  }

  private Outcome inject(String name, String place, byte[] packet) {
    Outcome outcome = place.equals("local") ? simulator.send(packet, ROOT) : simulator.receive(place, packet);
    steps.add(new Step(name, place, packet, outcome));
    return outcome;
  }

  /** What the client notices of a packet that did not arrive. */
  private String failure(String name, Outcome outcome, boolean fromClient) {
    String culprit = Culprit.of(outcome);
    if (!fromClient) {
      return "timed out: the " + name + " does not come back: " + culprit;
    }
    String which = steps.size() == 1 ? "" : "the " + name + " is lost: ";
    if (isRefusedToSend(outcome)) {
      return "Operation not permitted: " + which + culprit;
    }
    Optional<String> error = told(outcome);
    if (error.isPresent()) {
      return error.get() + ": " + which + culprit;
    }
    return "timed out: " + which + culprit + (outcome.fate() == Fate.REJECTED || outcome.fate() == Fate.IP_ERROR
        ? ", of which the client does not hear" : "");
  }

  /**
   * Whether the client's own system call fails: nf_hook_slow() has EPERM for what a rule drops on the way out, and only
   * TCP, which tries again, keeps it to itself.
   */
  private boolean isRefusedToSend(Outcome outcome) {
    boolean byRule = outcome.rule().isPresent() || outcome.policy().isPresent();
    boolean onTheWayOut = outcome.hook().filter(h -> h == Hook.OUTPUT || h == Hook.POSTROUTING).isPresent();
    return question.device().isEmpty() && question.protocol() != Protocol.TCP && byRule && onTheWayOut;
  }

  /** What a program on the host itself is told at once when there is no way to the target. */
  private Optional<String> unroutable() {
    if (question.device().isPresent()) {
      return Optional.empty();
    }
    FlowKey key = new FlowKey().set(question.client().family(), question.client().hi(), question.client().lo(),
        question.target().hi(), question.target().lo(), 0, 0);
    Route route = simulator.host().network().routing().output(key, null);
    return route.failed() ? Optional.of(ErrorWords.of(route.failure()) + ": " + route.failure().text() + " to "
        + question.target()) : Optional.empty();
  }

  /** The error that the host's answers tell the client, if one reaches it. */
  private Optional<String> told(Outcome outcome) {
    for (Outcome answer : outcome.answers()) {
      if (reachesClient(answer)) {
        Optional<String> words = ErrorWords.of(packet(answer), question.protocol(), steps.size() == 1);
        if (words.isPresent()) {
          return words;
        }
      }
      Optional<String> deeper = told(answer);
      if (deeper.isPresent()) {
        return deeper;
      }
    }
    return Optional.empty();
  }
}
