package io.sluice.corpus.hosts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.compile.chain.CompileOptions;
import io.sluice.host.NetDevice;
import io.sluice.net.Owner;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.packet.Packet;
import io.sluice.packet.PacketText;
import io.sluice.packet.Protocols;
import io.sluice.packet.pcap.Frame;
import io.sluice.packet.pcap.LinkLayer;
import io.sluice.pipeline.Fate;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;
import io.sluice.text.ConntrackWriter;
import io.sluice.text.HostReader;
import io.sluice.text.RuleSetWriter;
import io.sluice.trace.Culprit;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every recorded packet meets the fate that Linux gave it, and leaves every counter and connection as Linux did. */
class RecordedHostsTest {
  private static final Owner ROOT = new Owner(0, 0);

  @Test
  void thereAreStories() throws Exception {
    assertTrue(Story.all().size() >= 40, "stories: " + Story.all().size());
  }

  @TestFactory
  Stream<DynamicTest> everyStoryGoesAsRecorded() throws Exception {
    return Story.all().stream()
        .map(story -> DynamicTest.dynamicTest(story.toString(), () -> replay(story, Simulator.Builder::walker)));
  }

  @TestFactory
  Stream<DynamicTest> everyStoryGoesAsRecordedWhenCompiled() throws Exception {
    return Story.all().stream().map(story -> DynamicTest.dynamicTest(story.toString(),
        () -> replay(story, builder -> builder.compiled(CompileOptions.DEFAULT.withScanRules(0)))));
  }

  @TestFactory
  Stream<DynamicTest> everyStoryGoesAsRecordedWhenChecked() throws Exception {
    return Story.all().stream().map(story -> DynamicTest.dynamicTest(story.toString(),
        () -> replay(story, builder -> builder.checked(CompileOptions.DEFAULT))));
  }

  private static void replay(Story story, UnaryOperator<Simulator.Builder> engine) throws Exception {
    List<Frame> entered = story.frames("entered.pcapng");
    List<Frame> left = story.frames("left.pcapng");
    Simulator simulator = engine.apply(Simulator.builder(HostReader.read(story.host())))
        .startNanos(entered.get(0).timeNanos()).build();
    for (Story.Fate fate : story.fates()) {
      Frame frame = entered.get(fate.number());
      simulator.advanceTo(frame.timeNanos());
      Outcome outcome = inject(simulator, frame);
      String where = "packet " + fate.number() + ", " + PacketText.describe(ip(frame)) + ": ";
      assertEquals(fate.verdict(), verdict(outcome), where + Culprit.of(outcome));
      assertEquals(packets(left, fate.emitted()), emitted(outcome), where + "what was emitted");
      if (!fate.looped()) {
        assertEquals(packets(left, fate.left()), leaving(outcome), where + "what left");
      }
    }
    compareRules(story, "iptables.after", simulator, Family.IPV4);
    compareRules(story, "ip6tables.after", simulator, Family.IPV6);
    simulator.advanceTo(entered.get(0).timeNanos() + (long) (story.clock("conntrack.after") * 1e9));
    assertEquals(connections(Files.readString(story.directory().resolve("conntrack.after"))),
        connections(ConntrackWriter.print(simulator.conntrack().list())), "conntrack -L");
  }

  private static void compareRules(Story story, String file, Simulator simulator, Family family) throws Exception {
    Path after = story.directory().resolve(file);
    if (Files.exists(after)) {
      assertEquals(rules(Files.readString(after)),
          rules(RuleSetWriter.plain().withCounters().save(simulator.counted(family))), file);
    }
  }

  private static Outcome inject(Simulator simulator, Frame frame) {
    byte[] packet = ip(frame);
    if (frame.interfaceName().equals("local")) {
      return simulator.send(packet, ROOT);
    }
    SkBuff skb = new SkBuff();
    skb.arrive(packet, packet.length, simulator.host().network().requireDevice(frame.interfaceName()));
    simulator.setLinkHeader(skb, LinkLayer.ip(frame).orElseThrow().linkHeader());
    return simulator.receive(skb);
  }

  private static byte[] ip(Frame frame) {
    return LinkLayer.ip(frame).orElseThrow().packet();
  }

  private static String verdict(Outcome outcome) {
    return outcome.reason().startsWith("fragment: kept") ? "held" : outcome.fate().name().toLowerCase(Locale.ROOT);
  }

  private static List<String> packets(List<Frame> left, List<Integer> numbers) {
    return numbers.stream().map(left::get).map(f -> f.interfaceName() + " " + comparable(ip(f))).toList();
  }

  private static List<String> leaving(Outcome outcome) {
    String out = outcome.fate() == Fate.DELIVERED ? "delivered" : outcome.out().map(NetDevice::name).orElse("");
    return outcome.packets().stream().map(p -> out + " " + comparable(p)).toList();
  }

  private static List<String> emitted(Outcome outcome) {
    List<String> all = new ArrayList<>();
    for (Outcome answer : outcome.answers()) {
      all.addAll(leaving(answer));
      all.addAll(emitted(answer));
    }
    return all;
  }

  /** The packet's text and bytes, without what the kernel draws at random: an ICMP error's IP id or flow label. */
  private static String comparable(byte[] bytes) {
    byte[] copy = bytes.clone();
    Packet p = new Packet();
    p.load(copy, copy.length);
    int type = p.hasTransport(1) ? p.u8(p.transportOffset()) : -1;
    if (p.protocol() == Protocols.ICMP && (type == 3 || type == 5 || type == 11 || type == 12)) {
      Arrays.fill(copy, 4, 6, (byte) 0);
      Arrays.fill(copy, 10, 12, (byte) 0);
    } else if (p.protocol() == Protocols.ICMPV6 && type < 128) {
      copy[1] &= (byte) 0xf0;
      Arrays.fill(copy, 2, 4, (byte) 0);
    }
    return PacketText.describe(p) + " " + HexFormat.of().formatHex(copy, 0, p.length());
  }

  private static String rules(String save) {
    return save.lines().filter(line -> !line.startsWith("#")).collect(Collectors.joining("\n"));
  }

  /** The lines in any order: the kernel lists by hash. */
  private static String connections(String listing) {
    return listing.lines().map(line -> line.replaceAll("\\s+", " ").replaceAll(" use=\\d+", "").trim())
        .filter(line -> !line.isEmpty()).sorted().collect(Collectors.joining("\n"));
  }
}
