package io.sluice.corpus.analysis;

/** The hosts whose rules are judged on the kernel route between two networks. */
final class Router {
  /** Their interfaces, addresses and routes, as scenarios have them; more routes may follow. */
  static final String DEVICES = """
      [devices]
      eth0 10.0.0.1/24 2001:db8:1::1/64
      eth1 10.0.1.1/24 2001:db8:2::1/64
      [routes]
      default via 10.0.0.254
      -6 default via 2001:db8:1::fe
      """;

  private Router() {}
}
