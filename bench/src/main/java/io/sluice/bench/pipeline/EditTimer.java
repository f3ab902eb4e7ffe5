package io.sluice.bench.pipeline;

import io.sluice.compile.chain.CompiledHost;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.RuleSet;
import java.util.Locale;

/**
 * What edits of a compiled host take, with the next packet.
 *
 * @param packet that comes in by {@code device}, to a simulator that is made anew
 */
record EditTimer(String device, byte[] packet) {
  Outcome answer(CompiledHost program) {
    return Simulator.builder(program.host()).compiled(program).build().receive(device, packet);
  }

  /** The host with other rules of one family; prints what it took, in a JSON object. */
  CompiledHost edit(CompiledHost program, String what, RuleSet edited) {
    long begin = System.nanoTime();
    CompiledHost after = program.with(edited);
    long compiled = System.nanoTime();
    Outcome outcome = answer(after);
    long end = System.nanoTime();
    System.out.printf(Locale.ROOT, "{\"edit\":\"%s\",\"compileMs\":%.1f,\"firstPacketMs\":%.1f,\"fate\":\"%s\"}%n", what,
        (compiled - begin) / 1e6, (end - compiled) / 1e6, outcome.fate());
    return after;
  }
}
