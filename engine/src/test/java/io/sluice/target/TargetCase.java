package io.sluice.target;

import io.sluice.extension.TargetExtension;
import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Family;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A line of a {@code .cases} file: what one target extension accepts, prints and does. Columns between {@code " | "}:
 *
 * <pre>
 *   rule | printed | TARGET: words of iptables -L -n   # lossy
 *   rule | refused: words of iptables's message | at N: words of Sluice's
 *   rule |         | packet | VERDICT packet afterwards &gt; packet that is sent, or icmp type/code
 * </pre>
 *
 * <p>{@code rule} is what stands after {@code -A CHAIN}; empty means as in the line before; {@code legacy:} or
 * {@code nft:} before it says that the other back end differs; {@code # differs:} that the kernel here answers otherwise,
 * and why; {@code unsent:}, why no packet can ask the kernel. {@code printed} is iptables-save's form, {@code =} as
 * written. A listing is read back, unless it is lossy: says less than the rule. Packets are in
 * {@link io.sluice.match.PacketNotation}; afterwards and what is sent only the differences from the packet are named.
 * {@code s1+=10.0.0.9} there says that the set s1 has this element more, {@code s1-=10.0.0.9}, less; a blank in an element is
 * written {@code _}. {@code N} is the column in {@code rule}, from 1. A line {@code @ ipv4,ipv6 table CHAIN} says where the
 * rules of the following lines stand, each in both families. A line {@code ipset create NAME TYPE} or {@code ipset add NAME
 * ELEMENT} makes a set for the lines from there on.
 */
public record TargetCase(
    String file, int line, Set<Backend> backends, Family family, String table, String chain, String rule, String printed,
    String listing, boolean lossy, boolean differs, String unsent, String packet, String answer, String sets) {
  private static final String REFUSED = "refused: ";

  /** The cases of all targets that have a file. */
  public static List<TargetCase> all() throws IOException {
    List<TargetCase> all = new ArrayList<>();
    for (String name : Targets.all().stream().map(TargetExtension::name).distinct().toList()) {
      if (TargetCase.class.getResource(name + ".cases") != null) {
        all.addAll(read(name));
      }
    }
    return all;
  }

  public static List<TargetCase> read(String name) throws IOException {
    String file = name + ".cases";
    String text;
    try (InputStream in = TargetCase.class.getResourceAsStream(file)) {
      text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    List<TargetCase> cases = new ArrayList<>();
    List<Family> families = List.of();
    String table = "";
    String chain = "";
    String rule = "";
    Set<Backend> backends = EnumSet.allOf(Backend.class);
    StringBuilder sets = new StringBuilder();
    int number = 0;
    for (String line : text.split("\n")) {
      number++;
      if (line.startsWith("#") || line.isBlank()) {
        continue;
      }
      if (line.startsWith("ipset ")) {
        sets.append(line.substring("ipset ".length())).append('\n');
        continue;
      }
      if (line.startsWith("@")) {
        String[] words = line.substring(1).trim().split(" ");
        families = Arrays.stream(words[0].split(",")).map(f -> Family.valueOf(f.toUpperCase(Locale.ROOT))).toList();
        table = words[1];
        chain = words[2];
        continue;
      }
      boolean lossy = line.contains("  # lossy");
      boolean differs = line.contains("  # differs:");
      String unsent = line.contains("unsent: ") ? line.substring(line.indexOf("unsent: ") + "unsent: ".length()) : "";
      String[] columns = line.replaceAll("  # .*$", "").split(" ?\\|(?: |$)", -1);
      if (!columns[0].isBlank()) {
        rule = columns[0].strip();
        backends = EnumSet.allOf(Backend.class);
        if (rule.startsWith("legacy: ") || rule.startsWith("nft: ")) {
          backends = EnumSet.of(rule.startsWith("nft") ? Backend.NFT : Backend.LEGACY);
          rule = rule.substring(rule.indexOf(' ') + 1);
        }
      }
      String third = columns.length > 2 ? columns[2] : "";
      String fourth = columns.length > 3 ? columns[3].strip() : "";
      for (Family family : families) {
        cases.add(new TargetCase(file, number, backends, family, table, chain, rule, columns[1].strip(),
            fourth.isEmpty() ? third : "", lossy, differs, unsent, fourth.isEmpty() ? "" : third.strip(), fourth, sets.toString()));
      }
    }
    return cases;
  }

  public boolean isRefused() {
    return printed.startsWith(REFUSED);
  }

  /** Words of iptables's message, or of the kernel's, which iptables passes on; for a rule that is refused. */
  String toolsReason() {
    return printed.substring(REFUSED.length());
  }

  /** The sets of these cases, as {@code ipset restore} takes them. */
  public static String sets(List<TargetCase> cases) {
    return cases.stream().flatMap(c -> c.sets.lines()).distinct().collect(Collectors.joining("\n", "", "\n"));
  }

  /** What iptables-save prints after {@code -A CHAIN}. */
  String expectedPrint() {
    return printed.equals("=") ? rule : printed;
  }

  /** A rule set with just this rule. */
  String ruleSet() {
    return "*" + table + "\n:" + chain + " ACCEPT [0:0]\n-A " + chain + " " + rule + "\nCOMMIT\n";
  }

  @Override
  public String toString() {
    return file + ":" + line + " " + rule + " | " + printed + " | " + listing + packet + " | " + answer;
  }
}
