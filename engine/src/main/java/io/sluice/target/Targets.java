package io.sluice.target;

import io.sluice.extension.TargetExtension;
import java.util.List;

/** The target extensions that Sluice knows. */
public final class Targets {
  private static final List<TargetExtension> ALL = List.of(
      AuditTarget.EXTENSION, ChecksumTarget.EXTENSION, ClassifyTarget.EXTENSION, ConnmarkTarget.EXTENSION,
      ConnsecmarkTarget.EXTENSION, CtTarget.EXTENSION, DnatTarget.EXTENSION, DscpTarget.EXTENSION,
      EcnTarget.EXTENSION, HmarkTarget.EXTENSION, IdletimerTarget.EXTENSION, LogTarget.EXTENSION, MarkTarget.EXTENSION,
      MasqueradeTarget.EXTENSION, NetmapTarget.EXTENSION, NflogTarget.EXTENSION, NfqueueTarget.EXTENSION,
      NotrackTarget.EXTENSION, RedirectTarget.EXTENSION, RejectTarget.EXTENSION, RateestTarget.EXTENSION, TeeTarget.EXTENSION, TproxyTarget.EXTENSION, NptTarget.SNPT,
      NptTarget.DNPT, SecmarkTarget.EXTENSION,
      SetTarget.EXTENSION, SnatTarget.EXTENSION, SynproxyTarget.EXTENSION, TcpmssTarget.EXTENSION, TcpoptstripTarget.EXTENSION,
      TosTarget.EXTENSION, TraceTarget.EXTENSION, TtlTarget.EXTENSION_V4, TtlTarget.EXTENSION_V6);

  private Targets() {}

  /** All of them, in no particular order; a name may stand more than once, for different families. */
  public static List<TargetExtension> all() {
    return ALL;
  }
}
