package io.sluice.analysis.space;

import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * When work is not to go on, half a second is left, so that what was found is told well where that takes little. It is not measured,
 * but counted by what is done, so that the same is told where the same was found.
 */
public final class Grace {
  private static final int MILLISECONDS = 500;

  private final BooleanSupplier goOn;
  private int left = MILLISECONDS;

  public Grace(BooleanSupplier goOn) {
    this.goOn = goOn;
  }

  /** Asked before work that takes about so many milliseconds: whether to do it. */
  public BooleanSupplier before(int milliseconds) {
    return () -> goOn.getAsBoolean() || (left -= milliseconds) >= 0;
  }

  /** What comes of the work; empty where that is not done, or interrupted. */
  public <T> Optional<T> told(Supplier<T> work) {
    try {
      return left < 0 ? Optional.empty() : Optional.of(work.get());
    } catch (Interrupted e) {
      return Optional.empty();
    }
  }
}
