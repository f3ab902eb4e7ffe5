package io.sluice.corpus.kernel;

import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;

/**
 * One packet seen at one place of one hook.
 *
 * @param at where in the hook
 * @param in index of the in-interface, 0 for none
 * @param out index of the out-interface, 0 for none
 * @param mark the packet's mark there
 * @param ctstate the word of {@code --ctstate}, only {@link Place#TRACKED}
 * @param packet the bytes from the IP header on
 */
record HookEvent(Place at, Hook hook, Family family, int in, int out, int mark, String ctstate, byte[] packet) {

  /** Where in a hook an observer stands. */
  enum Place {
    /** Before everything else. */
    ENTRY,
    /** Just behind connection tracking. */
    TRACKED,
    /** After everything else: the packet got through. */
    EXIT
  }
}
