package io.sluice.netfilter;

/** Where in a hook the parts of netfilter stand, lowest first: enum nf_ip_hook_priorities. */
public final class Priority {
  public static final int CONNTRACK_DEFRAG = -400;
  public static final int RAW = -300;
  public static final int CONNTRACK = -200;
  public static final int MANGLE = -150;
  public static final int NAT_DST = -100;
  public static final int FILTER = 0;
  public static final int SECURITY = 50;
  public static final int NAT_SRC = 100;
  public static final int CONNTRACK_HELPER = 300;
  public static final int CONNTRACK_CONFIRM = Integer.MAX_VALUE;

  private Priority() {}
}
