package io.sluice.ruleset;

/** Where a rule was written: file name as given, line from 1. */
public record SourceLocation(String file, int line) {
  @Override
  public String toString() {
    return file + ":" + line;
  }
}
