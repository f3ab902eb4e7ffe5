package io.sluice.conntrack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.sluice.host.Sysctls;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.Packet;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Conversations with the answer to every packet: {@code packet | ctstate | connections}, recorded from Linux 6.18 with
 * counting rules in FORWARD and {@code conntrack -L}. A connection is its state's word, its seconds, U for [UNREPLIED] and A
 * for [ASSURED].
 */
class ConversationTest {

  @TestFactory
  Stream<DynamicTest> tcpIsTrackedAsTheKernelDoes() throws IOException {
    return conversations("tcp.conversations");
  }

  @TestFactory
  Stream<DynamicTest> otherProtocolsAreTrackedAsTheKernelDoes() throws IOException {
    return conversations("protocols.conversations");
  }

  /** Drawn near the bounds of windows and states; numbers wrap around. */
  @TestFactory
  Stream<DynamicTest> randomTcpIsTrackedAsTheKernelDoes() throws IOException {
    return conversations("random-tcp.conversations");
  }

  /** Chunks of the right and of the wrong tags, in and out of order. */
  @TestFactory
  Stream<DynamicTest> randomSctpIsTrackedAsTheKernelDoes() throws IOException {
    return conversations("random-sctp.conversations");
  }

  private static Stream<DynamicTest> conversations(String file) throws IOException {
    String text;
    try (InputStream in = ConversationTest.class.getResourceAsStream(file)) {
      text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    return Stream.of(text.split("(?m)^# ")).skip(1)
        .map(part -> dynamicTest(part.substring(0, part.indexOf('\n')), () -> play(part)));
  }

  private static void play(String conversation) {
    Map<String, String> knobs = new HashMap<>();
    List<String> lines = new ArrayList<>(List.of(conversation.split("\n")));
    PacketWords words = new PacketWords();
    lines.remove(0);
    for (String line : lines) {
      if (line.startsWith("set ")) {
        String[] knob = line.substring(4).split("=");
        knobs.put("net.netfilter.nf_conntrack_" + knob[0], knob[1]);
      } else if (line.equals("family 6")) {
        words.family(true);
      }
    }
    Clock clock = new Clock();
    Conntrack conntrack = new Conntrack(Sysctls.of(knobs), clock, new SplittableRandom(1));
    Packet packet = new Packet();
    CtRef ref = new CtRef();
    for (String line : lines) {
      if (line.startsWith("wait ")) {
        clock.advanceTo(clock.nanos() + (long) (Double.parseDouble(line.substring(5)) * 1e9));
      }
      String[] parts = line.split(" \\| ");
      if (parts.length != 3) {
        continue;
      }
      byte[] bytes = words.build(parts[0]);
      packet.load(bytes, bytes.length);
      ref.clear();
      boolean accepted = conntrack.in(packet, ref, Hook.PREROUTING, 0) == Verdict.ACCEPT;
      String state = accepted ? ref.info().ctstate() : "DROP";
      String reason = conntrack.reason();
      conntrack.confirm(packet, ref, false);
      assertEquals(parts[1] + " | " + parts[2].trim(), state + " | " + connections(conntrack),
          () -> "after " + parts[0] + " (" + reason + ")");
    }
  }

  private static String connections(Conntrack conntrack) {
    String all = conntrack.list().stream().map(ConversationTest::describe).sorted().collect(Collectors.joining(" ; "));
    return all.isEmpty() ? "none" : all;
  }

  private static String describe(ConntrackRecord r) {
    String flags = (r.seenReply() ? "" : "U") + (r.assured() ? "A" : "");
    return (r.state().orElse("-") + " " + r.timeoutSeconds().getAsLong() + " " + flags).trim();
  }
}
