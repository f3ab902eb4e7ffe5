package io.sluice.corpus.scenario;

import io.sluice.corpus.scenario.Observation.Counted;
import io.sluice.corpus.scenario.Observation.Emitted;
import io.sluice.corpus.scenario.Observation.Fate;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the kernel made of a scenario, kept beside its file so that it can be asked for where there is no such kernel.
 *
 * <pre>
 *   step forwarded at 2000000 out eth1 ctstate NEW mark 0x1  # one for each step; ended HOOK where it did not arrive
 *   packet 4500...                                   # as it left
 *   seen 4500...                                     # as it was last seen
 *   emitted out eth0 ctstate RELATED packet 45c0...
 *   drawn IPV4/nat/PREROUTING/2 1 60                 # rules with a lot in them that counted: packets and bytes
 *   finals at 9000000 seconds 1                      # listed then, within so many seconds
 *   [iptables-save -c]                               # then the same of ip6tables, conntrack, ipset
 * </pre>
 *
 * @param steps one for each step of the scenario
 * @param nanos when each step was done and, last, when all was listed, in nanoseconds since the beginning
 * @param finals what was left
 * @param finalsSeconds how long loading the sets and listing took, in seconds, rounded up
 */
public record Recording(List<Observation> steps, List<Long> nanos, Finals finals, int finalsSeconds) {
  private static final List<String> SECTIONS =
      List.of("[iptables-save -c]", "[ip6tables-save -c]", "[conntrack -L]", "[ipset save]");

  public Recording {
    steps = List.copyOf(steps);
    nanos = List.copyOf(nanos);
  }

  /** Where the recording of a scenario's file is. */
  public static Path beside(Path scenario) {
    String name = scenario.getFileName().toString().replaceFirst("\\.scenario$", "");
    return scenario.resolveSibling(name + ".recorded");
  }

  /** Writes it beside the scenario's file. */
  public void write(Path scenario) {
    try {
      Files.writeString(beside(scenario), text());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads the recording that stands beside a scenario's file. */
  public static Recording read(Path scenario) throws IOException {
    return parse(Files.readString(beside(scenario)));
  }

  private String text() {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < steps.size(); i++) {
      Observation o = steps.get(i);
      out.append("step ").append(o.fate().name().toLowerCase(Locale.ROOT)).append(" at ").append(nanos.get(i)).append(word(" out ", o.out()))
          .append(word(" ended ", o.ended().replace(' ', '_'))).append(word(" ctstate ", o.ctstate()))
          .append(o.mark() == 0 ? "" : " mark 0x" + Integer.toHexString(o.mark())).append('\n');
      o.packets().forEach(p -> out.append("packet ").append(HexFormat.of().formatHex(p)).append('\n'));
      if (o.packets().isEmpty() && o.lastSeen().length > 0) {
        out.append("seen ").append(HexFormat.of().formatHex(o.lastSeen())).append('\n');
      }
      o.emitted().forEach(e -> out.append("emitted").append(word(" out ", e.out())).append(word(" ctstate ", e.ctstate()))
          .append(word(" packet ", HexFormat.of().formatHex(e.packet()))).append('\n'));
      new TreeMap<>(o.counted()).forEach((rule, counted) -> out.append("counted ").append(rule).append(' ').append(counted.times())
          .append(' ').append(counted.bytes()).append('\n'));
    }
    out.append("finals at ").append(nanos.get(steps.size())).append(" seconds ").append(finalsSeconds).append('\n');
    List<List<String>> parts = List.of(finals.counters4(), finals.counters6(), finals.conntrack(), finals.sets());
    for (int i = 0; i < parts.size(); i++) {
      if (!parts.get(i).isEmpty()) {
        out.append(SECTIONS.get(i)).append('\n');
        parts.get(i).forEach(line -> out.append(line).append('\n'));
      }
    }
    return out.toString();
  }

  private static String word(String before, String value) {
    return value.isEmpty() ? "" : before + value;
  }

  private static Recording parse(String text) {
    List<Observation> steps = new ArrayList<>();
    List<Long> nanos = new ArrayList<>();
    int seconds = 0;
    Map<String, List<String>> sections = new HashMap<>();
    String section = "";
    for (String line : text.split("\n")) {
      if (SECTIONS.contains(line)) {
        section = line;
      } else if (!section.isEmpty()) {
        sections.computeIfAbsent(section, s -> new ArrayList<>()).add(line);
      } else if (line.startsWith("step ")) {
        steps.add(step(line));
        nanos.add(Long.valueOf(words(line, 2).get("at")));
      } else if (line.startsWith("finals ")) {
        nanos.add(Long.valueOf(words(line, 1).get("at")));
        seconds = Integer.parseInt(words(line, 1).get("seconds"));
      } else {
        steps.set(steps.size() - 1, with(steps.get(steps.size() - 1), line));
      }
    }
    List<List<String>> parts = SECTIONS.stream().map(s -> sections.getOrDefault(s, List.of())).toList();
    return new Recording(steps, nanos, new Finals(parts.get(0), parts.get(1), parts.get(2), parts.get(3)), seconds);
  }

  /** The words of a line after its first {@code skip}, in pairs. */
  private static Map<String, String> words(String line, int skip) {
    String[] words = line.split(" ");
    Map<String, String> out = new HashMap<>();
    for (int i = skip; i + 1 < words.length; i += 2) {
      out.put(words[i], words[i + 1]);
    }
    return out;
  }

  private static Observation step(String line) {
    Map<String, String> w = words(line, 2);
    return new Observation(Fate.valueOf(line.split(" ")[1].toUpperCase(Locale.ROOT)), w.getOrDefault("out", ""),
        List.of(), w.getOrDefault("ended", "").replace('_', ' '), w.getOrDefault("ctstate", ""),
        (int) (long) Long.decode(w.getOrDefault("mark", "0")), new byte[0], List.of());
  }

  private static Observation with(Observation o, String line) {
    List<byte[]> packets = new ArrayList<>(o.packets());
    List<Emitted> emitted = new ArrayList<>(o.emitted());
    Map<String, Counted> counted = new HashMap<>(o.counted());
    byte[] seen = o.lastSeen();
    if (line.startsWith("packet ")) {
      packets.add(HexFormat.of().parseHex(line.substring("packet ".length())));
    } else if (line.startsWith("seen ")) {
      seen = HexFormat.of().parseHex(line.substring("seen ".length()));
    } else if (line.startsWith("emitted")) {
      Map<String, String> w = words(line, 1);
      emitted.add(new Emitted(w.getOrDefault("out", ""), HexFormat.of().parseHex(w.getOrDefault("packet", "")),
          w.getOrDefault("ctstate", "")));
    } else if (line.startsWith("counted ")) {
      String[] words = line.split(" ");
      counted.put(words[1], new Counted(Integer.parseInt(words[2]), Long.parseLong(words[3])));
    } else {
      throw new IllegalArgumentException("not a line of a recording: " + line);
    }
    return new Observation(o.fate(), o.out(), packets, o.ended(), o.ctstate(), o.mark(), seen, emitted, counted);
  }
}
