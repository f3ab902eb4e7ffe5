package io.sluice.cli;

/** A file or argument that cannot be taken; the message is ready to be shown. */
final class BadInputException extends Exception {
  private static final long serialVersionUID = 1L;

  BadInputException(String message) {
    super(message);
  }
}
