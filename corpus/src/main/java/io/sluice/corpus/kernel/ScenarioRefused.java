package io.sluice.corpus.kernel;

/** The kernel or one of its tools refused to set a scenario up; the message is theirs. */
public final class ScenarioRefused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ScenarioRefused(String message) {
    super(message);
  }
}
