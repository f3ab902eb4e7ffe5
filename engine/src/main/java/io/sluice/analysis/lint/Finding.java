package io.sluice.analysis.lint;

import java.util.List;

/**
 * Something that is proven.
 *
 * @param message one sentence
 * @param because the rules that make it so: those that cover a shadowed rule, those that let a packet through
 */
public record Finding(Code code, Severity severity, Subject subject, String message, List<Subject> because) {
  public Finding {
    because = List.copyOf(because);
  }
}
