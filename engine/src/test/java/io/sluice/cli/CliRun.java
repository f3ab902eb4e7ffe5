package io.sluice.cli;

import io.sluice.packet.pcap.LinkLayer;
import io.sluice.packet.pcap.PcapngWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A command, what it printed and what it ended with. */
record CliRun(int code, String out, String err) {
  private static final long START_NANOS = 1_700_000_000_000_000_000L;

  /** A packet for a capture. */
  record Captured(String place, byte[] packet) {}

  static CliRun of(Object... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] words = List.of(args).stream().map(Object::toString).toArray(String[]::new);
    int code = Main.run(new PrintWriter(out), new PrintWriter(err), words);
    return new CliRun(code, out.toString(), err.toString());
  }

  /** What was printed, without the last line's end. */
  String line() {
    return out.strip();
  }

  /** A router between eth0 (10.0.0.1/24, 2001:db8::1/64) and eth1 (10.0.1.1/24) with these rules. */
  static Path router(Path directory, String... rules) throws IOException {
    Files.createDirectories(directory);
    Files.writeString(directory.resolve("addr"), String.join("\n",
        "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN",
        "    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00",
        "    inet 127.0.0.1/8 scope host lo",
        "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP",
        "    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff",
        "    inet 10.0.0.1/24 brd 10.0.0.255 scope global eth0",
        "    inet6 2001:db8::1/64 scope global",
        "3: eth1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP",
        "    link/ether 02:00:00:00:00:02 brd ff:ff:ff:ff:ff:ff",
        "    inet 10.0.1.1/24 brd 10.0.1.255 scope global eth1", ""));
    Files.writeString(directory.resolve("route"), "10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1\n"
        + "10.0.1.0/24 dev eth1 proto kernel scope link src 10.0.1.1\n");
    Files.writeString(directory.resolve("route6"), "2001:db8::/64 dev eth0 proto kernel metric 256\n");
    Files.writeString(directory.resolve("sysctl"), "net.ipv4.ip_forward = 1\n");
    Files.writeString(directory.resolve("iptables.save"),
        "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n" + String.join("\n", rules) + "\nCOMMIT\n");
    return directory;
  }

  /** Writes a capture, a millisecond from packet to packet. */
  static Path capture(Path file, Captured... packets) throws IOException {
    Map<String, Integer> numbers = new HashMap<>();
    try (PcapngWriter writer = new PcapngWriter(Files.newOutputStream(file))) {
      long time = START_NANOS;
      for (Captured packet : packets) {
        if (!numbers.containsKey(packet.place())) {
          numbers.put(packet.place(), writer.addInterface(packet.place(), LinkLayer.RAW));
        }
        writer.write(numbers.get(packet.place()), time, packet.packet());
        time += 1_000_000;
      }
    }
    return file;
  }
}
