package io.sluice.corpus.scenario;

import io.sluice.corpus.scenario.Scenario.Backend;
import io.sluice.corpus.scenario.Scenario.Device;
import io.sluice.corpus.scenario.Scenario.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Scenarios as text.
 *
 * <pre>
 *   backend nft                              # or legacy, the default
 *   [devices]
 *   eth0 10.0.0.1/24 2001:db8::1/64 mtu 1400 # a TUN device: bare IP packets
 *   tap0 tap master br0                      # Ethernet frames
 *   br0 bridge 10.9.0.1/24 nf-call          # the bridge itself asks the rules about its frames
 *   [routes]                                 # ip route add ...
 *   default via 10.0.0.254
 *   -6 default via 2001:db8::fe
 *   [policy]                                 # ip rule add ...
 *   [neighbours]                             # ip neigh add ...
 *   [sysctl]
 *   net.ipv4.ip_forward = 0
 *   [ipset]                                  # ipset restore
 *   [iptables]                               # iptables-restore
 *   [ip6tables]
 *   [packets]
 *   in eth0 45000028...                      # hexadecimal from the IP header on (TAP: from the Ethernet header on)
 *   in eth0 tcp 10.0.0.2:4000 > 10.0.1.2:80 flags S seq 1 mss 1460        # see PacketLine
 *   acking eth0 tcp 10.0.0.2:4000 > 10.0.1.2:80 flags A seq 2 ack 1       # ack counts from the host's SYN-ACK: see SynAcks
 *   local uid 1000 gid 1000 udp 10.0.0.1:53 > 10.0.0.2:53 len 3
 *   advance 1500ms
 * </pre>
 */
public final class ScenarioFile {
  private static final Pattern SECTION = Pattern.compile("\\[[a-z0-9]+]");
  private static final int DEFAULT_MTU = 1500;

  private final String name;
  private final Map<String, List<String>> sections = new LinkedHashMap<>();

  private ScenarioFile(String name) {
    this.name = name;
  }

  /** Reads a file. */
  public static Scenario read(Path file) throws IOException {
    return parse(file.getFileName().toString(), Files.readString(file));
  }

  /** Reads text; throws IllegalArgumentException that names the line. */
  public static Scenario parse(String name, String text) {
    ScenarioFile file = new ScenarioFile(name);
    List<String> section = file.section("");
    for (String line : text.split("\n")) {
      if (SECTION.matcher(line.strip()).matches()) {
        section = file.section(line.strip());
      } else {
        section.add(line);
      }
    }
    return file.scenario();
  }

  private List<String> section(String header) {
    return sections.computeIfAbsent(header, h -> new ArrayList<>());
  }

  /** The lines that say something. */
  private List<String> lines(String header) {
    return section(header).stream().map(l -> l.replaceFirst("(^|\\s)#.*", "").strip()).filter(l -> !l.isEmpty()).toList();
  }

  private Scenario scenario() {
    Backend backend = Backend.LEGACY;
    for (String line : lines("")) {
      if (!line.matches("backend (legacy|nft)")) {
        throw new IllegalArgumentException(name + ": expected \"backend legacy\", \"backend nft\" or a [section]: " + line);
      }
      backend = line.endsWith("nft") ? Backend.NFT : Backend.LEGACY;
    }
    Map<String, String> sysctls = new TreeMap<>();
    for (String line : lines("[sysctl]")) {
      int equals = line.indexOf('=');
      if (equals < 0) {
        throw new IllegalArgumentException(name + ": expected name = value: " + line);
      }
      sysctls.put(line.substring(0, equals).strip(), line.substring(equals + 1).strip());
    }
    return new Scenario(name, backend, lines("[devices]").stream().map(this::device).toList(), lines("[routes]"),
        lines("[policy]"), lines("[neighbours]"), sysctls, rules("[ipset]"), rules("[iptables]"), rules("[ip6tables]"),
        steps());
  }

  private String rules(String header) {
    List<String> lines = section(header).stream().filter(l -> !l.isBlank()).toList();
    return lines.isEmpty() ? "" : String.join("\n", lines) + "\n";
  }

