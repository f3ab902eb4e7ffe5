package io.sluice.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Other spellings of a line of iptables-restore: blanks, quotes, and {@code !} where nobody expects it. */
final class LineSpelling {
  /** Between words, where no quote is open. */
  private static final String WORDS = " +(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)";

  private final Random random;

  LineSpelling(Random random) {
    this.random = random;
  }

  static List<String> words(String line) {
    return Arrays.asList(line.strip().split(WORDS));
  }

  /** The line with one to three of its words, or blanks between them, written otherwise. */
  String respelled(String line) {
    List<String> out = new ArrayList<>();
    for (String word : words(line)) {
      out.add(word);
      out.add(" ");
    }
    out.remove(out.size() - 1);
    for (int n = 1 + random.nextInt(3); n > 0; n--) {
      int at = random.nextInt(out.size());
      String text = out.get(at);
      out.set(at, text.isBlank() ? pick("\t", "  ", " \t ", "   ", " ! ", " \"\" ", "", " '") : word(text));
    }
    return String.join("", out) + (random.nextInt(6) == 0 ? pick(" ", "\t", "  ") : "");
  }

  private String word(String text) {
    int middle = random.nextInt(text.length() + 1);
    return switch (random.nextInt(8)) {
      case 0, 1, 2 -> text.contains("\"") ? text : "\"" + text + "\"";
      case 3 -> text.substring(0, middle) + "\"" + text.substring(middle) + "\"";
      case 4 -> "\"" + text.substring(0, middle) + "\"" + text.substring(middle);
      case 5 -> "'" + text + "'";
      case 6 -> text.contains("\"") ? text : "\"" + text.substring(0, middle) + "\\" + text.substring(middle) + "\"";
      default -> text + pick("\"\"", "\\", "\\ ", "#", ";");
    };
  }

  private String pick(String... from) {
    return from[random.nextInt(from.length)];
  }
}
