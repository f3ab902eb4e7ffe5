package io.sluice.ruleset;

/** Where a rule was written: file name as given, line from 1; with line 0 the name says why there is no such place. */
public record SourceLocation(String file, int line) {
  @Override
  public String toString() {
    return line == 0 ? file : file + ":" + line;
  }
}
