package io.sluice.compile.chain;

/** Some slots of a program. */
interface SlotSet {
  /** The first of them from {@code slot} on, or {@code none}. */
  int firstFrom(int slot, int none);
}
