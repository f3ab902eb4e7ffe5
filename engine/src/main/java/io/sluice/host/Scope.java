package io.sluice.host;

/** How far an address or route reaches, nearer is more: RT_SCOPE_ of include/uapi/linux/rtnetlink.h. */
public final class Scope {
  public static final int GLOBAL = 0;
  public static final int SITE = 200;
  public static final int LINK = 253;
  public static final int HOST = 254;
  public static final int NOWHERE = 255;

  private Scope() {}
}
