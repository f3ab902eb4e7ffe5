package io.sluice.corpus.recorded;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.sluice.corpus.agree.Difference;
import io.sluice.corpus.scenario.Finals;
import io.sluice.corpus.scenario.Recording;
import io.sluice.corpus.scenario.SluiceSubject;
import io.sluice.text.ReadException;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where counters do not tell which lots matched in the kernel, all else that was seen does. */
class OtherLotsTest {

  /** Recorded when the lots fell otherwise than Sluice takes them first; who records anew repeats it until they do. */
  @ParameterizedTest
  @ValueSource(strings = {
    "lots-of-a-chain-that-is-called-twice", "a-lot-that-no-counter-shows", "lots-of-packets-of-different-lengths"})
  void theLotsOfTheKernelAreFound(String name) throws IOException, ReadException {
    Recorded recorded = Recorded.read(name);
    assertNotEquals(List.of(), recorded.differences(SluiceSubject.watched(recorded.scenario()), line -> line), "the lots that are taken first");
    assertEquals(List.of(), recorded.differencesWithAnyLots(SluiceSubject.watched(recorded.scenario())), "those that fit best");
  }

  /** Each packet comes to the second call at most once, so that no lots make one call more than there are packets. */
  @Test
  void whatCannotBeStaysADifference() throws IOException, ReadException {
    Recorded recorded = Recorded.read("lots-of-a-chain-that-is-called-twice");
    Recording seen = recorded.kernel();
    Finals finals = seen.finals();
    List<String> more = finals.counters4().stream().map(l -> l.contains("-o eth1") ? l.replaceFirst("\\[\\d+:\\d+]", "[9:252]") : l).toList();
    Recording impossible = new Recording(seen.steps(), seen.nanos(), new Finals(more, finals.counters6(), finals.conntrack(), finals.sets()),
        seen.finalsSeconds());
    List<Difference> left = new Recorded(recorded.name(), recorded.scenario(), impossible)
        .differencesWithAnyLots(SluiceSubject.watched(recorded.scenario()));
    assertEquals(1, left.size(), left::toString);
  }
}
