package io.sluice.analysis.fuzz;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/**
 * Sends random traffic through the running kernel, under a host's rules, and through Sluice. The engine has none: {@link
 * java.util.ServiceLoader} finds the one of the corpus, in {@code corpus/target/agree.jar}.
 */
public interface KernelComparison {

  /**
   * What came of it.
   *
   * @param packets how many went through both
   * @param hits how many of them matched some rule
   * @param differences each with the command that shows it again; empty when they agree
   * @param complete false when it was stopped before the number of packets that was asked for
   */
  record Result(long packets, long hits, List<String> differences, boolean complete) {
    public Result {
      differences = List.copyOf(differences);
    }
  }

  /** What the kernel calls itself. */
  String kernel();

  /** Why the kernel cannot be asked here, as without root; empty when it can. */
  String reasonNot();

  /**
   * Loads the rules into network namespaces, on interfaces of the host's names, and sends packets.
   *
   * @param host a directory of dumps
   * @param seed draws the same again
   * @param packets how many, at least
   * @param stop whether to end early: soon, without what was begun
   * @param progress is told how many were sent
   * @throws IOException when the dumps cannot be read or the kernel refuses them
   */
  Result compare(Path host, long seed, long packets, BooleanSupplier stop, LongConsumer progress) throws IOException;
}