  private Device device(String line) {
    String[] words = line.split("\\s+");
    Kind kind = Kind.TUN;
    int mtu = DEFAULT_MTU;
    String master = "";
    boolean multicast = false;
    boolean asked = false;
    List<String> addresses = new ArrayList<>();
    for (int i = 1; i < words.length; i++) {
      switch (words[i]) {
        case "tap":
          kind = Kind.TAP;
          break;
        case "bridge":
          kind = Kind.BRIDGE;
          break;
        case "tun":
          break;
        case "multicast":
          multicast = true;
          break;
        case "nf-call":
          asked = true;
          break;
        case "mtu":
          mtu = Integer.parseInt(words[++i]);
          break;
        case "master":
          master = words[++i];
          break;
        case "peer":
          addresses.set(addresses.size() - 1, addresses.get(addresses.size() - 1) + " peer " + words[++i]);
          break;
        default:
          addresses.add(words[i]);
      }
    }
    return new Device(words[0], kind, mtu, addresses, master, multicast, asked);
  }

  private List<Step> steps() {
    List<Step> steps = new ArrayList<>();
    for (String line : lines("[packets]")) {
      try {
        steps.add(step(line, steps));
      } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
        throw new IllegalArgumentException(name + ": " + line + ": " + e.getMessage(), e);
      }
    }
    return steps;
  }

  private static Step step(String line, List<Step> before) {
    String[] words = line.split("\\s+", 3);
    switch (words[0]) {
      case "in":
        return new Step.In(words[1], bytes(words[2], before));
      case "acking":
        return new Step.Acking(words[1], bytes(words[2], before));
      case "local":
        String rest = line.substring("local".length()).strip();
        int uid = 0;
        int gid = 0;
        while (rest.startsWith("uid ") || rest.startsWith("gid ")) {
          String[] w = rest.split("\\s+", 3);
          uid = w[0].equals("uid") ? Integer.parseInt(w[1]) : uid;
          gid = w[0].equals("gid") ? Integer.parseInt(w[1]) : gid;
          rest = w[2];
        }
        return new Step.Local(bytes(rest, before), uid, gid);
      case "advance":
        boolean millis = words[1].endsWith("ms");
        long number = Long.parseLong(words[1].replaceFirst("m?s$", ""));
        return new Step.Advance(millis ? number : number * 1000);
      default:
        throw new IllegalArgumentException("expected in, acking, local or advance");
    }
  }

  private static byte[] bytes(String text, List<Step> before) {
    return text.matches("[0-9a-fA-F]{8,}") ? HexFormat.of().parseHex(text) : PacketLine.parse(text, before);
  }

  /** Prints a scenario so that {@link #parse} reads the same. */
  public static String print(Scenario s) {
    StringBuilder out = new StringBuilder();
    out.append("backend ").append(s.backend() == Backend.NFT ? "nft" : "legacy").append('\n');
    out.append("[devices]\n");
    for (Device d : s.devices()) {
      out.append(d.name()).append(d.kind() == Kind.TUN ? "" : d.kind() == Kind.TAP ? " tap" : " bridge");
      d.addresses().forEach(a -> out.append(' ').append(a));
      out.append(d.mtu() == DEFAULT_MTU ? "" : " mtu " + d.mtu());
      out.append(d.master().isEmpty() ? "" : " master " + d.master());
      out.append(d.multicast() ? " multicast" : "").append(d.asked() ? " nf-call" : "").append('\n');
    }
    lines(out, "[routes]", s.routes());
    lines(out, "[policy]", s.policy());
    lines(out, "[neighbours]", s.neighbours());
    lines(out, "[sysctl]", new TreeMap<>(s.sysctls()).entrySet().stream().map(e -> e.getKey() + " = " + e.getValue()).toList());
    text(out, "[ipset]", s.sets());
    text(out, "[iptables]", s.rules4());
    text(out, "[ip6tables]", s.rules6());
    lines(out, "[packets]", s.steps().stream().map(Step::text).toList());
    return out.toString();
  }

  private static void lines(StringBuilder out, String header, List<String> lines) {
    if (!lines.isEmpty()) {
      out.append(header).append('\n');
      lines.forEach(l -> out.append(l).append('\n'));
    }
  }

  private static void text(StringBuilder out, String header, String text) {
    if (!text.isEmpty()) {
      out.append(header).append('\n').append(text);
    }
  }
}
