package io.sluice.corpus.agree;

import io.sluice.corpus.kernel.ScenarioErrors;
import io.sluice.corpus.kernel.ScenarioRefused;
import io.sluice.corpus.scenario.Observation;
import io.sluice.corpus.scenario.Scenario;
import io.sluice.corpus.scenario.Scenario.Backend;
import io.sluice.corpus.scenario.ScenarioFile;
import io.sluice.corpus.scenario.Step;
import io.sluice.netfilter.Family;
import io.sluice.text.ReadException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
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
  private static final int REPEATS = 3;

  @Parameters(paramLabel = "FILE", description = "scenario files", arity = "0..*")
  private List<Path> files = List.of();

  @Option(names = "--seeds", paramLabel = "A..B", description = "generate scenarios from these seeds")
  private String seeds = "";

  @Option(names = "--host", paramLabel = "DIRECTORY",
      description = "a host's dumps: generate packets for its rules instead of scenarios; its interfaces become routed ones, "
          + "without Ethernet headers")
  private Path host;

  @Option(names = "--minutes", paramLabel = "M", description = "stop after so many minutes")
  private double minutes = Double.MAX_VALUE;

  @Option(names = "--packets", paramLabel = "N", description = "packets in a generated scenario (default ${DEFAULT-VALUE})")
  private int packets = 100;

  @Option(names = "--family", paramLabel = "4|6|both", description = "default ${DEFAULT-VALUE}: one scenario in five is IPv6")
  private String family = "both";

  @Option(names = "--backend", paramLabel = "legacy|nft|both",
      description = "default ${DEFAULT-VALUE}: half of the scenarios are loaded with iptables-nft")
  private String backend = "both";

  @Option(names = "--threads", paramLabel = "N", description = "so many scenarios at a time (default ${DEFAULT-VALUE})")
  private int threads = 1;

  @Option(names = "--keep", paramLabel = "DIR", description = "shrink what differs and write it there")
  private Path keep;

  @Option(names = "--summary", description = "print only the first difference of each scenario")
  private boolean summary;

  @Option(names = "--record", paramLabel = "FILE", description = "append the table to a Markdown file, with kernel and time")
  private Path record;

  @Option(names = "--note", paramLabel = "TEXT", description = "what else the record shall say, such as the commit")
  private String note = "";

  private final Map<String, AgreeTable> rows = new TreeMap<>();
  private int different;
  private volatile boolean failed;

  /** Runs from the command line. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new Agree()).setExecutionExceptionHandler(new ScenarioErrors()).execute(args));
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
      if (!Files.isReadable(file)) {
        throw new ParameterException(spec.commandLine(), "no such file, or it cannot be read: " + file);
      }
      Agreement a = Agreement.of(ScenarioFile.read(file));
      report(file.toString(), a, !a.agrees());
    }
    if (!seeds.isEmpty()) {
      generated();
      rows.forEach((name, row) -> System.out.println(row.line(name)));
      if (record != null) {
        write();
      }
    }
    return different == 0 && !failed ? 0 : 1;
  }

  /** Appends a section to a Markdown file. */
  private void write() throws IOException {
    StringBuilder out = new StringBuilder("\n## Linux ");
    out.append(Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip()).append(", ")
        .append(Instant.now().truncatedTo(ChronoUnit.MINUTES)).append("\n\n`agree --seeds ").append(seeds).append(" --packets ")
        .append(packets).append('`').append(note.isEmpty() ? "" : ", " + note).append("\n\n").append(AgreeTable.MARKDOWN_HEAD);
    rows.forEach((name, row) -> out.append(row.markdown(name)));
    Files.writeString(record, out.toString(), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private void generated() {
    String[] bounds = seeds.split("\\.\\.");
    AtomicLong next = new AtomicLong(Long.parseLong(bounds[0]));
    long last = Long.parseLong(bounds[bounds.length - 1]);
    long end = System.nanoTime() + (long) Math.min(minutes * 60e9, Long.MAX_VALUE / 2.0);
    try (ProgressBar bar = System.console() == null ? null
        : new ProgressBarBuilder().setTaskName("agree").setInitialMax(last - next.get() + 1).build()) {
      List<Thread> workers = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        Thread worker = new Thread(() -> {
          for (long seed = next.getAndIncrement(); seed <= last && System.nanoTime() < end; seed = next.getAndIncrement()) {
            one(seed);
            if (bar != null) {
              bar.step();
            }
          }
        }, "agree-" + i);
        worker.setUncaughtExceptionHandler((t, e) -> {
          e.printStackTrace();
          failed = true;
        });
        workers.add(worker);
        worker.start();
      }
      for (Thread worker : workers) {
        worker.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The family of a seed's scenario: one in five is IPv6. */
  static Family family(long seed) {
    return seed % 5 == 0 ? Family.IPV6 : Family.IPV4;
  }

  /** The back end of a seed's scenario: each has half of them. */
  static Backend backend(long seed) {
    return seed % 2 == 0 ? Backend.LEGACY : Backend.NFT;
  }

  private void one(long seed) {
    Family f = family.equals("both") ? family(seed) : family.equals("6") ? Family.IPV6 : Family.IPV4;
    Backend b = backend.equals("both") ? backend(seed) : backend.equals("nft") ? Backend.NFT : Backend.LEGACY;
    try {
      Agreement a = host == null ? generate(seed, f, b, packets) : onHost(seed, f, b);
      boolean lasting = !a.agrees() && isLasting(a.scenario());
      synchronized (rows) {
        row(f, b).add(a, lasting);
        if (!a.agrees()) {
          report(a.scenario().name() + (lasting ? "" : " (once, not when its packets were sent again)"), a, lasting);
          System.out.println("  again with: agree --seeds " + seed + (host == null ? "" : " --host " + host) + " --packets " + packets + " --family "
              + (f == Family.IPV4 ? 4 : 6) + " --backend " + b.name().toLowerCase(Locale.ROOT));
        }
      }
      if (lasting) {
        keep(a);
      }
    } catch (ScenarioRefused e) {
      synchronized (rows) {
        row(f, b).refuse();
        System.out.println("seed " + seed + " refused: " + e.getMessage());
      }
    }
  }

  private Agreement onHost(long seed, Family family, Backend backend) {
    try {
      HostScenario scenario = HostScenario.read(host, family, backend);
      return play(scenario.world(seed), scenario.host(), packets);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (ReadException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  private AgreeTable row(Family f, Backend b) {
    return rows.computeIfAbsent(f + " " + b, n -> new AgreeTable());
  }

  /**
   * Whether a scenario differs when its packets are sent again. The kernel runs in real time: a machine under load may stop
   * it between two packets, or within one.
   */
  static boolean isLasting(Scenario scenario) {
    for (int i = 0; i < REPEATS; i++) {
      if (!Agreement.of(scenario).agrees()) {
        return true;
      }
    }
    return false;
  }

  /** Runs one generated scenario. */
  static Agreement generate(long seed, Family family, Backend backend, int packets) {
    ScenarioGenerator generator = new ScenarioGenerator(seed, family, backend);
    return play(generator.world(), generator.host(), packets);
  }

  /** Runs generated packets on a host. */
  static Agreement play(World world, Scenario host, int packets) {
    Traffic traffic = new Traffic(world, host);
    int[] left = {packets};
    return Agreement.of(host, new Agreement.Source() {
      @Override
      public Optional<Step> next() {
        return left[0]-- > 0 ? Optional.of(traffic.next()) : Optional.empty();
      }

      @Override
      public void saw(Observation kernel, Set<String> rules) {
        traffic.saw(kernel, rules);
      }
    });
  }

  private void report(String name, Agreement a, boolean lasting) {
    System.out.println(name + ": " + (a.agrees() ? "agree" : a.differences().size() + " differences") + " (" + a.packets()
        + " packets)");
    a.differences().stream().limit(summary ? 1 : Long.MAX_VALUE).forEach(System.out::println);
    different += lasting ? 1 : 0;
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
