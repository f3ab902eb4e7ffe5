package io.sluice.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.KernelShell;
import io.sluice.extension.ArgumentException;
import io.sluice.extension.ServiceNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Random {@code create} and {@code add} lines: ipset and the reader take the same ones and end with the same sets. */
class IpSetReaderKernelIT {
  private static final long SEED = 20240611;

  @BeforeAll
  static void kernel() {
    KernelShell.require("ipset");
  }

  @Test
  void everyTypeTakesAndPrintsWhatIpsetTakesAndPrints() {
    Random random = new Random(SEED);
    List<String> lines = new ArrayList<>();
    for (int set = 0; set < 150; set++) {
      String name = "s" + set;
      String create = Lines.create(random, name);
      lines.add(create);
      for (int i = 0; i < 12; i++) {
        lines.add(Lines.add(random, name, create));
      }
    }
    StringBuilder script = new StringBuilder();
    for (String line : lines) {
      script.append("ipset ").append(line).append(" >/dev/null 2>&1 && echo ok || echo no\n");
    }
    script.append("echo ---\nipset save\n");
    String[] output = KernelShell.run(script.toString()).split("---\n");
    String[] verdicts = output[0].split("\n");
    assertEquals(lines.size(), verdicts.length);
    IpSetReader reader = new IpSetReader(SourceText.of("t", ""), ServiceNames.builtIn());
    List<String> differences = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      boolean taken = takes(reader, lines.get(i).replace('\'', '"'));
      if (taken != verdicts[i].equals("ok")) {
        differences.add((taken ? "taken: " : "refused: ") + lines.get(i) + "    after " + lines.subList(i - i % 13, i));
      }
    }
    assertEquals("", String.join("\n", differences));
    assertEquals(normal(output[1]), normal(IpSetWriter.save(reader.sets())));
    assertTrue(output[1].lines().count() > 1000, "most lines were refused");
  }

  private static boolean takes(IpSetReader reader, String line) {
    try {
      reader.command(IpSetElementParser.words(line));
      return true;
    } catch (ArgumentException refused) {
      return false;
    }
  }

  /** Without what the kernel draws at random or counts down, elements of a set in alphabetical order. */
  private static String normal(String save) {
    return save.lines().map(l -> l.replaceAll(" bucketsize \\d+ initval 0x[0-9a-f]+", "").replaceAll(" forceadd", "")
            .replaceAll("timeout ([1-9]\\d*)$", "timeout _").replaceAll("timeout [1-9]\\d* (?=packets|nomatch|comment|wild|skb)", "timeout _ "))
        .map(l -> l.startsWith("create") ? l.replaceAll("timeout _", "timeout") : l).sorted()
        .collect(Collectors.joining("\n"));
  }

  /** What lines are drawn from. */
  private static final class Lines {
    private static final List<String> TYPES = List.of(
        "hash:ip", "hash:net", "hash:ip,port", "hash:net,port", "hash:ip,port,ip", "hash:ip,port,net", "hash:net,iface",
        "bitmap:ip range 10.0.0.0/24", "bitmap:port range 0-1024", "bitmap:ip,mac range 10.0.0.0/25", "list:set",
        "bitmap:ip range 10.0.0.0-10.3.255.255 netmask 24");
    private static final List<String> OPTIONS = List.of(
        "", "", "", " counters", " comment", " skbinfo", " timeout 600", " timeout 600 counters comment skbinfo",
        " hashsize 100", " maxelem 5", " family inet6", " family inet6 counters", " netmask 24", " family inet6 netmask 64",
        " bitmask 255.0.255.0", " size 5", " forceadd", " bogus", " markmask 0xff");
    private static final List<String> V4 = List.of(
        "10.0.0.1", "10.0.0.0/24", "10.0.0.0/30", "10.0.0.3-10.0.0.9", "10.0.0.9-10.0.0.3", "10.0.1.7", "0.0.0.0",
        "0.0.0.0/0", "10.0.0.1/33", "10.0.0.77/32", "255.255.255.255", "10.1.2.3/28", "1.2.3.4.5", "10.0.0.2-10.0.0.2",
        "192.168.7.0/27", "10.2.0.0/28");
    private static final List<String> V6 = List.of(
        "2001:db8::1", "2001:db8::/64", "::", "::/0", "2001:db8::1-2001:db8::3", "fe80::1/128", "::ffff:1.2.3.4",
        "2001:db8:0:1::/127", "10.0.0.1");
    private static final List<String> PORTS = List.of(
        "80", "tcp:443", "udp:53-55", "icmp:echo-request", "icmp:3/1", "icmpv6:128", "gre:0", "47", "sctp:5-5", "vrrp:0",
        "tcp:70000", "udplite:9", "esp:1", "udp:9-7", "icmp:8", "132:4", "ssh");
    private static final List<String> EXTRAS = List.of(
        "", "", "", "", " nomatch", " timeout 0", " timeout 500", " packets 5", " packets 7 bytes 99", " comment hello",
        " comment 'a b'", " skbmark 0x1/0xf", " skbprio 1:2 skbqueue 3", " -exist", " -exist timeout 400", " wildcard",
        " timeout 9999999", " bogus 3");

    static String create(Random random, String name) {
      return "create " + name + " " + any(random, TYPES) + any(random, OPTIONS);
    }

    static String add(Random random, String name, String create) {
      String type = create.split(" ")[2];
      boolean v6 = create.contains("inet6");
      List<String> addresses = v6 && random.nextInt(20) > 0 ? V6 : V4;
      StringBuilder element = new StringBuilder();
      for (String part : type.substring(type.indexOf(':') + 1).split(",")) {
        if (element.length() > 0) {
          if (random.nextInt(25) == 0) {
            break;
          }
          element.append(',');
        }
        switch (part) {
          case "port":
            String port = any(random, PORTS);
            // ipset 7.17 crashes on ICMP in a bitmap:port.
            element.append(type.equals("bitmap:port") && port.startsWith("icmp") ? "7" : port);
            break;
          case "iface":
            element.append(any(random, List.of("eth0", "physdev:eth0", "eth+", "ppp", "averyverylonginterfacename")));
            break;
          case "mac":
            element.append(any(random, List.of("02:00:00:00:00:01", "1:2:3:4:5:6", "00:00:00:00:00:00", "02:00")));
            break;
          case "set":
            element.append("s").append(random.nextInt(30));
            break;
          default:
            element.append(any(random, addresses));
        }
      }
      return "add " + name + " " + element + any(random, EXTRAS);
    }

    private static String any(Random random, List<String> from) {
      return from.get(random.nextInt(from.size()));
    }
  }
}
