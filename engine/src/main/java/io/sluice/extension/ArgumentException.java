package io.sluice.extension;

/** An argument that cannot be taken: which, what was expected, and where; the reader adds file and line. */
public final class ArgumentException extends RuntimeException {
  private final int offset;
  private final int length;
  private final String expected;
  private final boolean unsupported;

  /**
   * @param offset where in the line, from 0
   * @param length how many characters are meant
   * @param message what is wrong
   * @param expected what was expected and the way out; may be empty
   * @param unsupported well formed, but not something that Sluice can evaluate
   */
  public ArgumentException(int offset, int length, String message, String expected, boolean unsupported) {
    super(message, null, false, false);
    this.offset = offset;
    this.length = length;
    this.expected = expected;
    this.unsupported = unsupported;
  }

  public int offset() {
    return offset;
  }

  public int length() {
    return length;
  }

  public String expected() {
    return expected;
  }

  public boolean unsupported() {
    return unsupported;
  }
}
