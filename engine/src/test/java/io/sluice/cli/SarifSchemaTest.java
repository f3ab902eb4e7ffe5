package io.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code sluice lint --sarif} keeps to OASIS' schema of SARIF 2.1.0, whatever is found. */
class SarifSchemaTest {
  @TempDir
  Path directory;

  private static JsonSchema schema() throws Exception {
    try (InputStream schema = SarifSchemaTest.class.getResourceAsStream("/schema/sarif-schema-2.1.0.json")) {
      return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V7).getSchema(schema);
    }
  }

  /** What the schema says against a document. */
  private static List<String> against(String document) throws Exception {
    return schema().validate(document, InputFormat.JSON, context -> context.getExecutionConfig().setFormatAssertionsEnabled(true))
        .stream().map(Object::toString).toList();
  }

  private static String sarif(Path host, String... options) {
    StringWriter out = new StringWriter();
    PrintWriter printer = new PrintWriter(out);
    List<String> words = new ArrayList<>(List.of("lint", host.toString(), "--sarif", "--no-witnesses"));
    words.addAll(List.of(options));
    Main.run(printer, printer, words.toArray(String[]::new));
    return out.toString();
  }

  @Test
  void theFindingsOfRecordedHostsKeepToTheSchema() throws Exception {
    for (String host : List.of("docker", "edge-router6", "firewalld", "podman-cni0", "shorewall", "ufw")) {
      String document = sarif(Path.of("../corpus/hosts", host));
      assertTrue(document.contains("\"ruleId\":\"SL") && document.contains("\"relatedLocations\":"), document);
      assertEquals(List.of(), against(document), host);
    }
  }

  /** Findings about sets, and about rules of {@code --apply}, which are in no file; no finding; what was not looked for. */
  @Test
  void whatElseThereIsToSayKeepsToTheSchema() throws Exception {
    Files.writeString(directory.resolve("ipset.save"), "# saved\ncreate idle hash:ip family inet\nadd idle 192.0.2.1\n");
    Files.writeString(directory.resolve("iptables.save"), "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\nCOMMIT\n");
    assertEquals(List.of(), against(sarif(directory, "--apply", "iptables -N IDLE")));
    String sets = sarif(directory);
    assertTrue(sets.contains("\"SL109\"") && sets.contains("\"SL110\""), sets);
    assertEquals(sets.split("\"ruleId\"").length, sets.split("/ipset.save\"},\"region\":\\{\"startLine\":2}").length,
        "code hosts refuse findings that are at no line of a file: " + sets);
    Files.delete(directory.resolve("ipset.save"));
    assertEquals(List.of(), against(sarif(directory)));
    StringBuilder rules = new StringBuilder("*filter\n:INPUT ACCEPT [0:0]\n");
    for (int i = 0; i < 2_000; i++) {
      rules.append("-A INPUT -p tcp --dport ").append(i).append(':').append(20_000 + i).append(i % 2 == 0 ? " -j DROP\n" : " -j ACCEPT\n");
    }
    Files.writeString(directory.resolve("iptables.save"), rules + "COMMIT\n");
    String document = sarif(directory);
    assertTrue(document.contains("\"toolExecutionNotifications\":[{"), document);
    assertEquals(List.of(), against(document));
  }

  @Test
  void theSchemaRefusesWhatIsNoSarif() throws Exception {
    String document = sarif(Path.of("../corpus/hosts/docker"));
    for (String property : List.of("text", "startLine", "level", "ruleIndex", "executionSuccessful", "version")) {
      assertFalse(against(document.replaceFirst("\"" + property + "\":[^,}]+", "\"" + property + "\":[]")).isEmpty(), property);
    }
    assertFalse(against(document.replaceFirst("\"driver\":", "\"engine\":")).isEmpty());
  }
}
