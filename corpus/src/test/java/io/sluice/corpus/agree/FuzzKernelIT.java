package io.sluice.corpus.agree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.fuzz.KernelComparison;
import io.sluice.cli.Main;
import io.sluice.corpus.kernel.Kernel;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

/** {@code sluice fuzz --kernel} finds this module's comparison, and tells what came of it. */
class FuzzKernelIT {

  @Test
  void theKernelIsAskedFromTheCommandLine() {
    Kernel.needed();
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Main.run(new PrintWriter(out), new PrintWriter(err), "fuzz", "hosts/docker", "--packets", "500", "--kernel", "100");
    assertEquals(0, code, out.toString() + err);
    assertTrue(out.toString().matches("(?s).*the running kernel \\(Linux .*\\) and Sluice agree on 100 packets, of which \\d+"
        + " matched a rule\\n"), out.toString());
  }

  @Test
  void whatIfsAreNotForTheKernel() {
    KernelComparison found = ServiceLoader.load(KernelComparison.class).findFirst().orElseThrow();
    assertEquals(RunningKernel.class, found.getClass());
    StringWriter err = new StringWriter();
    int code = Main.run(new PrintWriter(new StringWriter()), new PrintWriter(err), "fuzz", "hosts/docker", "--apply",
        "iptables -F", "--kernel", "100");
    assertEquals(2, code, err.toString());
    assertTrue(err.toString().contains("--kernel takes a directory of dumps as it is"), err.toString());
  }
}
