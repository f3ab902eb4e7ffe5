package io.sluice.corpus.kernel;

import java.util.Arrays;
import java.util.List;

/**
 * How long the running kernel takes for packets that come in by one interface of a router and are dropped in FORWARD: what
 * the walk through its rules costs is the difference between two rule sets. A write to a TUN device runs the whole receive
 * path before it returns.
 */
public final class ForwardTime implements AutoCloseable {
  private static final int PASSES = 9;

  private final KernelNamespace namespace = new KernelNamespace();
  private final TunDevice in;

  /** A router between 10.0.0.0/8 on {@code lan} and 192.0.2.0/24 on {@code wan}, without rules. */
  public ForwardTime() {
    in = device("lan", "10.0.0.1/8");
    device("wan", "192.0.2.1/24");
    namespace.sysctl("net.ipv4.ip_forward", "1");
    namespace.sysctl("net.ipv4.conf.all.rp_filter", "0");
    namespace.sysctl("net.ipv4.conf.lan.rp_filter", "0");
  }

  private TunDevice device(String name, String address) {
    TunDevice device = namespace.run(() -> TunDevice.create(name, false));
    namespace.require("", "ip", "link", "set", name, "up");
    namespace.require("", "ip", "addr", "add", address, "dev", name);
    return device;
  }

  /** Loads rules as {@code iptables-save} prints them, with the legacy back end: a linear list in the kernel. */
  public void load(String rules) {
    namespace.require(rules, "iptables-legacy-restore");
  }

  /** Nanoseconds a packet, system call included: the median of {@value #PASSES} passes of about {@code passNanos}. */
  public double nanos(List<byte[]> packets, long passNanos) {
    return namespace.run(() -> {
      double[] passes = new double[PASSES];
      for (int pass = -1; pass < PASSES; pass++) {
        long start = System.nanoTime();
        long sent = 0;
        while (System.nanoTime() - start < passNanos) {
          for (byte[] packet : packets) {
            in.receive(packet);
          }
          sent += packets.size();
        }
        if (pass >= 0) {
          passes[pass] = (System.nanoTime() - start) / (double) sent;
        }
      }
      Arrays.sort(passes);
      return passes[PASSES / 2];
    });
  }

  @Override
  public void close() {
    in.close();
    namespace.close();
  }
}
