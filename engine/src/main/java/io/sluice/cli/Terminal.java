package io.sluice.cli;

import io.sluice.text.TextBytes;
import java.io.Console;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.lang.reflect.InvocationTargetException;

/** The streams of the process. */
final class Terminal {
  private static final int BUFFER = 1 << 13;

  private Terminal() {}

  /** Whether a person looks at the output, who gets colours and progress. */
  static boolean isInteractive() {
    Console console = System.console();
    if (console == null) {
      return false;
    }
    try {
      // From JDK 22 on there is a console even when both ends are files; it says itself whether it is a terminal.
      return (boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (NoSuchMethodException before22) {
      return true;
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException("Console.isTerminal() cannot be asked", e);
    }
  }

  /** Prints on {@code out}, UTF-8 whatever the locale, and the bytes that a dump held which are none as they were. */
  static PrintWriter printer(OutputStream out) {
    return new PrintWriter(new Bytes(out), false);
  }

  private static final class Bytes extends Writer {
    private final OutputStream out;
    private final StringBuilder pending = new StringBuilder();

    Bytes(OutputStream out) {
      this.out = out;
    }

    @Override
    public void write(char[] text, int from, int length) throws IOException {
      pending.append(text, from, length);
      // A pair of surrogates is one character: it must not be cut in two.
      if (pending.length() >= BUFFER && !Character.isHighSurrogate(pending.charAt(pending.length() - 1))) {
        drain();
      }
    }

    private void drain() throws IOException {
      out.write(TextBytes.encode(pending.toString()));
      pending.setLength(0);
    }

    @Override
    public void flush() throws IOException {
      drain();
      out.flush();
    }

    @Override
    public void close() throws IOException {
      flush();
    }
  }
}
