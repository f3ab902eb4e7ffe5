package io.sluice.corpus.agree;

import io.sluice.corpus.kernel.ScenarioRefused;
import io.sluice.corpus.scenario.Observation;
import io.sluice.corpus.scenario.Scenario;
import io.sluice.corpus.scenario.Scenario.Backend;
import io.sluice.corpus.scenario.ScenarioFile;
import io.sluice.corpus.scenario.Step;
import io.sluice.netfilter.Family;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Holds Sluice to the running kernel. */
@Command(name = "agree", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Sends the packets of scenarios, given or generated, through the running kernel (as root) and through "
        + "Sluice, and prints every difference. Exit code 0: none; 1: some; 2: usage.")
public final class Agree implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", description = "scenario files", arity = "0..*")
  private List<Path> files = List.of();

  @Option(names = "--seeds", paramLabel = "A..B", description = "generate scenarios from these seeds")
  private String seeds = "";

  @Option(names = "--minutes", paramLabel = "M", description = "stop after so many minutes")
  private double minutes = Double.MAX_VALUE;

  @Option(names = "--packets", paramLabel = "N", description = "packets in a generated scenario (default ${DEFAULT-VALUE})")
  private int packets = 100;

  @Option(names = "--family", paramLabel = "4|6|both", description = "default ${DEFAULT-VALUE}: one scenario in five is IPv6")
  private String family = "both";

  @Option(names = "--backend", paramLabel = "legacy|nft|both",
      description = "default ${DEFAULT-VALUE}: one scenario in four is loaded with iptables-nft")
  private String backend = "both";

  @Option(names = "--keep", paramLabel = "DIR", description = "shrink what differs and write it there")
  private Path keep;

  @Option(names = "--summary", description = "print only the first difference of each scenario")
  private boolean summary;

  @Option(names = "--record", paramLabel = "FILE", description = "append the table to a file, with kernel, tools and time")
  private Path record;

  @Option(names = "--note", paramLabel = "TEXT", description = "what else the record shall say, such as the commit")
  private String note = "";

  private final Map<String, AgreeTable> rows = new TreeMap<>();
  private int different;

  /** Runs from the command line. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new Agree()).execute(args));
  }

  @Spec
  private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (files.isEmpty() && seeds.isEmpty()) {
      throw new ParameterException(spec.commandLine(), "scenario files or --seeds must be given");
    }
    if (!seeds.isEmpty() && !seeds.matches("\\d{1,18}(\\.\\.\\d{1,18})?")) {
      throw new ParameterException(spec.commandLine(), "--seeds must be like 1..1000: " + seeds);
    }
    for (Path file : files) {
      report(file.toString(), Agreement.of(ScenarioFile.read(file)));
    }
    if (!seeds.isEmpty()) {
      generated();
      rows.forEach((name, row) -> System.out.println(row.line(name)));
      if (record != null) {
        write();
      }
    }
    return different == 0 ? 0 : 1;
  }

  private void write() throws IOException {
    StringBuilder out = new StringBuilder();
    out.append("Linux ").append(Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip()).append(", seeds ")
        .append(seeds).append(", ").append(Instant.now().truncatedTo(ChronoUnit.MINUTES));
    out.append(note.isEmpty() ? "\n" : ", " + note + "\n");
    rows.forEach((name, row) -> out.append("  ").append(row.line(name)).append('\n'));
    Files.writeString(record, out.toString(), StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  private void generated() {
    String[] bounds = seeds.split("\\.\\.");
    long first = Long.parseLong(bounds[0]);
    long last = Long.parseLong(bounds[bounds.length - 1]);
    long end = System.nanoTime() + (long) Math.min(minutes * 60e9, Long.MAX_VALUE / 2.0);
    try (ProgressBar bar = System.console() == null ? null
        : new ProgressBarBuilder().setTaskName("agree").setInitialMax(last - first + 1).build()) {
      for (long seed = first; seed <= last && System.nanoTime() < end; seed++) {
        one(seed);
        if (bar != null) {
          bar.step();
        }
      }
    }
  }

  private void one(long seed) {
    Family f = family.equals("both") ? seed % 5 == 0 ? Family.IPV6 : Family.IPV4
        : family.equals("6") ? Family.IPV6 : Family.IPV4;
    Backend b = backend.equals("both") ? seed % 4 == 3 ? Backend.NFT : Backend.LEGACY
        : backend.equals("nft") ? Backend.NFT : Backend.LEGACY;
    AgreeTable row = rows.computeIfAbsent(f + " " + b, n -> new AgreeTable());
    try {
      Agreement a = generate(seed, f, b, packets);
      row.add(a);
      if (!a.agrees()) {
        report(a.scenario().name(), a);
        keep(a);
      }
    } catch (ScenarioRefused e) {
      row.refuse();
      System.out.println("seed " + seed + " refused: " + e.getMessage());
    }
  }

  /** Runs one generated scenario. */
  static Agreement generate(long seed, Family family, Backend backend, int packets) {
    ScenarioGenerator generator = new ScenarioGenerator(seed, family, backend);
    Traffic traffic = new Traffic(generator.world(), generator.host().rules4() + generator.host().rules6());
    int[] left = {packets};
    return Agreement.of(generator.host(), new Agreement.Source() {
      @Override
      public Optional<Step> next() {
        return left[0]-- > 0 ? Optional.of(traffic.next()) : Optional.empty();
      }

      @Override
      public void saw(Observation kernel) {
        traffic.saw(kernel);
      }
    });
  }

  private void report(String name, Agreement a) {
    System.out.println(name + ": " + (a.agrees() ? "agree" : a.differences().size() + " differences") + " (" + a.packets()
        + " packets)");
    a.differences().stream().limit(summary ? 1 : Long.MAX_VALUE).forEach(System.out::println);
    different += a.agrees() ? 0 : 1;
  }

  private void keep(Agreement a) {
    if (keep == null) {
      return;
    }
    Scenario small = new Shrinker(Shrinker.sameKind(a.differences().get(0)), 150).shrink(a.scenario());
    Path file = keep.resolve(a.scenario().name() + ".scenario");
    try {
      Files.createDirectories(keep);
      Files.writeString(file, ScenarioFile.print(small));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    System.out.println("  shrunk to " + small.steps().size() + " packets; again with: agree " + file);
  }
}
