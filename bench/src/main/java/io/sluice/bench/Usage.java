package io.sluice.bench;

import io.sluice.ruleset.Host;
import io.sluice.text.HostReader;
import io.sluice.text.ReadException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How the command of a benchmark is called. What it cannot take ends it with a word about that and exit code 2, dumps that cannot be
 * read with exit code 3.
 *
 * @param text the command's class and arguments
 */
public record Usage(String text) {

  /** Ends the command unless this holds. */
  public void need(boolean holds, String otherwise) {
    if (!holds) {
      System.err.println(otherwise + "\nusage: java -cp bench/target/bench.jar " + text);
      System.exit(2);
    }
  }

  /** Ends the command unless there are so many arguments. */
  public void count(String[] arguments, int least, int most) {
    String wanted = least == most ? "" + least : most == Integer.MAX_VALUE ? "at least " + least : least + " to " + most;
    need(arguments.length >= least && arguments.length <= most, "arguments: " + arguments.length + ", wanted are " + wanted);
  }

  /** A number above zero. */
  public int number(String argument) {
    boolean isNumber = argument.matches("[0-9]{1,10}") && Long.parseLong(argument) <= Integer.MAX_VALUE;
    int number = isNumber ? Integer.parseInt(argument) : 0;
    need(number > 0, "a number from 1 to " + Integer.MAX_VALUE + " is needed: '" + argument + "'");
    return number;
  }

  /** The number at this place, if there are so many arguments. */
  public int number(String[] arguments, int place, int otherwise) {
    return arguments.length > place ? number(arguments[place]) : otherwise;
  }

  /** A file that can be read. */
  public Path file(String argument) {
    Path file = Path.of(argument);
    need(Files.isReadable(file), argument + " cannot be read");
    return file;
  }

  /** The host whose dumps are in the directory. */
  public static Host host(String directory) {
    try {
      return HostReader.read(Path.of(directory));
    } catch (ReadException | IOException e) {
      System.err.println(e.getMessage());
      System.exit(3);
      throw new IllegalStateException(e);
    }
  }
}
