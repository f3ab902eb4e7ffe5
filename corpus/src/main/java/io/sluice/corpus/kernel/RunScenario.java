package io.sluice.corpus.kernel;

import io.sluice.corpus.scenario.Finals;
import io.sluice.corpus.scenario.Scenario;
import io.sluice.corpus.scenario.ScenarioFile;
import io.sluice.corpus.scenario.Step;
import io.sluice.packet.PacketText;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Asks the running kernel what it does with a scenario's packets. */
@Command(name = "run-scenario", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Runs a scenario on the kernel (as root) and prints what became of each packet, then the counters, "
        + "connections and sets. The format of the file is that of ScenarioFile.")
public final class RunScenario implements Runnable {
  @Parameters(paramLabel = "FILE", description = "the scenario")
  private Path file;

  @Option(names = "--nft", description = "load the rules with iptables-nft-restore whatever the file says")
  private boolean nft;

  @Option(names = "--hex", description = "also print packets as hexadecimal")
  private boolean hex;

  @Option(names = "--dumps", description = "also print what ip addr, ip route and so on say")
  private boolean dumps;

  @Option(names = "--record", description = "print nothing, but write what was seen beside the scenario, as NAME.recorded")
  private boolean record;

  /** Runs from the command line. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new RunScenario()).setExecutionExceptionHandler(new ScenarioErrors()).execute(args));
  }

  @Override
  public void run() {
    Scenario scenario;
    try {
      scenario = ScenarioFile.read(file);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    if (nft) {
      scenario = scenario.withBackend(Scenario.Backend.NFT);
    }
    try (KernelSubject kernel = new KernelSubject(scenario)) {
      if (record) {
        kernel.record().write(file);
        return;
      }
      if (dumps) {
        kernel.dumps().forEach((name, text) -> System.out.print("[" + name + "]\n" + text));
      }
      int n = 0;
      for (Step step : scenario.steps()) {
        System.out.println("#" + n++ + " " + describe(step));
        var seen = kernel.apply(step);
        System.out.println("  " + seen.describe());
        if (hex) {
          seen.packets().forEach(p -> System.out.println("    hex " + java.util.HexFormat.of().formatHex(p)));
          seen.emitted().forEach(e -> System.out.println("    emitted hex "
              + java.util.HexFormat.of().formatHex(e.packet())));
        }
      }
      Finals finals = kernel.finals();
      section("iptables-save -c", finals.counters4());
      section("ip6tables-save -c", finals.counters6());
      section("conntrack -L", finals.conntrack());
      section("ipset save", finals.sets());
    }
  }

  private static String describe(Step step) {
    if (step instanceof Step.In in) {
      return "in " + in.device() + " " + PacketText.describe(in.bytes());
    }
    if (step instanceof Step.Acking acking) {
      return "acking " + acking.device() + " " + PacketText.describe(acking.bytes());
    }
    return step instanceof Step.Local local ? "local " + PacketText.describe(local.bytes()) : step.text();
  }

  private static void section(String title, List<String> lines) {
    if (!lines.isEmpty()) {
      System.out.println("== " + title);
      lines.forEach(System.out::println);
    }
  }
}
