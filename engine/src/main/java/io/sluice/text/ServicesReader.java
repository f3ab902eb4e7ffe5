package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.extension.ArgumentException;
import io.sluice.extension.ServiceNames;
import java.util.HashMap;
import java.util.Map;

/** Reads a services file (services(5)): {@code name port/protocol [alias ...]}, {@code #} begins a comment. */
public final class ServicesReader {
  /** No line of such a file is longer; one that is would cost memory for nothing. */
  static final int MAX_LINE = 8192;

  private ServicesReader() {}

  /** Refuses a line that is too long to be cut into words. */
  static void checkLength(String line) {
    if (line.length() > MAX_LINE) {
      throw new Argument("", 0).error("line too long: " + line.length() + " characters",
          "expected at most " + MAX_LINE + ": say it in several lines");
    }
  }

  /** The line without its comment. */
  static String content(String line) {
    checkLength(line);
    int comment = line.indexOf('#');
    return comment < 0 ? line : line.substring(0, comment);
  }

  /** Reads a whole file. Throws with every problem that it has. */
  public static ServiceNames read(SourceText text) throws ReadException {
    Problems problems = new Problems();
    Map<String, Integer> ports = new HashMap<>();
    for (int line = 1; line <= text.lineCount(); line++) {
      try {
        String content = content(text.line(line));
        if (!content.isBlank()) {
          service(content, ports);
        }
      } catch (ArgumentException e) {
        problems.add(text.problem(line, e));
      }
    }
    problems.throwIfAny();
    return new ServiceNames(ports);
  }

  private static void service(String content, Map<String, Integer> ports) {
    String[] words = content.strip().split("\\s+");
    if (words.length < 2) {
      throw new Argument(content, 0).error("port is missing", "expected NAME PORT/PROTOCOL [ALIAS ...]");
    }
    Argument second = new Argument(words[1], content.indexOf(words[1], content.indexOf(words[0]) + words[0].length()));
    int slash = second.text().indexOf('/');
    if (slash < 0) {
      throw second.error("protocol is missing", "expected PORT/PROTOCOL, such as 22/tcp");
    }
    // A leading zero does not make it octal: getservent() reads decimal.
    String digits = second.text().substring(0, slash).replaceFirst("^0+(?=.)", "");
    int port = new Argument(digits, second.offset()).u16();
    String protocol = second.text().substring(slash + 1);
    for (int i = 0; i < words.length; i++) {
      if (i != 1) {
        ports.putIfAbsent(words[i] + "/" + protocol, port);
      }
    }
  }
}
