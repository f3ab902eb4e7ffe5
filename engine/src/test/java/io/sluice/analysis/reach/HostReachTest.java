package io.sluice.analysis.reach;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Cubes;
import io.sluice.analysis.space.Packets;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.conversation.Conversation;
import io.sluice.conversation.Question;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Protocols;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.text.HostReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said of all connections through recorded hosts holds when some of each kind are played. */
class HostReachTest {
  private static final int VARIANTS = 1;
  private static final int CUBES = 6;

  @Test
  void connectionsEndAsTheyDoWhenPlayed() throws Exception {
    int connected = 0;
    int stopped = 0;
    for (String name : List.of("docker", "podman-cni0", "podman-cni0-narrow", "podman-cni0-broad")) {
      Host host = HostReader.read(Path.of("../corpus/hosts", name));
      Space space = Space.of(host, Family.IPV4);
      ValueSet eth0 = ValueSet.of(space.interfaceValue(host.network().requireDevice("eth0")));
      List<Cube> tcp = ConnectionProbe.first(space, eth0).subList(0, 1);
      HostReach.Answer answer = HostReach.ask(space, host, tcp, n -> true);
      assertEquals(List.of(), answer.left());
      for (Part part : answer.parts()) {
        if (part.fate().toString().contains("invalid source")) {
          continue; // no socket answers from a broadcast address; a conversation that is played sends the answer all the same
        }
        for (Cube cube : part.cubes().subList(0, Math.min(part.cubes().size(), CUBES))) {
          for (int variant = 0; variant < VARIANTS; variant++) {
            Point point = space.pick(cube, (variant + part.cubes().indexOf(cube)) % 3);
            boolean played = play(space, host, point);
            assertEquals(part.connects(), played, () -> name + ": " + part.fate() + " for " + cube + ", played from "
                + address(space, point, Field.SOURCE) + " to " + address(space, point, Field.DESTINATION) + ":" + port(space, point));
            connected += played ? 1 : 0;
            stopped += played ? 0 : 1;
          }
        }
      }
    }
    assertTrue(connected > 5 && stopped > 20, connected + " connected, " + stopped + " stopped");
  }

  @Test
  void eachPacketIsInOnePart() throws Exception {
    Host host = HostReader.read(Path.of("../corpus/hosts/podman-cni0"));
    Space space = Space.of(host, Family.IPV4);
    ValueSet all = space.existingInterfaces();
    List<Cube> parts = HostReach.ask(space, host, ConnectionProbe.first(space, all), n -> true).parts().stream()
        .flatMap(part -> part.cubes().stream()).toList();
    for (int i = 0; i < parts.size(); i++) {
      for (int j = 0; j < i; j++) {
        assertFalse(parts.get(i).intersects(parts.get(j)), parts.get(i) + " and " + parts.get(j));
      }
    }
    double asked = ConnectionProbe.first(space, all).stream().mapToDouble(Cube::share).sum();
    assertEquals(1, parts.stream().mapToDouble(Cube::share).sum() / asked, 1e-9);
  }

  /** What chance makes of the copy that the host gets of its own broadcast is no fate of the broadcast. */
  @Test
  void aCopyThatChanceDropsIsADeed(@TempDir Path directory) throws Exception {
    Files.writeString(directory.resolve("addr"), """
        1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536
            inet 127.0.0.1/8 scope host lo
        2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500
            inet 198.51.100.10/24 brd 198.51.100.255 scope global eth0
        """);
    Files.writeString(directory.resolve("iptables.save"), "*filter\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
        + "-A INPUT -d 198.51.100.255 -m statistic --mode random --probability 0.5 -j DROP\nCOMMIT\n");
    Host host = HostReader.read(directory);
    Space space = Space.of(host, Family.IPV4);
    ValueSet own = ValueSet.of(0xc633_640aL);
    ValueSet all = ValueSet.of(0xc633_64ffL);
    List<Cube> question = ConnectionProbe.firstSent(space, host).stream().map(cube -> cube.with(space.axis(Field.SOURCE), own)
        .with(space.axis(Field.DESTINATION), all)).toList();
    List<String> fates = HostReach.ask(space, host, question, n -> true).parts().stream()
        .map(part -> part.fate().toString()).toList();
    String copy = "a copy for the host itself: DROP if -m statistic --mode random --probability 0.50000000000 matches, else passes";
    assertTrue(fates.stream().allMatch(fate -> fate.startsWith("connects, by eth0, " + copy)), fates::toString);
  }

  @Test
  void noConnectionHasTheNumberOfAnExtensionHeaderForItsProtocol() throws Exception {
    Host host = HostReader.read(Path.of("../corpus/hosts/edge-router6"));
    for (Family family : Family.values()) {
      Space space = Space.of(host, family);
      for (int protocol = 0; protocol < 256; protocol++) {
        ValueSet number = ValueSet.of(protocol);
        boolean asked = ConnectionProbe.first(space, space.existingInterfaces()).stream()
            .anyMatch(cube -> cube.with(space.axis(Field.PROTOCOL), number) != null);
        assertEquals(family == Family.IPV4 || !List.of(0, 43, 44, 51, 59, 60).contains(protocol), asked, family + " " + protocol);
      }
    }
  }

  @Test
  void interruptedAnywhereItSaysWhatIsLeft() throws Exception {
    Host host = HostReader.read(Path.of("../corpus/hosts/podman-cni0"));
    Space space = Space.of(host, Family.IPV4);
    List<Cube> question = ConnectionProbe.first(space, space.existingInterfaces());
    List<Part> whole = HostReach.ask(space, host, question, n -> true).parts();
    double asked = question.stream().mapToDouble(Cube::share).sum();
    int looked = 0;
    HostReach.Answer answer;
    do {
      int visits = looked;
      answer = HostReach.ask(space, host, question, n -> n < visits);
      double known = 0;
      for (Part part : answer.parts()) {
        List<Cube> same = whole.stream().filter(other -> other.fate().equals(part.fate())).findFirst().orElseThrow().cubes();
        assertTrue(part.cubes().stream().allMatch(cube -> Cubes.cover(same, cube)), () -> part.fate() + ", " + visits + " visits");
        known += part.cubes().stream().mapToDouble(Cube::share).sum();
      }
      assertEquals(1, (known + answer.left().stream().mapToDouble(Packets::share).sum()) / asked, 1e-9, visits + " visits");
      looked++;
    } while (!answer.left().isEmpty());
    assertTrue(looked > 20, looked + " visits");
  }

  private static boolean play(Space space, Host host, Point point) {
    Question question = new Question(Optional.of("eth0"), address(space, point, Field.SOURCE),
        (int) point.low(space.axis(Field.SOURCE_PORT).index()), address(space, point, Field.DESTINATION), port(space, point),
        Question.Protocol.TCP);
    assertEquals(Protocols.TCP, (int) point.low(space.axis(Field.PROTOCOL).index()));
    return Conversation.play(Simulator.builder(host).walker().build(), question).connected();
  }

  private static int port(Space space, Point point) {
    return (int) point.low(space.axis(Field.DESTINATION_PORT).index());
  }

  private static IpAddress address(Space space, Point point, Field field) {
    int index = space.axis(field).index();
    return new IpAddress(space.family(), point.high(index), point.low(index));
  }
}
