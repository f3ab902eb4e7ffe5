package io.sluice.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SimilarTest {
  @ParameterizedTest
  @CsvSource({"tpc,tcp", "TCP,tcp", "--dprot,--dport", "--destinationport,--destination-port", "multi,''", "x,''", "upd,udp", "multiprot,multiport"})
  void nearestWordIsFound(String word, String expected) {
    assertEquals(expected, Similar.to(word, List.of("udp", "tcp", "--dport", "--destination-port", "multiport")).orElse(""));
  }
}
