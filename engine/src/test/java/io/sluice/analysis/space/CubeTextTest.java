package io.sluice.analysis.space;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sluice.compile.ValueSet;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.text.HostReader;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Addresses in words: whole sides of a host by the interface's name, all else in numbers. */
class CubeTextTest {
  private static final int BITS = 32;
  private static final ValueSet INSIDE =
      ValueSet.union(List.of(range("192.168.10.0", "192.168.10.0"), range("192.168.10.2", "192.168.10.254")));
  private static final ValueSet SERVERS =
      ValueSet.union(List.of(range("192.168.20.0", "192.168.20.0"), range("192.168.20.2", "192.168.20.254")));

  @Test
  void whatIsSentOutByAnInterfaceIsBehindIt() throws Exception {
    Host router = HostReader.read(Path.of("../corpus/hosts/edge-router"));
    Space space = Space.of(router, Family.IPV4);
    assertEquals("to behind eth1", text(space, INSIDE, 6));
    assertEquals("to behind eth1,eth2", text(space, ValueSet.union(List.of(INSIDE, SERVERS)), 6));
    assertEquals("to not behind eth2", text(space, SERVERS.complement(BITS), 6));
    assertEquals("to behind eth1,192.168.10.255", text(space, ValueSet.union(List.of(INSIDE, range("192.168.10.255", "192.168.10.255"))), 6));
    assertEquals("to 192.168.10.2-192.168.10.254", text(space, range("192.168.10.2", "192.168.10.254"), 6), "one is missing");
    assertEquals("to 192.168.10.0-192.168.10.254", text(space, range("192.168.10.0", "192.168.10.254"), 6), "with the host's own");
    assertEquals("to 192.168.10.0,192.168.10.2-192.168.10.254", text(space, INSIDE, Integer.MAX_VALUE), "programs want numbers");
  }

  @Test
  void hostsOfOtherNetworksHaveOtherSides() throws Exception {
    Host router = HostReader.read(Path.of("../corpus/hosts/edge-router"));
    Space space = Space.of(List.of(router, HostReader.read(Path.of("../corpus/hosts/docker"))), Family.IPV4);
    assertEquals("to 192.168.10.0,192.168.10.2-192.168.10.254", text(space, INSIDE, 6));
  }

  @Test
  void fewWordsAreTakenForManyAddresses() throws Exception {
    Space space = Space.of(HostReader.read(Path.of("../corpus/hosts/docker")), Family.IPV4);
    ValueSet few = ValueSet.union(
        List.of(range("127.0.0.0", "127.255.255.255"), range("224.0.0.0", "239.255.255.255"), range("10.0.0.1", "10.0.0.1")));
    assertEquals("to not 10.0.0.1,127.0.0.0/8,224.0.0.0/4", text(space, few.complement(BITS), 6));
  }

  @Test
  void packetsWithoutAnInterfaceAreToldFromThoseOfOthers() throws Exception {
    Space space = Space.of(HostReader.read(Path.of("../corpus/hosts/edge-router")), Family.IPV4);
    Axis in = space.axis(Field.IN_INTERFACE);
    ValueSet none = ValueSet.of(0);
    ValueSet eth1 = space.interfacesMatching("eth1");
    ValueSet both = ValueSet.union(List.of(none, eth1));
    assertEquals(List.of("in no interface", "in any interface", "in no interface or eth1", "in any interface but eth1", "in not eth1",
        "in eth1"), List.of(none, none.complement(in.bits()), both, both.complement(in.bits()), eth1.complement(in.bits()), eth1).stream()
        .map(set -> new CubeText(space, Cube.all(), 6).text(Cube.all().with(in, set))).toList());
  }

  private static String text(Space space, ValueSet destinations, int mostRanges) {
    return new CubeText(space, Cube.all(), mostRanges).text(Cube.all().with(space.axis(Field.DESTINATION), destinations));
  }

  private static ValueSet range(String first, String last) {
    return ValueSet.range(IpAddress.of(first).lo(), IpAddress.of(last).lo());
  }
}
