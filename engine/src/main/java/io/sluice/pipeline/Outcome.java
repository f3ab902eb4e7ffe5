package io.sluice.pipeline;

import io.sluice.conntrack.Connection;
import io.sluice.conntrack.CtInfo;
import io.sluice.host.NetDevice;
import io.sluice.netfilter.Hook;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRule;
import java.util.List;
import java.util.Optional;

/**
 * The answer for one packet.
 *
 * @param fate what became of it
 * @param out the interface by which it left; empty when it did not leave. A packet to the host itself that went
 *     through {@code lo} has {@code lo} here
 * @param packets the packet as it left (several when it was fragmented) or was delivered, from the IP header on; empty
 *     when it ended
 * @param hook where it was decided: FORWARD, INPUT or OUTPUT for a packet that arrived, the place of its end otherwise;
 *     empty when it ended outside any hook
 * @param rule the rule that decided: of a packet that arrived, the one in that hook's filter table
 * @param policy the base chain whose policy decided, when no rule did
 * @param reason what ended the packet when neither rule nor policy did, in words; otherwise empty
 * @param ctInfo how the packet stood to its connection where rules could see it; empty when conntrack is off
 * @param connection the packet's entry in the connection table, if it has one
 * @param answers what the host sent on account of this packet (REJECT, ICMP errors), in order
 * @param conditions what was assumed on the way: unknown matches taken one way, choices that the kernel makes at random
 */
public record Outcome(
    Fate fate,
    Optional<NetDevice> out,
    List<byte[]> packets,
    Optional<Hook> hook,
    Optional<LiveRule> rule,
    Optional<LiveChain> policy,
    String reason,
    Optional<CtInfo> ctInfo,
    Optional<Connection> connection,
    List<Outcome> answers,
    List<String> conditions) {

  public Outcome {
    packets = List.copyOf(packets);
    answers = List.copyOf(answers);
    conditions = List.copyOf(conditions);
  }
}
