package io.sluice.bench.analysis;

import io.sluice.extension.UnknownPolicy;
import io.sluice.host.InterfaceAddress;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.host.Sysctls;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Host;
import io.sluice.text.ReadException;
import io.sluice.text.RuleSetReader;
import java.util.List;
import java.util.Map;

/** A router with two interfaces that has the rules. */
final class Router {
  private Router() {}

  static Host of(String save) throws ReadException {
    Network network = Network.builder()
        .device(NetDevice.named(2, "eth0").withAddresses(List.of(InterfaceAddress.of("10.0.0.1/8"))))
        .device(NetDevice.named(3, "eth1").withAddresses(List.of(InterfaceAddress.of("192.0.2.1/24"))))
        .sysctls(Sysctls.of(Map.of("net.ipv4.ip_forward", "1"))).build();
    return Host.of(network).with(RuleSetReader.read(save, Family.IPV4, UnknownPolicy.FAIL));
  }
}
