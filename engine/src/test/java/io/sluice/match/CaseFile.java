package io.sluice.match;

import io.sluice.extension.MatchExtension;
import io.sluice.extension.ProtocolNames;
import io.sluice.ipset.SetType;
import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Family;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A {@code .cases} file: what one match extension accepts, prints and answers. Lines of columns between {@code " | "}:
 *
 * <pre>
 *   rule | printed            | packet           | answer         # why
 *   rule | printed            | list: words of iptables -L -v -n, which are also read back
 *   rule | printed            | list only: words that say less than the rule
 *   rule | error at N: words that the message or what is expected has in it | refused: words of iptables's message
 * </pre>
 *
 * <p>{@code rule} is the extension's options, after an optional {@code [! ]-p protocol}; empty means as in the line
 * before. {@code -m name} is implied (the file's name). {@code printed} is what {@code iptables-save} prints for the
 * options, {@code =} as written, empty not to ask. {@code N} is the column in {@code rule}, from 1. The packet is in
 * {@link PacketNotation}; several are a sequence, and then there are as many answers, both with {@code ;} between them.
 * An answer is {@code match}, {@code no match} or {@code hotdrop} (the kernel drops the packet at once), and may go on
 * with {@code (nft: answer)} where iptables-nft differs from iptables-legacy. What follows two spaces and {@code #} is a
 * comment; {@code differs:} in it says that the kernel answers otherwise, and why; {@code unsent:}, why no packet can ask
 * the kernel.
 *
 * <p>A line {@code @ ipv6 -p tcp table=raw match=name} sets what holds from there on: family (ipv4), protocol (none) and
 * table (mangle) of the rule, and the match's name where the file has another. An empty rule is written {@code -p all}. A
 * comment behind it holds for all of its lines. A line {@code ipset create NAME TYPE} or {@code ipset add NAME ELEMENT}
 * makes a set for the lines from there on; the set {@code s}, a hash:ip with 10.0.0.1 in it, is always there. Types of sets
 * have their files in the package {@code ipset}; they are matched by {@code -m set}.
 */
public record CaseFile(String name, List<Case> cases) {
  private static final String REFUSED = "refused: ";
  private static List<Case> all = List.of();

  private static final Pattern COMMENT = Pattern.compile("\\s\\s+# .*$");

  /** One line. */
  public record Case(
      String file, int line, Family family, String table, int protocol, boolean protocolInverted, String match,
      String rule, String printed, String packet, String answer, String comment, String sets) {

    /** Why the kernel cannot be asked with a packet; empty when it can. */
    public String unsent() {
      return after("unsent:");
    }

    /** How and why the kernel answers otherwise; empty when it does not. */
    public String differs() {
      return after("differs:");
    }

    private String after(String word) {
      int at = comment.indexOf(word);
      return at < 0 ? "" : comment.substring(at + word.length()).strip();
    }

    /** The packets of the sequence, repeated ones written out. */
    public List<String> packets() {
      return steps(packet);
    }

    /** The answers for a back end, one a packet. */
    public List<String> answers(Backend backend) {
      return steps(answer).stream().map(a -> {
        int paren = a.indexOf("(nft:");
        return paren < 0 ? a : backend == Backend.LEGACY ? a.substring(0, paren).strip()
            : a.substring(paren + 5, a.indexOf(')')).strip();
      }).toList();
    }

    private static List<String> steps(String text) {
      return Arrays.stream(text.split(";")).map(String::strip).flatMap(step -> {
        if (!step.matches("[0-9]+ x( .*)?")) {
          return Stream.of(step);
        }
        int count = Integer.parseInt(step.substring(0, step.indexOf(' ')));
        return Collections.nCopies(count, step.substring(step.indexOf('x') + 1).strip()).stream();
      }).toList();
    }

    /** The rule's protocol and this match, as words of a rule. */
    public String matchWords(String options) {
      String words = protocol == 0 ? ""
          : (protocolInverted ? "! " : "") + "-p " + ProtocolNames.nameOrNumber(protocol) + " ";
      return words + "-m " + match + (options.isEmpty() ? "" : " " + options);
    }

    @Override
    public String toString() {
      return file + ":" + line + " " + rule + " | " + printed + " | " + packet + " | " + answer;
    }

    /** Words of iptables's message, or of the kernel's, which iptables passes on; empty not to ask. */
    public String toolsReason() {
      return packet.startsWith(REFUSED) ? packet.substring(REFUSED.length()) : "";
    }

    public boolean isError() {
      return printed.startsWith("error at ");
    }

    boolean isListing() {
      return packet.startsWith("list:") || packet.startsWith("list only:");
    }

    public boolean hasPacket() {
      return !answer.isEmpty();
    }
  }

  /** The cases of all matches that have a file, and of all types of sets; the files are read once. */
  public static synchronized List<Case> all() throws IOException {
    if (all.isEmpty()) {
      all = readAll();
    }
    return all;
  }

  private static List<Case> readAll() throws IOException {
    List<Case> all = new ArrayList<>();
    for (String name : Matches.all().stream().map(MatchExtension::name).distinct().toList()) {
      if (CaseFile.class.getResource(name + ".cases") != null) {
        all.addAll(read(name).cases());
      }
    }
    for (SetType type : SetType.values()) {
      all.addAll(read(type).cases());
    }
    return List.copyOf(all);
  }

  /** The cases of a type of sets. */
  public static CaseFile read(SetType type) throws IOException {
    return read("/io/sluice/ipset/" + type.toString().replaceAll("[:,]", "-"), "set");
  }

  public static CaseFile read(String name) throws IOException {
    return read(name, name);
  }

  private static CaseFile read(String path, String name) throws IOException {
    String file = path + ".cases";
    String text;
    try (InputStream in = CaseFile.class.getResourceAsStream(file)) {
      text = new String(Objects.requireNonNull(in, () -> "there is no " + file).readAllBytes(), StandardCharsets.UTF_8);
    }
    List<Case> cases = new ArrayList<>();
    Family family = Family.IPV4;
    String table = "mangle";
    int protocol = 0;
    String match = name;
    String rule = "";
    String comment = "";
    StringBuilder sets = new StringBuilder("create s hash:ip\nadd s 10.0.0.1\n");
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
        family = Family.IPV4;
        table = "mangle";
        protocol = 0;
        match = name;
        comment = comment(line);
        String settings = line.substring(1, line.length() - comment.length()).strip();
        String[] words = settings.isEmpty() ? new String[0] : settings.split("\\s+");
        for (int i = 0; i < words.length; i++) {
          if (words[i].equals("ipv6")) {
            family = Family.IPV6;
          } else if (words[i].equals("-p")) {
            protocol = PacketNotation.protocol(words[++i]);
          } else if (words[i].startsWith("table=")) {
            table = words[i].substring(6);
          } else if (words[i].startsWith("match=")) {
            match = words[i].substring(6);
          } else if (!words[i].equals("ipv4")) {
            throw new IllegalArgumentException(file + ":" + number + ": unknown word " + words[i]);
          }
        }
        continue;
      }
      String[] columns = COMMENT.matcher(line).replaceAll("").split("\\s*\\|(?=\\s|$)\\s*", -1);
      columns[0] = columns[0].isBlank() ? rule : columns[0].strip();
      rule = columns[0];
      String options = rule;
      int rowProtocol = protocol;
      boolean inverted = false;
      if (rule.matches("(! )?-p .*")) {
        inverted = rule.startsWith("!");
        String[] words = rule.substring(inverted ? 2 : 0).split(" ", 3);
        rowProtocol = PacketNotation.protocol(words[1]);
        options = words.length > 2 ? words[2] : "";
      }
      if (columns.length < 2 || columns.length > 4) {
        throw new IllegalArgumentException(file + ":" + number + ": expected 2 to 4 columns");
      }
      cases.add(new Case(file, number, family, table, rowProtocol, inverted, match, options, columns[1].strip(),
          columns.length > 2 ? columns[2].strip() : "", columns.length > 3 ? columns[3].strip() : "",
          comment + comment(line), sets.toString()));
    }
    return new CaseFile(name, cases);
  }

  /** What stands behind two spaces and {@code #}, with these. */
  private static String comment(String line) {
    Matcher matcher = COMMENT.matcher(line);
    return matcher.find() ? matcher.group() : "";
  }
}
