package io.sluice.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.KernelShell;
import io.sluice.extension.Argument;
import io.sluice.host.AddressType;
import io.sluice.host.FlowKey;
import io.sluice.host.Network;
import io.sluice.host.NetworkBuilder;
import io.sluice.host.Route;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Protocols;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random hosts, dumped by the real programs and read back: {@code ip route get} and {@link io.sluice.host.Routing} give
 * the same answers.
 */
class RoutingKernelIT {
  private static final int QUESTIONS = 1500;
  /** Weights in {@link RandomNetwork} add up to 4. */
  private static final int CHOICES = 4;

  @BeforeAll
  static void kernel() {
    KernelShell.require("ip");
  }

  /** More with {@code -Drouting.seeds=200}. */
  static Stream<Arguments> hosts() {
    long seeds = Long.getLong("routing.seeds", 6);
    return LongStream.rangeClosed(1, seeds).boxed().flatMap(seed -> Stream.of(
        Arguments.of(seed, Family.IPV4, seed % 3 != 0), Arguments.of(seed, Family.IPV6, seed % 3 != 0)));
  }

  @ParameterizedTest
  @MethodSource("hosts")
  void routingAnswersAsTheKernelDoes(long seed, Family family, boolean rules) throws ReadException {
    boolean v6 = family == Family.IPV6;
    RandomNetwork random = new RandomNetwork(seed, v6, rules);
    StringBuilder script = new StringBuilder("T=$(mktemp -d)\ncd $T\nip link set lo up\n");
    script.append("sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.dad_transmits=0\n");
    for (int i = 0; i < 3; i++) {
      script.append("ip link add eth").append(i).append(" type veth peer name p").append(i).append('\n');
      script.append("ip link set eth").append(i).append(" up\nip link set p").append(i).append(" up\n");
    }
    script.append("ip tuntap add tun0 mode tun\nip link set tun0 up group 7\n");
    String ip = v6 ? "ip -6" : "ip -4";
    script.append("sysctl -qw net.ipv6.conf.all.accept_ra=0\n");
    script.append("cat > setup <<'E'\n").append(String.join("\n", random.setup())).append("\nE\n");
    script.append(ip).append(" -force -batch setup >/dev/null 2>&1\n");
    random.sysctls().forEach(s -> script.append("sysctl -qw ").append(s).append('\n'));
    // The kernel makes the local routes of IPv6 addresses a moment later.
    script.append("sleep 0.3\n");
    List<RandomNetwork.Question> questions = new ArrayList<>();
    script.append("cat > questions <<'E'\n");
    for (int i = 0; i < QUESTIONS; i++) {
      questions.add(random.question());
      script.append(questions.get(i)).append('\n');
    }
    script.append("E\n").append(ip).append(" -o -force -batch questions > answers 2> errors\n");
    script.append("ip -d addr; echo ==; ip route show table all; echo ==; ip rule; echo ==; ip -6 rule; echo ==\n");
    script.append("sysctl -a 2>/dev/null | grep '^net.ipv[46].conf\\|^net.ipv4.ip_forward'; echo ==\n");
    script.append("cat answers; echo ==; cat errors; echo ==; ip maddr; rm -r $T\n");
    String[] parts = KernelShell.run(script.toString()).split("==\n", -1);
    assertEquals(8, parts.length, () -> String.join("==\n", parts));

    Network network = network(parts);
    List<String> answers = answers(parts[5], parts[6]);
    FlowKey key = new FlowKey();
    List<String> differences = new ArrayList<>();
    Map<String, Integer> kinds = new HashMap<>();
    for (int i = 0; i < questions.size(); i++) {
      RandomNetwork.Question q = questions.get(i);
      Answer kernel = Answer.parse(answers.get(i), q, v6);
      kinds.merge(kernel.kind(), 1, Integer::sum);
      Map<String, Route> possible = possible(network, key, q, family);
      if (possible.entrySet().stream().noneMatch(ours -> kernel.agrees(ours.getKey(), ours.getValue()))) {
        differences.add(q + "\n    kernel " + kernel + "    " + answers.get(i) + "\n    sluice "
            + String.join(" or ", possible.keySet()) + "    " + possible.values().iterator().next().entry());
      }
    }
    assertEquals("", differences.size() > 0
        ? differences.size() + " differences\n" + String.join("\n", differences.subList(0, Math.min(30, differences.size())))
            + "\n" + String.join("==\n", List.of(parts).subList(1, 5)) : "");
    assertTrue(kinds.size() >= 3, () -> "too few kinds of answers: " + kinds);
  }

  private static Network network(String[] parts) throws ReadException {
    DumpTables tables = new DumpTables();
    NetworkBuilder builder = Network.builder();
    builder.devices(AddressDumpReader.read(SourceText.of("addr", parts[0])));
    var routes = RouteDumpReader.read(SourceText.of("route", parts[1]), Family.IPV4, tables);
    for (Family f : Family.values()) {
      builder.routes(f, routes.stream().filter(r -> r.destination().family() == f).toList());
    }
    builder.rules(Family.IPV4, RuleDumpReader.read(SourceText.of("rule", parts[2]), Family.IPV4, tables));
    builder.rules(Family.IPV6, RuleDumpReader.read(SourceText.of("rule6", parts[3]), Family.IPV6, tables));
    builder.sysctls(SysctlReader.read(SourceText.of("sysctl", parts[4])));
    builder.groups(MulticastDumpReader.read(SourceText.of("maddr", parts[7])));
    return builder.build();
  }

