package io.sluice.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.KernelShell;
import io.sluice.extension.Argument;
import io.sluice.extension.ArgumentException;
import io.sluice.extension.ServiceNames;
import io.sluice.ipset.IpSet;
import io.sluice.ipset.SetElement;
import io.sluice.ipset.SetResult;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Generated {@code ipset} commands: ipset and the reader take the same ones, and end with the same sets.
 * {@code -Dipset.seed=N} makes others.
 */
class IpSetReaderKernelIT {
  private static final long SEED = Long.getLong("ipset.seed", 1_795_966_955L);
  private static final int SETS = Integer.getInteger("ipset.sets", 60);
  private static final int CRASHED = 128;
  /** Elements, and hash size, up to which a table of the kernel's is filled as one. */
  private static final int LARGE = 1_000;
  private static final int ONE_REGION = 1_024;

  @BeforeAll
  static void kernel() {
    KernelShell.require("ipset");
  }

  @Test
  void everyTypeTakesAndPrintsWhatIpsetTakesAndPrints() {
    String replay = "the same again: mvn -pl engine test -Dtest=IpSetReaderKernelIT -Dipset.seed=" + SEED + " -Dipset.sets=" + SETS;
    System.out.println("ipset lines: seed " + SEED + "; " + replay);
    Comparison comparison = Comparison.of(new IpSetLines(SEED).next(SETS));
    assertEquals("", String.join("\n", comparison.differences()), replay);
    assertTrue(comparison.taken() * 4 >= comparison.asked(),
        "most lines were refused, taken: " + comparison.taken() + " of " + comparison.asked() + "; " + replay);
  }

  @Test
  void linesThatWereReadOtherwiseAreTakenAndPrintedAsIpsetTakesAndPrintsThem() throws IOException {
    List<List<String>> lines = new ArrayList<>();
    try (InputStream in = getClass().getResourceAsStream("ipset.lines")) {
      new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().filter(l -> !l.isEmpty() && !l.startsWith("#"))
          .forEach(l -> lines.add(IpSetWords.split(l).stream().map(Argument::text).toList()));
    }
    assertEquals("", String.join("\n", Comparison.of(lines).differences()));
  }

  /**
   * Lines put to both sides.
   *
   * @param differences in what was taken, why not, and what was saved in the end
   * @param asked the lines that were compared
   * @param taken those of them that ipset took
   */
  record Comparison(List<String> differences, int asked, int taken) {

    static Comparison of(List<List<String>> lines) {
      StringBuilder script = new StringBuilder();
      for (List<String> line : lines) {
        script.append("ipset").append(line.stream().map(IpSetReaderKernelIT::quoted).collect(Collectors.joining())).append(" 2>&1; echo \"#$?\"\n");
      }
      script.append("echo ---\nipset save\n");
      String[] output = KernelShell.run(script.toString()).split("---\n", -1);
      List<String> answers = new ArrayList<>(List.of(output[0].split("(?<=#[0-9]{1,3})\n")));
      assertEquals(lines.size(), answers.size());
      IpSetReader reader = new IpSetReader(SourceText.of("t", ""), ServiceNames.builtIn());
      List<String> differences = new ArrayList<>();
      Set<String> full = new HashSet<>(); // a large table of the kernel's takes a few elements more than maxelem
      int taken = 0;
      int asked = 0;
      for (int i = 0; i < lines.size(); i++) {
        int exit = Integer.parseInt(answers.get(i).substring(answers.get(i).lastIndexOf('#') + 1));
        String name = lines.get(i).get(1);
        if (exit >= CRASHED || full.contains(name)) {
          continue;
        }
        String refusal = refusal(reader, lines.get(i));
        if (refusal.contains(SetResult.FULL.toString()) && isLarge(reader.sets().set(name).orElseThrow())) {
          full.add(name);
          continue;
        }
        asked++;
        taken += exit == 0 ? 1 : 0;
        if (refusal.isEmpty() != (exit == 0) || Reason.ofIpset(answers.get(i)) != Reason.ofReader(refusal)) {
          differences.add(String.join(" ", lines.get(i)) + "\n  ipset: " + answers.get(i) + "\n  here:  " + refusal + history(lines, i));
        }
      }
      List<String> kernel = normal(output[1], full);
      List<String> here = normal(IpSetWriter.save(reader.sets()), full);
      without(kernel, here).forEach(line -> differences.add("only ipset saves: " + line));
      without(here, kernel).forEach(line -> differences.add("only Sluice saves: " + line));
      if (differences.isEmpty() && !kernel.equals(here)) {
        differences.add("saved lines differ in number: " + kernel + "\n" + here);
      }
      return new Comparison(differences, asked, taken);
    }
  }

  private static boolean isLarge(IpSet set) {
    return set.size() > LARGE || set.header().hashSize() > ONE_REGION;
  }

  private static String quoted(String word) {
    return " '" + word.replace("'", "'\\''") + "'";
  }

