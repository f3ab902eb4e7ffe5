package io.sluice.corpus.scenario;

/** Something that packets can be sent through in the setting of one scenario: the kernel, or Sluice. */
public interface Subject extends AutoCloseable {

  /** Does one step and says what came of it. */
  Observation apply(Step step);

  /** Counters, connections and sets as they are now. */
  Finals finals();

  @Override
  void close();
}
