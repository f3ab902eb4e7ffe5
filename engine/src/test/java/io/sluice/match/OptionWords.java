package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.ArgumentException;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.ruleset.Match;
import java.util.ArrayList;
import java.util.List;

/** Reads the options of one match as the rule reader does, without a rule around them. */
final class OptionWords {
  private OptionWords() {}

  static Match parse(CaseFile.Case c) {
    MatchExtension extension = extension(c);
    Argument place = new Argument(c.match(), 0);
    if (!extension.tables().isEmpty() && !extension.tables().contains(c.table())) {
      throw place.error("not in table " + c.table(), "expected one of " + new java.util.TreeSet<>(extension.tables()));
    }
    if (!extension.protocols().isEmpty() && (!extension.protocols().contains(c.protocol()) || c.protocolInverted())) {
      throw place.error("wrong protocol", "expected -p with one of " + new java.util.TreeSet<>(extension.protocols()));
    }
    Options options = new Options(c.family(), c.table(), c.protocol(), c.protocolInverted(), place);
    List<Argument> words = words(c.rule());
    for (int i = 0; i < words.size(); i++) {
      boolean inverted = words.get(i).text().equals("!");
      if (inverted) {
        i++;
      }
      Argument name = words.get(i);
      OptionSpec spec = extension.options().stream().filter(o -> o.isCalled(name.text())).findFirst()
          .orElseThrow(() -> name.error("unknown option " + name.text(), ""));
      if (inverted && !spec.invertible()) {
        throw name.error("cannot be inverted", "");
      }
      if (!spec.repeatable() && options.has(spec.name())) {
        throw name.error("given twice", "");
      }
      List<Argument> arguments = new ArrayList<>();
      if (spec.arguments() == OptionSpec.OPTIONAL && i + 1 < words.size() && !words.get(i + 1).text().matches("[-!].*")) {
        arguments.add(words.get(++i));
      }
      for (int k = 0; k < spec.arguments(); k++) {
        if (++i == words.size()) {
          throw name.error("argument missing", "");
        }
        arguments.add(words.get(i));
      }
      options.add(new Options.Use(spec, inverted, arguments, name, new Options.Protocol(c.protocol(), c.protocolInverted())));
    }
    return extension.parse(options);
  }

  static MatchExtension extension(CaseFile.Case c) {
    return Matches.all().stream().filter(e -> e.name().equals(c.match()) && e.families().contains(c.family()))
        .findFirst().orElseThrow(() -> new ArgumentException(0, 1, "no such match: " + c.match(), "", false));
  }

  /** Splits at spaces; double quotes hold words together, a backslash in them keeps the next character. */
  static List<Argument> words(String text) {
    List<Argument> words = new ArrayList<>();
    int i = 0;
    while (i < text.length()) {
      if (text.charAt(i) == ' ') {
        i++;
        continue;
      }
      int start = i;
      StringBuilder word = new StringBuilder();
      if (text.charAt(i) == '"') {
        for (i++; text.charAt(i) != '"'; i++) {
          if (text.charAt(i) == '\\') {
            i++;
          }
          word.append(text.charAt(i));
        }
        i++;
      } else {
        while (i < text.length() && text.charAt(i) != ' ') {
          word.append(text.charAt(i++));
        }
      }
      words.add(new Argument(word.toString(), start));
    }
    return words;
  }

  /** Splits a listing at spaces, keeping the places of words. */
  static List<Argument> listing(String text) {
    List<Argument> words = new ArrayList<>();
    int start = 0;
    for (int i = 0; i <= text.length(); i++) {
      if (i == text.length() || text.charAt(i) == ' ') {
        if (i > start) {
          words.add(new Argument(text.substring(start, i), start));
        }
        start = i + 1;
      }
    }
    return words;
  }
}
