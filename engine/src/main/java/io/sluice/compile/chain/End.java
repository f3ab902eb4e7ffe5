package io.sluice.compile.chain;

/**
 * Where packets of connections go that all chains have let pass, as whoever moves packets between chains has noted it. What
 * it is made of is fixed.
 */
public interface End {
  /** Equal for ends that are the same. */
  int hash();

  /** An end that is not made yet, since it may be known. */
  interface Draft {
    /** That of {@link #make}'s. */
    int hash();

    boolean isOf(End known);

    End make();
  }
}
