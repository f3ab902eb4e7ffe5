package io.sluice.cli;

import java.util.function.IntPredicate;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * How long a command goes on with work of unknown length: until its time is up or the user interrupts it (Ctrl-C), whereupon
 * what was found is to be told before it is closed.
 */
final class Patience implements IntPredicate, AutoCloseable {
  private static final long NANOS = 1_000_000_000L;

  /** The option that says how long. */
  static final class Limit {
    @Option(names = "--seconds", paramLabel = "N", description = "Stops after this time and says what is left. Default: never.")
    private Double seconds;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    /** From now on, at {@code work} of which the line tells how much is done. */
    Patience begin(ProgressLine line, String work) {
      if (seconds != null && !(seconds >= 0)) {
        throw new ParameterException(spec.commandLine(), "--seconds must be 0 or more: " + seconds);
      }
      return new Patience(line, work, seconds == null ? Long.MAX_VALUE : (long) (seconds * NANOS));
    }
  }

  private final ProgressLine line;
  private final String work;
  private final long begin = System.nanoTime();
  private final long nanos;
  private final Interruption interruption = Interruption.watch();

  private Patience(ProgressLine line, String work, long nanos) {
    this.line = line;
    this.work = work;
    this.nanos = nanos;
  }

  @Override
  public boolean test(int done) {
    line.at(work, done, 0);
    return lasts();
  }

  /** Whether to go on. */
  boolean lasts() {
    return System.nanoTime() - begin <= nanos && !interruption.happened();
  }

  @Override
  public void close() {
    interruption.close();
  }
}
