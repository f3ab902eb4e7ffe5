package io.sluice.analysis.oracle;

import io.sluice.ruleset.Host;
import io.sluice.text.HostReader;
import io.sluice.text.ReadException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A host with one interface beside {@code lo}, and a filter table: told by its dumps, or by some of them. */
public final class OneInterfaceHost {
  private static final Map<String, String> DUMPS = Map.of(
      "addr", """
          1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536
              link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
              inet 127.0.0.1/8 scope host lo
          2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500
              link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff
              inet 198.51.100.10/24 brd 198.51.100.255 scope global eth0
          """,
      "route", "198.51.100.0/24 dev eth0 proto kernel scope link src 198.51.100.10\n",
      "sysctl", "net.ipv4.ip_forward = 0\nnet.ipv4.conf.eth0.route_localnet = 0\n");

  private final Path directory;

  /** @param directory of the dumps: for a start there are none */
  public OneInterfaceHost(Path directory) {
    this.directory = directory;
  }

  /** All dumps are there, as they were. */
  public void tellAll() throws IOException {
    for (String dump : DUMPS.keySet()) {
      tell(dump);
    }
  }

  /** The dump is there, as it was. */
  public void tell(String dump) throws IOException {
    tell(dump, DUMPS.get(dump));
  }

  /** The dump says something else. */
  public void tell(String dump, String text) throws IOException {
    Files.writeString(directory.resolve(dump), text);
  }

  /** The dump is missing. */
  public void forget(String dump) throws IOException {
    Files.delete(directory.resolve(dump));
  }

  /** @param rules of the filter table, a line each */
  public Host filter(String rules) throws IOException, ReadException {
    tell("iptables.save", "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n" + rules + "COMMIT\n");
    return HostReader.read(directory);
  }
}
