package io.sluice.bench.pipeline;

import io.sluice.compile.chain.CompiledHost;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.RuleSet;
import java.util.Locale;
import java.util.function.IntFunction;

/**
 * What edits of a compiled host take, with the next packet, and the slowest of those that follow, which are walked until what the edit
 * has left to be compiled is.
 *
 * @param packets first ones of connections by their number, that come in by {@code device}, to a simulator that is made anew
 */
record EditTimer(String device, IntFunction<byte[]> packets) {
  private static final int FOLLOWING = 3_000;

  Outcome answer(CompiledHost program) {
    return simulator(program).receive(device, packets.apply(0));
  }

  private static Simulator simulator(CompiledHost program) {
    return Simulator.builder(program.host()).compiled(program).build();
  }

  /** The host with other rules of one family; prints what it took, in a JSON object. */
  CompiledHost edit(CompiledHost program, String what, RuleSet edited) {
    byte[] first = packets.apply(0);
    long begin = System.nanoTime();
    CompiledHost after = program.with(edited);
    long compiled = System.nanoTime();
    Simulator simulator = simulator(after);
    Outcome outcome = simulator.receive(device, first);
    long end = System.nanoTime();
    System.out.printf(Locale.ROOT,
        "{\"edit\":\"%s\",\"compileMs\":%.1f,\"firstPacketMs\":%.1f,\"fate\":\"%s\",\"slowestPacketMs\":%.1f}%n", what,
        (compiled - begin) / 1e6, (end - compiled) / 1e6, outcome.fate(), slowest(simulator) / 1e6);
    return after;
  }

  /** How many nanoseconds the slowest of the packets that follow takes. */
  private long slowest(Simulator simulator) {
    long most = 0;
    for (int i = 1; i <= FOLLOWING; i++) {
      byte[] packet = packets.apply(i);
      long begin = System.nanoTime();
      simulator.receive(device, packet);
      most = Math.max(most, System.nanoTime() - begin);
    }
    return most;
  }
}
