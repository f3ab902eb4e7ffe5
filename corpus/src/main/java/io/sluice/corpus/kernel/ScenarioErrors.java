package io.sluice.corpus.kernel;

import java.io.IOException;
import java.io.UncheckedIOException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParseResult;

/** For commands that take scenarios: what cannot be read, or the kernel or a tool refuses, is told of in words; exit code 2. */
public final class ScenarioErrors implements IExecutionExceptionHandler {
  @Override
  public int handleExecutionException(Exception e, CommandLine command, ParseResult arguments) throws Exception {
    if (e instanceof IllegalArgumentException || e instanceof ScenarioRefused) {
      command.getErr().println(e.getMessage());
    } else if (e instanceof IOException || e instanceof UncheckedIOException) {
      command.getErr().println("cannot be read: " + e.getMessage());
    } else {
      throw e;
    }
    return 2;
  }
}
