package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.extension.ArgumentException;
import java.util.ArrayList;
import java.util.List;

/**
 * Splits a line of iptables-save text into arguments as iptables-restore does: add_param_to_argv() in iptables/xshared.c.
 *
 * <p>Only the double quote quotes, and only within it does a backslash take the next character as it is. A closing quote
 * ends the argument even if no blank follows ({@code "a"b} is two); an opening one does not begin one ({@code a"b c"} is
 * one).
 */
final class XtablesWords {
  /** struct xt_param_buf: an argument has at most this many bytes. */
  private static final int MAX_ARGUMENT_BYTES = 1023;
  /** A character of Java's strings has at most as many in UTF-8. */
  private static final int MAX_CHARACTER_BYTES = 3;

  /** MAX_ARGC is 255, of which the program name, -t and the table are taken. */
  private static final int MAX_ARGUMENTS = 251;

  private XtablesWords() {}

  /** The arguments of {@code line} from {@code from} on. Throws {@link ArgumentException} where iptables would refuse. */
  static List<Argument> split(String line, int from) {
    List<Argument> words = new ArrayList<>(32);
    StringBuilder word = new StringBuilder(32);
    int start = -1;
    int quote = -1;
    for (int i = from; i < line.length(); i++) {
      char c = line.charAt(i);
      if (quote >= 0) {
        if (c == '\\' && i + 1 < line.length()) {
          word.append(line.charAt(++i));
        } else if (c == '"') {
          add(words, word, start);
          start = -1;
          quote = -1;
        } else {
          word.append(c);
        }
      } else if (c == '"') {
        quote = i;
        start = start < 0 ? i + 1 : start;
      } else if (c == ' ' || c == '\t' || c == '\r') {
        if (start >= 0) {
          add(words, word, start);
          start = -1;
        }
      } else {
        start = start < 0 ? i : start;
        word.append(c);
      }
    }
    if (quote >= 0) {
      throw new ArgumentException(quote, 1, "quote is not closed", "expected a second \" in this line", false);
    }
    if (start >= 0) {
      add(words, word, start);
    }
    return words;
  }

  private static void add(List<Argument> words, StringBuilder word, int start) {
    Argument argument = new Argument(word.toString(), start);
    word.setLength(0);
    if (isTooLong(argument.text())) {
      throw argument.error("argument too long", "at most " + MAX_ARGUMENT_BYTES + " bytes");
    }
    if (words.size() == MAX_ARGUMENTS) {
      throw argument.error("too many arguments", "at most " + MAX_ARGUMENTS + " in one line");
    }
    words.add(argument);
  }

  private static boolean isTooLong(String text) {
    return text.length() > MAX_ARGUMENT_BYTES / MAX_CHARACTER_BYTES
        && (text.length() > MAX_ARGUMENT_BYTES || TextBytes.encode(text).length > MAX_ARGUMENT_BYTES);
  }
}
