package io.sluice.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import io.sluice.ruleset.RuleSet;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RuleListingReaderTest {
  private static final RuleListingReader READER = RuleListingReader.of(Family.IPV4);

  private static String save(String listing) throws ReadException {
    return RuleSetWriter.plain().withCounters().save(READER.read(SourceText.of("list", listing)));
  }

  private static String problem(String listing) {
    return assertThrows(ReadException.class, () -> READER.read(SourceText.of("list", listing))).getMessage();
  }

  @Test
  void numericListingSaysWhatTheRulesAre() throws ReadException {
    assertEquals("""
        *filter
        :INPUT DROP [5:300]
        :FORWARD ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        :web - [0:0]
        [1:60] -A INPUT -i lo -j ACCEPT
        [12000:3000000] -A INPUT -s 10.0.0.0/8 ! -d 10.0.0.1/32 ! -i eth+ ! -p udp -f -j web
        [7:8] -A web -p tcp -m tcp --dport 80 -m comment --comment "two words"
        [0:0] -A web -g web2
        [9:10] -A web2 -m mark ! --mark 0x1/0xff -j RETURN
        COMMIT
        """.replace(":web - [0:0]\n", ":web - [0:0]\n:web2 - [0:0]\n"), save("""
        Chain INPUT (policy DROP 5 packets, 300 bytes)
        num   pkts bytes target     prot opt in     out     source               destination        \s
        1        1    60 ACCEPT     0    --  lo     *       0.0.0.0/0            0.0.0.0/0          \s
        2      12K 3000K web       !17   -f  !eth+  *       10.0.0.0/8          !10.0.0.1           \s

        Chain web (1 references)
        num   pkts bytes target     prot opt in     out     source               destination        \s
        1        7     8            6    --  *      *       0.0.0.0/0            0.0.0.0/0            tcp dpt:80 /* two words */
        2        0     0 web2       0    --  *      *       0.0.0.0/0            0.0.0.0/0           [goto]\s

        Chain web2 (1 references)
        num   pkts bytes target     prot opt in     out     source               destination        \s
        1        9    10 RETURN     0    --  *      *       0.0.0.0/0            0.0.0.0/0            mark match ! 0x1/0xff
        """));
  }

  @Test
  void namesAreLookedUp() throws ReadException {
    String listing = """
        Chain INPUT (policy ACCEPT 0 packets, 0 bytes)
         pkts bytes target     prot opt in     out     source               destination
            0     0 ACCEPT     tcp  --  any    any     anywhere             gate/24              tcp dpt:ssh
            0     0 ACCEPT     udp  --  any    any     anywhere             anywhere             udp spt:domain
            0     0 ACCEPT     all  --  any    eth1    anywhere             anywhere
        """;
    RuleListingReader reader = READER.hosts(HostNames.of(Map.of("gate", IpAddress.of("192.168.1.1"))));
    assertEquals("""
        -A INPUT -d 192.168.1.0/24 -p tcp -m tcp --dport 22 -j ACCEPT
        -A INPUT -p udp -m udp --sport 53 -j ACCEPT
        -A INPUT -o eth1 -j ACCEPT
        """, RuleSetWriter.plain().save(reader.read(SourceText.of("list", listing))).replaceAll("(?m)^[*:C].*\n", ""));
    assertTrue(problem(listing).startsWith("list:3:69: a host name, not an address: gate"), problem(listing));
    assertEquals("-A INPUT ! -s 127.0.0.0/8 -d 127.0.0.1/32 -p udp -m udp --dport 21\n", RuleSetWriter.plain().save(READER.read(
        SourceText.of("list", """
        Chain INPUT (policy ACCEPT 0 packets, 0 bytes)
         pkts bytes target     prot opt in     out     source               destination
            0     0            udp  --  any    any    !loopback/8           localhost            udp dpt:fsp
        """))).replaceAll("(?m)^[*:C].*\n", ""));
  }

  @Test
  void aHostsFileNamesHosts() throws ReadException {
    HostNames names = HostNames.read(SourceText.of("hosts", "# local\n192.168.1.1\tgate.lan  gate # the router\n\n::5 gate\n"));
    assertEquals(IpAddress.of("192.168.1.1"), names.address("gate", Family.IPV4).orElseThrow());
    assertEquals(IpAddress.of("::5"), names.address("gate", Family.IPV6).orElseThrow());
    assertEquals(IpAddress.of("127.0.0.1"), names.address("localhost", Family.IPV4).orElseThrow());
    assertTrue(names.address("elsewhere", Family.IPV4).isEmpty());
    assertEquals("""
        hosts:1:2: not an address: gate
             gate 1.2.3.4
             ^^^^
            expected ADDRESS NAME [ALIAS ...], as in /etc/hosts
        hosts:2:1: an address without a name
            1.2.3.4
            ^^^^^^^
            expected ADDRESS NAME [ALIAS ...], as in /etc/hosts""",
        assertThrows(ReadException.class, () -> HostNames.read(SourceText.of("hosts", " gate 1.2.3.4\n1.2.3.4\n"))).getMessage());
  }

  @Test
  void textKeepsItsBlanks() throws ReadException {
    assertEquals("-A INPUT -m comment --comment \"  two   words \" -j LOG --log-prefix \"a  b: \" --log-level 3 --log-uid\n",
        RuleSetWriter.plain().save(READER.read(SourceText.of("list", """
        Chain INPUT (policy ACCEPT 0 packets, 0 bytes)
         pkts bytes target     prot opt in     out     source               destination
            0     0 LOG        all  --  any    any     anywhere             anywhere             /*   two   words  */ LOG level err uid prefix "a  b: "
        """))).replaceAll("(?m)^[*:C].*\n", ""));
  }

  @Test
  void oldColumnsOfIp6tablesAreRead() throws ReadException {
    RuleSet rules = RuleListingReader.of(Family.IPV6).read(SourceText.of("list", """
        Chain INPUT (policy ACCEPT 0 packets, 0 bytes)
            pkts      bytes target     prot opt in     out     source               destination
               1        2 ACCEPT     tcp      *      *       ::/0                 2001:db8::/32
               3        4            udp      lo     *       ::1                  ::/0
        """));
    assertEquals("[1:2] -A INPUT -d 2001:db8::/32 -p tcp -j ACCEPT\n[3:4] -A INPUT -s ::1/128 -i lo -p udp\n",
        RuleSetWriter.plain().withCounters().save(rules).replaceAll("(?m)^[*:C].*\n", ""));
  }

  @Test
  void tableIsToldByItsBuiltinChains() throws ReadException {
    assertTrue(save("""
        Chain POSTROUTING (policy ACCEPT 0 packets, 0 bytes)
         pkts bytes target     prot opt in     out     source               destination
        """).startsWith("*nat\n"));
  }

  @Test
  void listingWithoutInterfacesIsRefused() {
    assertTrue(problem("""
        Chain INPUT (policy ACCEPT)
        target     prot opt source               destination
        ACCEPT     all  --  0.0.0.0/0            0.0.0.0/0
        """).contains("this listing was made without -v"));
  }

  @Test
  void whatCannotBeReadIsShown() {
    String message = problem("""
        Chain INPUT (policy ACCEPT 0 packets, 0 bytes)
         pkts bytes target     prot opt in     out     source               destination
            x     0 ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0
            0     0 ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            magic wand 3
            0     0 nope       0    --  *      *       0.0.0.0/0            0.0.0.0/0
            0     0 ACCEPT     0    --  *
        """);
    assertTrue(message.contains("list:3:5: not a counter: x"), message);
    assertTrue(message.contains("list:4:90: cannot read this from a listing: magic"), message);
    assertTrue(message.contains("list:5:13: no chain or target 'nope' in table filter"), message);
    assertTrue(message.contains("list:6:33: the line ends too early"), message);
  }
}
