package io.sluice.ruleset;

/** Writes a rule as {@code iptables-save} does: words with one space between them. */
public final class RuleWriter {
  private final StringBuilder out = new StringBuilder();

  /** One word, as it is. */
  public RuleWriter word(String word) {
    if (out.length() > 0) {
      out.append(' ');
    }
    out.append(word);
    return this;
  }

  /** A match: {@code -m name}, and its options. */
  public RuleWriter match(Match match) {
    word("-m").word(match.name());
    match.print(this);
    return this;
  }

  /** {@code [! ]--name}. */
  public RuleWriter option(boolean inverted, String name) {
    return (inverted ? word("!") : this).word(name);
  }

  /** {@code [! ]--name value}. */
  public RuleWriter option(boolean inverted, String name, Object value) {
    return option(inverted, name).word(value.toString());
  }

  /** {@code --name value}. */
  public RuleWriter option(String name, Object value) {
    return option(false, name, value);
  }

  /** A word in quotes where xtables_save_string() puts them: when it is empty or has a character that needs them. */
  public RuleWriter quoted(String text) {
    boolean plain = !text.isEmpty();
    StringBuilder escaped = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      plain &= c < 128 && (Character.isLetterOrDigit(c) || c == '_' || c == '-');
      if (c == '"' || c == '\\' || c == '\'') {
        escaped.append('\\');
      }
      escaped.append(c);
    }
    return word(plain ? text : "\"" + escaped + "\"");
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
