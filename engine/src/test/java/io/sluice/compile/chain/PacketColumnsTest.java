package io.sluice.compile.chain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.extension.UnknownPolicy;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.ipset.IpSets;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.RuleSet;
import io.sluice.text.RuleSetReader;
import io.sluice.text.SourceText;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Columns that are not set are zeros, whatever was before; such as do not fit are refused with a word about why. */
class PacketColumnsTest {
  private static final int COUNT = 300;
  private static final int TCP = 6;
  private static final String RULES4 = """
      *filter
      :FORWARD DROP [0:0]
      -A FORWARD -s 10.0.0.0/8 -i eth0 -p tcp -m tcp --dport 80 -j ACCEPT
      COMMIT
      """;
  private static final String RULES6 = """
      *filter
      :FORWARD DROP [0:0]
      -A FORWARD -s 2001:db8::1/128 -p tcp -j ACCEPT
      -A FORWARD -d ::/64 -j ACCEPT
      COMMIT
      """;

  private final byte[] verdicts = new byte[COUNT];
  private final int[] ruleIds = new int[COUNT];
  private final int[] pathIds = new int[COUNT];
  private CompiledHost program;

  @BeforeEach
  void compile() throws Exception {
    Network network = Network.builder().device(NetDevice.named(2, "eth0")).build();
    program = CompiledHost.compile(new Host(network, rules(Family.IPV4, RULES4), rules(Family.IPV6, RULES6),
        new IpSets(new Clock()), List.of()), CompileOptions.DEFAULT);
  }

  private static RuleSet rules(Family family, String text) throws Exception {
    return RuleSetReader.of(family).unknown(UnknownPolicy.FAIL).read(SourceText.of("rules", text));
  }

  @Test
  void fieldsThatAreNotSetAreZeroAfterOthersThatWere() {
    ChainClassifier classifier = program.classifier(Family.IPV6, "filter", "FORWARD");
    classify(classifier, new PacketColumns());
    assertEquals(1, ruleIds[0]);
    int[][] elsewhere = {all(0), all(7), all(0), all(0)};
    classify(classifier, new PacketColumns().with(Field.DESTINATION, elsewhere));
    assertEquals(ChainClassifier.POLICY, ruleIds[0]);
    classify(classifier, new PacketColumns());
    assertEquals(1, ruleIds[0]);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "DESTINATION_PORT | 70000 | DESTINATION_PORT of packet 299 must be in 0..65535: 70000",
      "DESTINATION_PORT | -1    | DESTINATION_PORT of packet 299 must be in 0..65535: 4294967295",
      "PROTOCOL         | 256   | PROTOCOL of packet 299 must be in 0..255: 256",
      "IN_INTERFACE     | 4096  | IN_INTERFACE of packet 299 must be in 0..4095: 4096"})
  void valuesThatDoNotFitAreRefused(Field field, int value, String message) {
    int[] column = all(1);
    column[COUNT - 1] = value;
    assertEquals(message, refusal(Family.IPV4, new PacketColumns().with(field, column)));
  }

  @Test
  void columnsThatDoNotFitAreRefused() {
    assertEquals("SOURCE has a column of 10 packets: to=300",
        refusal(Family.IPV4, new PacketColumns().with(Field.SOURCE, new int[10])));
    assertEquals("SOURCE must have 1 arrays in this family: arrays=4",
        refusal(Family.IPV4, new PacketColumns().with(Field.SOURCE, all(0), all(0), all(0), all(0))));
    assertEquals("SOURCE must have 4 arrays in this family: arrays=1",
        refusal(Family.IPV6, new PacketColumns().with(Field.SOURCE, all(0))));
  }

  @Test
  void arraysForAnswersThatAreTooShortAreRefusedBeforeAnythingIsAnswered() {
    ChainClassifier classifier = program.classifier(Family.IPV4, "filter", "FORWARD");
    Arrays.fill(verdicts, ChainClassifier.CALLS);
    assertThrows(IndexOutOfBoundsException.class,
        () -> classifier.classify(new PacketColumns(), 0, COUNT, verdicts, new int[COUNT - 1], pathIds));
    assertEquals(ChainClassifier.CALLS, verdicts[0]);
  }

  /** What was refused leaves nothing behind. */
  @Test
  void theNextPacketsAreAnsweredAsIfNothingHadBeenRefused() {
    ChainClassifier classifier = program.classifier(Family.IPV4, "filter", "FORWARD");
    int[] ports = all(80);
    PacketColumns columns = new PacketColumns().with(Field.SOURCE, all(10 << 24)).with(Field.IN_INTERFACE, all(2))
        .with(Field.PROTOCOL, all(TCP)).with(Field.DESTINATION_PORT, ports);
    ports[200] = 1 << 16;
    assertThrows(IllegalArgumentException.class, () -> classify(classifier, columns));
    ports[200] = 81;
    classify(classifier, columns);
    for (int i = 0; i < COUNT; i++) {
      assertEquals(i == 200 ? ChainClassifier.DROP : ChainClassifier.ACCEPT, verdicts[i]);
    }
  }

  @Test
  void aPolicyIsNotARule() {
    ChainClassifier classifier = program.classifier(Family.IPV4, "filter", "FORWARD");
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> classifier.rule(ChainClassifier.POLICY));
    assertTrue(e.getMessage().contains("policy"), e::getMessage);
  }

  @Test
  void pathsThatThereAreNotAreRefused() {
    ChainClassifier classifier = program.classifier(Family.IPV4, "filter", "FORWARD");
    classify(classifier, new PacketColumns());
    assertEquals(List.of(), classifier.path(pathIds[0]));
    assertEquals("this path is not remembered",
        assertThrows(IllegalArgumentException.class, () -> classifier.path(ChainClassifier.NO_PATH)).getMessage());
    assertEquals("no path has this id: id=99",
        assertThrows(IllegalArgumentException.class, () -> classifier.path(99)).getMessage());
  }

  @Test
  void aColumnIsNotNull() {
    assertEquals("SOURCE has a column that is null",
        assertThrows(NullPointerException.class, () -> new PacketColumns().with(Field.SOURCE, (int[]) null)).getMessage());
  }

  private String refusal(Family family, PacketColumns columns) {
    ChainClassifier classifier = program.classifier(family, "filter", "FORWARD");
    return assertThrows(IllegalArgumentException.class, () -> classify(classifier, columns)).getMessage();
  }

  private void classify(ChainClassifier classifier, PacketColumns columns) {
    classifier.classify(columns, 0, COUNT, verdicts, ruleIds, pathIds);
  }

  private static int[] all(int value) {
    int[] column = new int[COUNT];
    Arrays.fill(column, value);
    return column;
  }
}
