package io.sluice.corpus.agree;

import io.sluice.analysis.fuzz.KernelComparison;
import io.sluice.corpus.kernel.KernelAvailable;
import io.sluice.corpus.kernel.ScenarioRefused;
import io.sluice.corpus.scenario.Scenario.Backend;
import io.sluice.netfilter.Family;
import io.sluice.text.ReadException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/** What {@code sluice fuzz --kernel} compares with: as {@code agree --host} does, a scenario of packets after the other. */
public final class RunningKernel implements KernelComparison {
  private static final int PACKETS = 100;
  private static final int POLL_MILLIS = 50;

  @Override
  public String kernel() {
    return System.getProperty("os.name") + " " + System.getProperty("os.version");
  }

  @Override
  public String reasonNot() {
    return KernelAvailable.reasonNot().orElse("");
  }

  @Override
  public Result compare(Path host, long seed, long packets, BooleanSupplier stop, LongConsumer progress) throws IOException {
    List<Family> families = new ArrayList<>();
    for (Family family : Family.values()) {
      if (HostScenario.hasRules(host, family)) {
        families.add(family);
      }
    }
    List<String> differences = new ArrayList<>();
    long sent = 0;
    long hits = 0;
    boolean goesOn = !families.isEmpty();
    for (long draw = seed; sent < packets && goesOn; draw++) {
      for (Family family : families) {
        Backend backend = backend(host, family);
        long number = draw;
        Optional<Played> played = unlessStopped(stop, () -> play(host, family, backend, number));
        if (played.isEmpty()) {
          goesOn = false;
          break;
        }
        Agreement agreement = played.get().agreement();
        sent += agreement.packets();
        hits += agreement.hitPackets();
        if (played.get().lasting()) {
          String again = " (again with: agree --host " + host + " --seeds " + draw + " --packets " + PACKETS + " --family "
              + (family == Family.IPV4 ? 4 : 6) + " --backend " + backend.name().toLowerCase(Locale.ROOT) + ")";
          agreement.differences().forEach(difference -> differences.add(difference + again));
        }
        progress.accept(Math.min(sent, packets));
      }
    }
    return new Result(sent, hits, differences, families.isEmpty() || sent >= packets);
  }

  /**
   * What comes of the work, which others do; empty as soon as it is stopped: namespaces and what is in them end with the process.
   *
   * @throws IOException as the work does
   */
  private static <T> Optional<T> unlessStopped(BooleanSupplier stop, Callable<T> work) throws IOException {
    FutureTask<T> task = new FutureTask<>(work);
    Thread thread = new Thread(task, "kernel");
    thread.setDaemon(true);
    if (!stop.getAsBoolean()) {
      thread.start();
    }
    while (!stop.getAsBoolean()) {
      try {
        return Optional.of(task.get(POLL_MILLIS, TimeUnit.MILLISECONDS));
      } catch (TimeoutException e) {
        // not done yet
      } catch (ExecutionException e) {
        if (e.getCause() instanceof IOException read) {
          throw read;
        }
        throw e.getCause() instanceof RuntimeException mistake ? mistake : new IllegalStateException(e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return Optional.empty();
      }
    }
    return Optional.empty();
  }

  /** @param lasting whether it differs again when its packets are sent again */
  private record Played(Agreement agreement, boolean lasting) {}

  private static Played play(Path host, Family family, Backend backend, long draw) throws IOException {
    try {
      HostScenario scenario = HostScenario.read(host, family, backend);
      Agreement agreement = Agree.play(scenario.world(draw), scenario.host(), PACKETS);
      return new Played(agreement, !agreement.agrees() && Agree.isLasting(agreement.scenario()));
    } catch (ReadException e) {
      throw new IOException(e.getMessage(), e);
    } catch (ScenarioRefused e) {
      throw new IOException("the kernel refuses the host: " + e.getMessage(), e);
    }
  }

  /** The one that printed the dump, which says so in its first line. */
  private static Backend backend(Path host, Family family) throws IOException {
    Path dump = host.resolve(family == Family.IPV4 ? "iptables.save" : "ip6tables.save");
    try (var lines = Files.lines(dump)) {
      return lines.findFirst().filter(line -> line.contains("(nf_tables)")).isPresent() ? Backend.NFT : Backend.LEGACY;
    }
  }
}
