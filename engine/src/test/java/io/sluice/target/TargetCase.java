package io.sluice.target;

import io.sluice.extension.TargetExtension;
import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Family;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * A line of a {@code .cases} file: what one target extension accepts, prints and does. Columns between {@code " | "}:
 *
 * <pre>
 *   rule | printed | TARGET: words of iptables -L -n   # lossy
 *   rule | refused
 *   rule |         | packet | VERDICT packet afterwards &gt; packet that is sent, or icmp type/code
 * </pre>
 *
 * <p>{@code rule} is what stands after {@code -A CHAIN}; empty means as in the line before; {@code legacy:} or
 * {@code nft:} before it says that the other back end differs; {@code # differs:} that the kernel here answers otherwise,
 * and why; {@code unsent:}, why no packet can ask the kernel. {@code printed} is iptables-save's form, {@code =} as
 * written. A listing is read back, unless it is lossy: says less than the rule. Packets are in
 * {@link io.sluice.match.PacketNotation}; afterwards and what is sent only the differences from the packet are named. A
 * line {@code @ ipv4 table CHAIN} says where the rules of the following lines stand.
 */
public record TargetCase(
    String file, int line, Set<Backend> backends, Family family, String table, String chain, String rule, String printed,
    String listing, boolean lossy, boolean differs, String unsent, String packet, String answer) {

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
    Family family = Family.IPV4;
    String table = "";
    String chain = "";
    String rule = "";
    Set<Backend> backends = EnumSet.allOf(Backend.class);
    int number = 0;
    for (String line : text.split("\n")) {
      number++;
      if (line.startsWith("#") || line.isBlank()) {
        continue;
      }
      if (line.startsWith("@")) {
        String[] words = line.substring(1).trim().split(" ");
        family = words[0].equals("ipv6") ? Family.IPV6 : Family.IPV4;
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
      cases.add(new TargetCase(file, number, backends, family, table, chain, rule, columns[1].strip(),
          fourth.isEmpty() ? third : "", lossy, differs, unsent, fourth.isEmpty() ? "" : third.strip(), fourth));
    }
    return cases;
  }

  public boolean isRefused() {
    return printed.equals("refused");
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
