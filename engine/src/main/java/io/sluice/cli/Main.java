package io.sluice.cli;

import io.sluice.analysis.lint.Severity;
import io.sluice.compile.chain.CompileBudgetException;
import io.sluice.compile.chain.EvaluatorsDifferException;
import io.sluice.text.ReadException;
import io.sluice.walk.TraversalLimitException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.function.Function;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code sluice} command. */
@Command(
    name = "sluice",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    description = "Answers what the Linux kernel's netfilter would do with any packet.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      ConnectCommand.class, TraceCommand.class, ReplayCommand.class, ShowCommand.class, LintCommand.class, DiffCommand.class,
      ReachCommand.class, FuzzCommand.class
    },
    footer = {
      "",
      "HOST is a directory of dumps as corpus/collect.sh makes them; any of its files may be missing.",
      "Exit codes: 0 fine, 1 the answer is no (not connected, dropped), 2 usage, 3 bad input,",
      "4 no answer (out of memory, or a mistake in Sluice)."
    })
public final class Main implements Runnable {

  /** Reads the version from the jar's manifest. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Main.class.getPackage().getImplementationVersion();
      return new String[] {"sluice " + (version == null ? "(not from a jar)" : version)};
    }
  }

  @CommandLine.Spec
  private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    throw new CommandLine.ParameterException(spec.commandLine(), "a command is missing");
  }

  /** Runs a command and ends the process with its exit code. */
  public static void main(String[] args) {
    System.exit(run(Terminal.printer(System.out), Terminal.printer(System.err), args));
  }

  /** Runs a command in this process, printing there, and returns its exit code. */
  public static int run(PrintWriter out, PrintWriter err, String... args) {
    int code;
    try {
      code = commandLine().setOut(out).setErr(err).execute(args);
    } catch (OutOfMemoryError e) {
      err.println("out of memory: this input needs more than " + (Runtime.getRuntime().maxMemory() >> 20)
          + " MiB; give java more, as in java -Xmx4g -jar sluice.jar");
      code = ExitCodes.NO_ANSWER;
    }
    out.flush();
    err.flush();
    return code;
  }

  private static CommandLine commandLine() {
    return new CommandLine(new Main())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .registerConverter(Long.class, text -> number(text, "a whole number", Long::valueOf))
        .registerConverter(long.class, text -> number(text, "a whole number", Long::valueOf))
        .registerConverter(Severity.class, Main::severity)
        .registerConverter(Double.class, text -> number(text, "a number", Double::valueOf))
        .setParameterExceptionHandler((e, args) -> misused(e))
        .setExecutionExceptionHandler((e, commandLine, result) -> report(e, commandLine.getErr()));
  }

  private static Severity severity(String text) {
    return Stream.of(Severity.values()).filter(severity -> severity.name().equalsIgnoreCase(text)).findFirst().orElseThrow(
        () -> new CommandLine.TypeConversionException("expected error, warning or note but was '" + text + "'"));
  }

  private static <T> T number(String text, String expected, Function<String, T> read) {
    try {
      return read.apply(text);
    } catch (NumberFormatException e) {
      throw new CommandLine.TypeConversionException("expected " + expected + " but was '" + text + "'");
    }
  }

  /** Says what is wrong, and of a command not all of its options: the screen would have no room for both. */
  private static int misused(CommandLine.ParameterException e) {
    CommandLine command = e.getCommandLine();
    PrintWriter err = command.getErr();
    err.println(e.getMessage());
    if (CommandLine.UnmatchedArgumentException.printSuggestions(e, err)) {
      return ExitCodes.USAGE;
    }
    if (command.getParent() == null) {
      command.usage(err);
    } else {
      err.println("'" + command.getCommandSpec().qualifiedName() + " --help' tells what may be given");
    }
    return ExitCodes.USAGE;
  }

  private static int report(Exception e, PrintWriter err) {
    if (e instanceof ReadException read) {
      read.problems().forEach(err::println);
      int count = read.problems().size();
      err.println(count == 1 ? "1 problem" : count + " problems");
    } else if (e instanceof BadInputException || e instanceof TraversalLimitException
        || e instanceof CompileBudgetException) {
      err.println(e.getMessage());
    } else if (e instanceof EvaluatorsDifferException) {
      err.println("Sluice has a mistake here, please report it with the input that shows it: " + e.getMessage());
      return ExitCodes.NO_ANSWER;
    } else if (e instanceof NoSuchFileException missing) {
      err.println(missing.getFile() + ": no such file or directory");
    } else if (e instanceof AccessDeniedException denied) {
      err.println(denied.getFile() + ": permission denied");
    } else if (e instanceof IOException) {
      err.println(e.getMessage());
    } else {
      err.println("Sluice has a mistake here, please report it with the input that shows it: " + e);
      for (StackTraceElement step : e.getStackTrace()) {
        if (step.getClassName().startsWith("io.sluice.")) {
          err.println("    at " + step);
          break;
        }
      }
      return ExitCodes.NO_ANSWER;
    }
    return ExitCodes.BAD_INPUT;
  }
}
