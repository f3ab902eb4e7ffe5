package io.sluice.corpus.readme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.lint.Code;
import io.sluice.cli.Main;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.TargetExtension;
import io.sluice.ipset.SetType;
import io.sluice.match.Matches;
import io.sluice.pipeline.Simulator;
import io.sluice.target.Targets;
import it.unimi.dsi.fastutil.ints.IntList;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * README.md tells the truth: every {@code $ java -jar engine/target/sluice.jar …} in it prints what stands below it, its
 * Java example is a file that compiles and runs here, and its test command is the one that CI calls.
 */
class ReadmeTest {
  private static final Path ROOT = Path.of("..");
  private static final String SLUICE = "$ java -jar engine/target/sluice.jar ";
  private static final Path EMBEDDED = Path.of("src/test/java/io/sluice/corpus/readme/Embedded.java");

  /** A command with what README says it prints. */
  private record Example(String command, List<String> output) {}

  private static List<String> readme() throws Exception {
    return Files.readAllLines(ROOT.resolve("README.md"));
  }

  private static List<Example> examples() throws Exception {
    List<Example> examples = new ArrayList<>();
    boolean console = false;
    for (String line : readme()) {
      if (line.startsWith("```")) {
        console = line.equals("```console");
      } else if (console && line.startsWith("$ ")) {
        examples.add(new Example(line, new ArrayList<>()));
      } else if (console && line.startsWith("  ") && examples.get(examples.size() - 1).command().endsWith("\\")) {
        Example last = examples.remove(examples.size() - 1);
        String joined = last.command().substring(0, last.command().length() - 1) + line.strip();
        examples.add(new Example(joined, new ArrayList<>()));
      } else if (console) {
        examples.get(examples.size() - 1).output().add(line);
      }
    }
    return examples;
  }

  @TestFactory
  Stream<DynamicTest> everyExamplePrintsWhatReadmeSays() throws Exception {
    List<Example> examples = examples().stream().filter(e -> e.command().startsWith(SLUICE)).toList();
    assertTrue(examples.size() >= 4, "README.md shows the command line");
    return examples.stream().map(e -> DynamicTest.dynamicTest(e.command(), () -> run(e)));
  }

  private static void run(Example example) {
    StringWriter printed = new StringWriter();
    List<String> words = words(example.command().substring(SLUICE.length()));
    words.replaceAll(word -> word.startsWith("corpus/") ? ROOT.resolve(word).toString() : word);
    PrintWriter out = new PrintWriter(printed);
    Main.run(out, out, words.toArray(new String[0]));
    assertEquals(String.join("\n", example.output()).strip(), printed.toString().strip());
  }

  /** Splits at blanks outside double quotes. */
  private static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    boolean quoted = false;
    for (char c : (text + " ").toCharArray()) {
      if (c == '"') {
        quoted = !quoted;
      } else if (c == ' ' && !quoted) {
        if (word.length() > 0) {
          words.add(word.toString());
        }
        word.setLength(0);
      } else {
        word.append(c);
      }
    }
    return words;
  }

  @Test
  void theJavaExampleIsTheFileThatCompiles() throws Exception {
    List<String> source = Files.readAllLines(EMBEDDED);
    List<String> shown = new ArrayList<>();
    boolean java = false;
    for (String line : readme()) {
      if (line.startsWith("```")) {
        java = line.equals("```java");
      } else if (java) {
        shown.add(line);
      }
    }
    assertTrue(!shown.isEmpty() && String.join("\n", source).replaceAll("(?m)^ +", "")
        .contains(String.join("\n", shown).replaceAll("(?m)^ +", "")), "README's Java example stands in " + EMBEDDED);
    assertEquals("FORWARDED", Embedded.ask(Path.of("hosts/docker")));
  }

  /** On a class path without anything else. */
  @Test
  void theJavaExampleNeedsTheEngineAndFastutilOnly() throws Exception {
    URL[] path = {place(Embedded.class), place(Simulator.class), place(IntList.class)};
    try (URLClassLoader loader = new URLClassLoader(path, ClassLoader.getPlatformClassLoader())) {
      Method ask = loader.loadClass(Embedded.class.getName()).getDeclaredMethod("ask", Path.class);
      ask.setAccessible(true);
      assertEquals("FORWARDED", ask.invoke(null, Path.of("hosts/docker")));
      assertThrows(ClassNotFoundException.class, () -> loader.loadClass("picocli.CommandLine"));
    }
  }

  private static URL place(Class<?> of) {
    return of.getProtectionDomain().getCodeSource().getLocation();
  }

  @Test
  void theTableOfExtensionsIsComplete() throws Exception {
    assertEquals(row("Matches", Matches.all().stream().map(MatchExtension::name)), rowOf("Matches"));
    assertEquals(row("Targets", Stream.concat(Stream.of("ACCEPT", "DROP", "QUEUE", "RETURN"),
        Targets.all().stream().map(TargetExtension::name))), rowOf("Targets"));
    assertEquals(row("ipset types", Stream.of(SetType.values()).map(SetType::toString)), rowOf("ipset types"));
  }

  @Test
  void theTableOfFindingsIsComplete() throws Exception {
    List<String> rows = Stream.of(Code.values()).map(code -> "| `" + code.id() + "` | " + code.title() + " |").toList();
    assertEquals(rows, readme().stream().filter(line -> line.startsWith("| `SL")).toList());
  }

  private static String row(String title, Stream<String> names) {
    return "| " + title + " | " + names.map(name -> "`" + name + "`").distinct().sorted().collect(Collectors.joining(" ")) + " |";
  }

  private static String rowOf(String title) throws Exception {
    return readme().stream().filter(line -> line.startsWith("| " + title + " |")).findFirst().orElse("no row '" + title + "'");
  }

  @Test
  void continuousIntegrationRunsTheTestCommand() throws Exception {
    String command = readme().stream().filter(line -> line.contains("mvn") && line.contains("verify")).findFirst().orElseThrow();
    assertTrue(Files.readAllLines(ROOT.resolve(".ci/run")).contains(command.strip()), command);
  }
}
