package io.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sluice.analysis.fuzz.FuzzReport;
import io.sluice.analysis.fuzz.Fuzzer;
import io.sluice.analysis.fuzz.KernelComparison;
import io.sluice.analysis.lint.Linter;
import io.sluice.analysis.lint.Report;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.ruleset.Host;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FuzzTextTest {
  @Test
  void packetsThatWereNotSentAgreeWithNothing() {
    assertEquals(List.of("nothing was compared with the running kernel (Linux): stopped before its first packet"), kernel(0));
    assertEquals(List.of("the running kernel (Linux) and Sluice agree on 1 packets, of which 0 matched a rule (stopped early)"), kernel(1));
  }

  private static List<String> kernel(long packets) {
    Host host = Host.of(Network.builder().device(NetDevice.loopback()).build());
    FuzzReport report = Fuzzer.of(host).packets(1).run();
    Report lint = Linter.of(host).witnesses(false).run();
    StringWriter text = new StringWriter();
    new FuzzText(report, lint, "", Optional.of(new KernelComparison.Result(packets, 0, List.of(), false)), "Linux")
        .print(new PrintWriter(text, true));
    return text.toString().lines().filter(line -> line.contains("kernel")).toList();
  }
}
