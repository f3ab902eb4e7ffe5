package io.sluice.host;

import io.sluice.netfilter.Family;

/**
 * The knobs of one interface that routing asks for, combined with those of {@code conf.all} as the kernel combines them.
 *
 * <p>A knob that the dump lacks has the value of {@code conf.default}, else the kernel's default. Kernel: struct
 * ipv4_devconf and the IN_DEV_ macros in include/linux/inetdevice.h, struct ipv6_devconf in include/linux/ipv6.h.
 */
final class DeviceConfig {
  /** {@code forwarding} of the interface alone: {@code ip_forward} has set it for all. */
  final boolean forwarding4;
  /** 0 off, 1 strict, 2 loose: the larger of the interface's and all's. */
  final int reversePathFilter;
  final boolean acceptLocal;
  final boolean routeLocalnet;
  final boolean acceptSourceRoute;
  final boolean sendRedirects;
  final boolean sharedMedia;
  final boolean sourceValidMark;
  final boolean broadcastForwarding;
  final boolean ignoreLinkDown4;
  final boolean ignoreLinkDown6;
  final boolean disabled6;
  final boolean forwarding6;
  final boolean forceForwarding6;
  final boolean useOifAddressesOnly6;
  final boolean preferTemporary6;
  final boolean useOptimistic6;
  /** MTU for IPv6 packets. */
  final int mtu6;

  DeviceConfig(Sysctls sysctls, NetDevice device) {
    Reader v4 = new Reader(sysctls, Family.IPV4, device);
    boolean hostForwards = sysctls.flag("net.ipv4.ip_forward", v4.all("forwarding", v4.absent("forwarding", 0)) != 0);
    forwarding4 = v4.own("forwarding", hostForwards ? 1 : 0) != 0;
    reversePathFilter = (int) Math.max(v4.all("rp_filter", 0), v4.interfaceValue("rp_filter", 0));
    acceptLocal = v4.either("accept_local", 0);
    routeLocalnet = v4.either("route_localnet", 0);
    acceptSourceRoute = v4.all("accept_source_route", 0) != 0 && v4.interfaceValue("accept_source_route", 1) != 0;
    sendRedirects = v4.either("send_redirects", 1);
    sharedMedia = v4.either("shared_media", 1);
    sourceValidMark = v4.either("src_valid_mark", 0);
    broadcastForwarding = v4.all("bc_forwarding", 0) != 0 && v4.interfaceValue("bc_forwarding", 0) != 0;
    ignoreLinkDown4 = v4.interfaceValue("ignore_routes_with_linkdown", 0) != 0;

    Reader v6 = new Reader(sysctls, Family.IPV6, device);
    ignoreLinkDown6 = v6.interfaceValue("ignore_routes_with_linkdown", 0) != 0;
    disabled6 = v6.own("disable_ipv6", v6.all("disable_ipv6", v6.absent("disable_ipv6", 0))) != 0;
    forwarding6 = v6.own("forwarding", v6.all("forwarding", v6.absent("forwarding", 0))) != 0;
    forceForwarding6 = v6.interfaceValue("force_forwarding", 0) != 0;
    useOifAddressesOnly6 = v6.interfaceValue("use_oif_addrs_only", 0) != 0;
    preferTemporary6 = v6.interfaceValue("use_tempaddr", 0) >= 2;
    useOptimistic6 = v6.either("use_optimistic", 0);
    mtu6 = (int) v6.own("mtu", device.mtu());
  }

  private record Reader(Sysctls sysctls, Family family, NetDevice device) {
    private String name(String part, String knob) {
      return "net.ipv" + family.version() + ".conf." + part + "." + knob;
    }

    /** The interface's own value; {@code sysctl} writes a dot in its name as a slash. */
    long own(String knob, long otherwise) {
      return sysctls.number(name(device.name().replace('.', '/'), knob), otherwise);
    }

    long absent(String knob, long kernelDefault) {
      return sysctls.number(name("default", knob), kernelDefault);
    }

    long interfaceValue(String knob, long kernelDefault) {
      return own(knob, absent(knob, kernelDefault));
    }

    long all(String knob, long kernelDefault) {
      return sysctls.number(name("all", knob), kernelDefault);
    }

    boolean either(String knob, long kernelDefault) {
      return all(knob, kernelDefault) != 0 || interfaceValue(knob, kernelDefault) != 0;
    }
  }
}