  /** One line a question: the answer, or the error that {@code ip -force} tells with the line's number. */
  private static List<String> answers(String out, String err) {
    Map<Integer, String> failed = new HashMap<>();
    String message = "";
    for (String line : err.split("\n")) {
      if (line.startsWith("Command failed questions:")) {
        failed.put(Integer.parseInt(line.substring(line.indexOf(':') + 1)), message);
        message = "";
      } else {
        message += line;
      }
    }
    List<String> answers = new ArrayList<>();
    String[] good = out.split("\n");
    int next = 0;
    for (int i = 1; i <= QUESTIONS; i++) {
      answers.add(failed.containsKey(i) ? "error " + failed.get(i) : next < good.length ? good[next++] : "missing");
    }
    assertEquals(good.length, next, "answers and questions do not go together");
    return answers;
  }

  /** Which of several next hops the kernel takes is random: what comes of each of them, in words. */
  private static Map<String, Route> possible(Network network, FlowKey key, RandomNetwork.Question q, Family family) {
    Map<String, Route> possible = new LinkedHashMap<>();
    for (int choice = 0; choice < CHOICES; choice++) {
      Route route = ask(network, key, q, family, choice);
      possible.put(describe(network, route, key, q, family), route);
      if (!route.multipath()) {
        break;
      }
    }
    return possible;
  }

  private static Route ask(Network network, FlowKey key, RandomNetwork.Question q, Family family, int choice) {
    IpAddress to = IpAddress.of(q.to());
    IpAddress from = q.from().isEmpty() ? new IpAddress(family, 0, 0) : IpAddress.of(q.from());
    int tos = q.tos().isEmpty() ? 0 : Integer.decode(q.tos());
    int mark = q.mark().isEmpty() ? 0 : Integer.decode(q.mark());
    key.set(family, from.hi(), from.lo(), to.hi(), to.lo(), tos, mark).multipathHash(choice * (int) ((1L << 32) / CHOICES));
    if (q.port() != 0) {
      key.transport(Protocols.TCP, 1000, q.port());
    } else if (family == Family.IPV4) {
      // What ip route get asks for unless told otherwise: inet_rtm_getroute().
      key.transport(Protocols.UDP, 0, 0);
    }
    if (q.input()) {
      // For IPv6, ip route get says INVALID_UID, where a packet that comes in counts as root's.
      key.uid(family == Family.IPV6 ? 0xffff_ffffL : 0);
      return network.routing().input(key, network.requireDevice(q.device()));
    }
    return network.routing().output(key, q.device().isEmpty() ? null : network.requireDevice(q.device()));
  }

  private static String describe(
      Network network, Route route, FlowKey key, RandomNetwork.Question q, Family family) {
    if (route.failed()) {
      return error(route.failure());
    }
    String source = q.input() || family == Family.IPV4 && !q.from().isEmpty() && !q.from().equals("0.0.0.0") ? ""
        : network.routing().source(route, key).map(a -> " src " + a).orElse("");
    boolean redirect = route.redirect() && family == Family.IPV4;
    return route.type().name().toLowerCase() + " dev " + route.out()
        + route.gateway().filter(g -> route.type() != AddressType.LOCAL).map(g -> " via " + g).orElse("") + source
        + (redirect ? " redirect" : "");
  }

  private static String error(Route.Failure failure) {
    return switch (failure) {
      case NO_ROUTE, DEVICE_DOWN -> "Network is unreachable";
      case UNREACHABLE, FORWARDING_DISABLED -> "No route to host";
      case PROHIBIT -> "Permission denied";
      default -> "Invalid argument";
    };
  }

  /** The kernel's answer in the same words. */
  private record Answer(String kind, String text, String device, String gateway, RandomNetwork.Question question, boolean v6) {
    static Answer parse(String line, RandomNetwork.Question q, boolean v6) {
      if (line.startsWith("error ")) {
        String text = line.substring(line.indexOf(": ") + 2).replace("Invalid cross-device link", "Invalid argument");
        return new Answer(text, text, "", "", q, v6);
      }
      Words words = Words.ofLine(SourceText.of("answer", line), 1);
      String kind = "unicast";
      if (!Character.isDigit(words.peek().charAt(0)) && words.peek().indexOf(':') < 0) {
        kind = words.next("type").text();
      }
      words.next("destination");
      String device = "";
      String gateway = "";
      String source = "";
      boolean redirect = false;
      while (!words.isEmpty()) {
        Argument word = words.next("word");
        switch (word.text()) {
          case "via" -> {
            if (words.peek().startsWith("inet")) {
              words.next("family");
            }
            gateway = words.next("gateway").text();
          }
          case "dev" -> device = words.next("device").text();
          case "src" -> source = words.next("source").text();
          default -> redirect |= word.text().contains("redirect");
        }
      }
      String text = kind + " dev " + device + (gateway.isEmpty() ? "" : " via " + gateway)
          + (q.input() || source.isEmpty() ? "" : " src " + source) + (redirect ? " redirect" : "");
      return new Answer(kind, text, device, gateway, q, v6);
    }

    boolean agrees(String ours, Route route) {
      // ip route get stops before ip6_forward(), which is where IPv6 asks whether it forwards at all.
      if (v6 && route.failure() == Route.Failure.FORWARDING_DISABLED) {
        return kind.equals("unicast");
      }
      boolean invalidSource = route.failure() == Route.Failure.INVALID_SOURCE;
      return text.equals(ours) || invalidSource && text.equals("Network is unreachable");
    }

    @Override
    public String toString() {
      return text;
    }
  }
}
