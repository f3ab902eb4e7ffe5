package io.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The packages stand in one order; each knows only those before it. */
final class ArchitectureTest {
  private static final Path SOURCES = Path.of("src/main/java");
  private static final String ROOT = "io.sluice.";
  private static final Pattern COMMENT = Pattern.compile("/\\*.*?\\*/|//[^\n]*", Pattern.DOTALL);
  private static final Pattern NAME = Pattern.compile("\\bio\\.sluice\\.([a-z]+(?:\\.[a-z]+)*)\\.[A-Z]");

  /** From the bottom up. */
  private static final List<String> ORDER = List.of(
      "netfilter", "packet", "packet.pcap", "host", "conntrack", "ipset", "net", "ruleset", "extension", "match", "target",
      "text", "walk", "compile", "compile.chain", "pipeline", "trace", "conversation", "analysis", "analysis.space",
      "analysis.symbolic", "analysis.fate", "analysis.earlier", "analysis.witness", "analysis.diff", "analysis.reach", "analysis.lint",
      "analysis.fuzz", "cli");

  @Test
  void arrowsPointDownward() throws IOException {
    Map<String, TreeSet<String>> uses = new TreeMap<>();
    for (Path file : sources()) {
      String own = nameOf(file.getParent());
      String code = COMMENT.matcher(Files.readString(file)).replaceAll("");
      Matcher names = NAME.matcher(code);
      while (names.find()) {
        if (!names.group(1).equals(own)) {
          uses.computeIfAbsent(own, k -> new TreeSet<>()).add(names.group(1));
        }
      }
    }
    assertTrue(uses.size() > 10, uses::toString);
    List<String> wrong = new ArrayList<>();
    uses.forEach((from, all) -> all.forEach(to -> {
      if (!ORDER.contains(from) || !ORDER.contains(to) || ORDER.indexOf(to) >= ORDER.indexOf(from)) {
        wrong.add(from + " uses " + to);
      }
    }));
    assertEquals(List.of(), wrong);
  }

  @Test
  void everyPackageSaysWhatItIs() throws IOException {
    List<Path> silent = sources().stream().map(Path::getParent).distinct()
        .filter(d -> !Files.exists(d.resolve("package-info.java"))).toList();
    assertEquals(List.of(), silent);
  }

  /** What an embedder gets is fastutil: nothing else is used outside the command line, but where it says so itself. */
  @Test
  void onlyTheCommandLineUsesOtherLibraries() throws IOException {
    Pattern foreign = Pattern.compile("^import (?:static )?(?!java\\.|io\\.sluice\\.|it\\.unimi\\.dsi\\.fastutil\\.)\\S+", Pattern.MULTILINE);
    List<String> found = new ArrayList<>();
    for (Path file : sources()) {
      Matcher imports = foreign.matcher(Files.readString(file));
      while (imports.find()) {
        if (!nameOf(file.getParent()).equals("cli")) {
          found.add(file.getFileName() + ": " + imports.group());
        }
      }
    }
    assertTrue(found.stream().allMatch(f -> f.startsWith("JsonText.java: import com.fasterxml.jackson.core.")), found::toString);
  }

  @Test
  void everyOtherLibraryIsOptionalForAnEmbedder() throws IOException {
    String pom = Files.readString(Path.of("pom.xml"));
    String parent = Files.readString(Path.of("../pom.xml"));
    List<String> given = new ArrayList<>();
    Matcher dependencies = Pattern.compile("<dependency>(.*?)</dependency>", Pattern.DOTALL).matcher(pom);
    while (dependencies.find()) {
      String artifact = dependencies.group(1).replaceAll("(?s).*<artifactId>(.*?)</artifactId>.*", "$1");
      boolean test = Pattern.compile("<artifactId>" + artifact + "</artifactId>[^d]*?<scope>test</scope>").matcher(parent + pom).find();
      if (!dependencies.group(1).contains("<optional>true</optional>") && !test) {
        given.add(artifact);
      }
    }
    assertEquals(List.of("fastutil-core"), given);
  }

  private static List<Path> sources() throws IOException {
    try (Stream<Path> files = Files.walk(SOURCES)) {
      return files.filter(f -> f.toString().endsWith(".java")).toList();
    }
  }

  private static String nameOf(Path directory) {
    return SOURCES.relativize(directory).toString().replace('/', '.').substring(ROOT.length());
  }
}
