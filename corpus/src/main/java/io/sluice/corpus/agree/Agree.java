package io.sluice.corpus.agree;

import io.sluice.corpus.scenario.Scenario;
import io.sluice.corpus.scenario.ScenarioFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Holds Sluice to the running kernel. */
@Command(name = "agree", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Sends the packets of scenarios through the running kernel (as root) and through Sluice, and prints every "
        + "difference. Exit code 0: none; 1: some; 2: usage.")
public final class Agree implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", description = "scenario files", arity = "1..*")
  private List<Path> files;

  /** Runs from the command line. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new Agree()).execute(args));
  }

  @Override
  public Integer call() {
    int different = 0;
    for (Path file : files) {
      Scenario scenario;
      try {
        scenario = ScenarioFile.read(file);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      Agreement agreement = Agreement.of(scenario);
      System.out.println(file + ": " + (agreement.agrees() ? "agree" : agreement.differences().size() + " differences")
          + " (" + agreement.packets() + " packets)");
      agreement.differences().forEach(System.out::println);
      different += agreement.agrees() ? 0 : 1;
    }
    return different == 0 ? 0 : 1;
  }
}
