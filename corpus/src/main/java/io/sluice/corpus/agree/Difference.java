package io.sluice.corpus.agree;

/**
 * Something that the kernel and Sluice say differently.
 *
 * @param step the step's number from 0, or -1 for what is left at the end
 * @param what which thing, in a word or two
 * @param kernel what the kernel says
 * @param sluice what Sluice says
 */
public record Difference(int step, String what, String kernel, String sluice) {
  @Override
  public String toString() {
    return (step < 0 ? "at the end" : "step " + step) + ": " + what + "\n  kernel: " + kernel + "\n  sluice: " + sluice;
  }
}
