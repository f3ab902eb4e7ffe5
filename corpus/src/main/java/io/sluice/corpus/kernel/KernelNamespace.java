package io.sluice.corpus.kernel;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A fresh network namespace: one thread lives in it, and what that thread does (sockets, devices, programs started)
 * happens there. It ends with the thread.
 */
public final class KernelNamespace implements AutoCloseable {

  /** What a program printed. */
  public record Output(int exitCode, String out, String err) {}

  private final ExecutorService thread;
  private final Path lockFile;

  /** Makes the namespace; needs CAP_SYS_ADMIN. */
  public KernelNamespace() {
    thread = Executors.newSingleThreadExecutor(r -> {
      Thread t = new Thread(r, "netns");
      t.setDaemon(true);
      return t;
    });
    try {
      lockFile = Files.createTempFile("sluice-xtables", ".lock");
      lockFile.toFile().deleteOnExit();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    run(() -> LibC.unshare(LibC.CLONE_NEWNET));
  }

  /** Does something on the namespace's thread. */
  public <T> T run(Callable<T> work) {
    try {
      return thread.submit(work).get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException runtime) {
        throw runtime;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** A thread for each end of a pipe: on two cores the common pool may have one thread for both, and wait for ever. */
  private static final Executor PIPES = work -> {
    Thread pipe = new Thread(work, "pipe");
    pipe.setDaemon(true);
    pipe.start();
  };

  /** Runs a program in the namespace, giving it {@code input}, and waits for it. */
  public Output exec(String input, List<String> command) {
    return run(() -> {
      ProcessBuilder builder = new ProcessBuilder(command);
      // iptables-legacy locks one file for all namespaces; ours need not wait for anybody else's.
      builder.environment().put("XTABLES_LOCKFILE", lockFile.toString());
      builder.environment().put("LC_ALL", "C");
      Process process = builder.start();
      CompletableFuture<String> err = CompletableFuture.supplyAsync(() -> text(process.getErrorStream()), PIPES);
      CompletableFuture<Void> in = CompletableFuture.runAsync(() -> {
        try (OutputStream stdin = process.getOutputStream()) {
          stdin.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
          // The program ended without reading all of its input: its exit code and message say why.
        }
      }, PIPES);
      String out = text(process.getInputStream());
      in.join();
      return new Output(process.waitFor(), out, err.join());
    });
  }

  private static String text(java.io.InputStream in) {
    try {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Runs a program that must succeed and returns what it printed. */
  public String require(String input, String... command) {
    Output output = exec(input, List.of(command));
    if (output.exitCode() != 0) {
      throw new ScenarioRefused(String.join(" ", command) + ": exit code " + output.exitCode() + ": "
          + output.err().strip());
    }
    return output.out();
  }

  /** Writes a knob by its dotted name; one whose interface has dots in its name is written with slashes. */
  public void sysctl(String name, String value) {
    Path file = Path.of("/proc/sys", name.indexOf('/') >= 0 ? name : name.replace('.', '/'));
    run(() -> {
      try {
        return Files.writeString(file, value);
      } catch (IOException e) {
        throw new ScenarioRefused("sysctl " + name + " = " + value + ": " + e);
      }
    });
  }

  /** Whether the knob exists here. */
  public boolean hasSysctl(String name) {
    return run(() -> Files.exists(Path.of("/proc/sys", name.replace('.', '/'))));
  }

  @Override
  public void close() {
    thread.shutdown();
    try {
      Files.deleteIfExists(lockFile);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
