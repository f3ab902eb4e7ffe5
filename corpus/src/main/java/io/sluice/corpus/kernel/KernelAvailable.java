package io.sluice.corpus.kernel;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Whether this process can ask the kernel: it needs Linux, root, TUN devices, namespaces and the tools. */
public final class KernelAvailable {
  private static final List<String> TOOLS = List.of("ip", "nft", "ipset", "conntrack", "iptables-legacy-restore",
      "iptables-legacy-save", "iptables-nft-restore", "iptables-nft-save", "ip6tables-legacy-restore",
      "ip6tables-nft-restore");

  private KernelAvailable() {}

  /** Why the kernel cannot be asked here; empty when it can. */
  public static Optional<String> reasonNot() {
    if (!System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux")) {
      return Optional.of("this is not Linux");
    }
    if (!"root".equals(System.getProperty("user.name"))) {
      return Optional.of("not running as root");
    }
    if (!Files.exists(Path.of("/dev/net/tun"))) {
      return Optional.of("there is no /dev/net/tun");
    }
    for (String tool : TOOLS) {
      if (List.of("/usr/sbin/", "/sbin/", "/usr/bin/", "/bin/").stream().noneMatch(d -> Files.exists(Path.of(d + tool)))) {
        return Optional.of("the program " + tool + " is not installed");
      }
    }
    try (KernelNamespace namespace = new KernelNamespace()) {
      namespace.require("", "ip", "link", "set", "lo", "up");
      return Optional.empty();
    } catch (RuntimeException | LinkageError e) {
      return Optional.of("no network namespace can be made: " + e);
    }
  }
}