  /** Reasons that the kernel gives, in its words and in ours; what neither says is a line that is not well formed. */
  private enum Reason {
    TAKEN("(?s).*#0", ""),
    NO_SET("The set with the given name does not exist", "there is no set .*|no such set"),
    SET_THERE("set with the same name already exists", "set \\S+ exists already"),
    EXISTS("it's already added", SetResult.EXISTS.toString()),
    MISSING("it's not added|is NOT in set", SetResult.MISSING + "|not in the set"),
    FULL("Hash is full", SetResult.FULL.toString()),
    NULL_ELEMENT("Null-valued element|Kernel error received: Invalid argument", SetResult.NULL_ELEMENT.toString()),
    CIDR("The value of the CIDR parameter", SetResult.INVALID_CIDR.toString()),
    OUT_OF_RANGE("Element is out of the range", SetResult.OUT_OF_RANGE + "|the range does not fit the netmask"),
    ALL("covers the whole address space", SetResult.RANGE_TOO_LARGE.toString()),
    SIZE("exceeds the size limit", "the range is too large"),
    NO_MEMBER("Set to be added/deleted/tested as element", SetResult.NO_SUCH_SET.toString()),
    NESTED("Sets with list:set type", SetResult.NESTED_LIST.toString()),
    REFERENCE("to which you referred with", SetResult.NO_REFERENCE.toString()),
    NO_TIMEOUT("Timeout cannot be used", SetResult.NO_TIMEOUT.toString()),
    NO_COUNTERS("counters cannot be used", SetResult.NO_COUNTERS.toString()),
    NO_COMMENT("Comment cannot be used", SetResult.NO_COMMENT.toString()),
    NO_SKBINFO("Skbinfo mapping cannot be used", SetResult.NO_SKBINFO.toString()),
    MALFORMED("", ".*");

    private final String ipset;
    private final String reader;

    Reason(String ipset, String reader) {
      this.ipset = ipset;
      this.reader = reader;
    }

    static Reason ofIpset(String answer) {
      return Arrays.stream(values()).filter(r -> Pattern.compile(r.ipset).matcher(answer).find()).findFirst().orElseThrow();
    }

    static Reason ofReader(String refusal) {
      return Arrays.stream(values()).filter(r -> refusal.matches("(?s)" + r.reader)).findFirst().orElseThrow();
    }
  }

  private static List<String> without(List<String> lines, List<String> others) {
    List<String> rest = new ArrayList<>(lines);
    rest.removeAll(Set.copyOf(others));
    return rest;
  }

  /** What was done before to the set that a line is about. */
  private static String history(List<List<String>> lines, int index) {
    String name = lines.get(index).get(1);
    return "\n  after: " + lines.subList(0, index).stream().filter(l -> l.get(1).equals(name)).map(l -> String.join(" ", l))
        .collect(Collectors.joining("; "));
  }

  /** Why a line is refused here, empty if it is not; of {@code test}, why the element is not in the set. */
  private static String refusal(IpSetReader reader, List<String> line) {
    List<Argument> words = new ArrayList<>();
    int at = 0;
    for (String word : line) {
      words.add(new Argument(word, at));
      at += word.length() + 1;
    }
    try {
      if (!line.get(0).equals("test")) {
        reader.command(words);
        return "";
      }
      words.removeIf(word -> word.text().equals("-exist"));
      if (words.size() < 3) {
        return "an element is missing";
      }
      IpSet set = reader.sets().set(line.get(1)).orElse(null);
      if (set == null) {
        return "no such set";
      }
      SetElement element = new IpSetElementParser(ServiceNames.builtIn()).parse(
          IpSetElementParser.Command.TEST, set.header(), words, 2);
      return reader.sets().test(line.get(1), element) ? "" : "not in the set";
    } catch (ArgumentException refused) {
      return refused.getMessage();
    }
  }

  /**
   * Without what the kernel draws at random, counts down or makes larger as a set grows, without the bucket size that is
   * usual and without forceadd, which it does not tell; elements of a set in alphabetical order.
   */
  private static List<String> normal(String save, Set<String> without) {
    Map<String, Long> sizes = save.lines().collect(Collectors.groupingBy(l -> l.split(" ")[1], Collectors.counting()));
    return save.lines().filter(l -> !without.contains(l.split(" ")[1])).map(l -> {
      if (!l.startsWith("create ")) {
        return l.replaceAll("timeout [1-9]\\d*(?=$| (?:packets|nomatch|comment|wild|skb))", "timeout _");
      }
      boolean grown = sizes.get(l.split(" ")[1]) > 8 || l.contains(" bucketsize 2") || l.contains(" bucketsize 4");
      // Behind a bitmask ipset prints what stands in memory as a prefix length, if it is none.
      String header = l.replaceAll(" initval 0x[0-9a-f]+| bucketsize 12| forceadd|(?<= bitmask \\S{1,40})/\\d+", "");
      return grown ? header.replaceAll(" hashsize \\d+", "") : header;
    }).sorted().toList();
  }
}
