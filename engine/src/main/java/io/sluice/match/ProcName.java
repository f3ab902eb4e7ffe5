package io.sluice.match;

import io.sluice.extension.Argument;

/** Names of files below /proc, as which the kernel shows what rules share. Kernel: xt_check_proc_name() in net/netfilter/x_tables.c. */
final class ProcName {
  private ProcName() {}

  /**
   * @param what is named so
   * @param most characters
   */
  static String of(Argument name, String what, int most) {
    String text = name.text();
    if (text.isEmpty() || text.length() > most || text.indexOf('/') >= 0 || text.equals(".") || text.equals("..")) {
      throw name.error("bad " + what + " name: " + text, "expected 1 to " + most + " characters, none of them /, and neither . nor ..");
    }
    return text;
  }
}
