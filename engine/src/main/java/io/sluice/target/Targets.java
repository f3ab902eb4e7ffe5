package io.sluice.target;

import io.sluice.extension.TargetExtension;
import java.util.List;

/** The target extensions that Sluice knows. */
public final class Targets {
  private static final List<TargetExtension> ALL = List.of(
      ClassifyTarget.EXTENSION, ConnmarkTarget.EXTENSION, DnatTarget.EXTENSION, DscpTarget.EXTENSION,
      MarkTarget.EXTENSION, MasqueradeTarget.EXTENSION, NetmapTarget.EXTENSION, RedirectTarget.EXTENSION,
      SnatTarget.EXTENSION, TosTarget.EXTENSION, TtlTarget.EXTENSION_V4, TtlTarget.EXTENSION_V6);

  private Targets() {}

  /** All of them, in no particular order; a name may stand more than once, for different families. */
  public static List<TargetExtension> all() {
    return ALL;
  }
}
