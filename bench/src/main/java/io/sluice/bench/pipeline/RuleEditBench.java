package io.sluice.bench.pipeline;

import io.sluice.bench.Usage;
import io.sluice.compile.chain.CompileOptions;
import io.sluice.compile.chain.CompiledHost;
import io.sluice.netfilter.Family;
import io.sluice.packet.PacketBuilder;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.RuleSet;
import io.sluice.ruleset.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How long after the change of one rule the next packet is answered: {@code java -XX:+UseZGC -Xmx3g -cp
 * bench/target/bench.jar io.sluice.bench.pipeline.RuleEditBench RULES}. Prints one JSON object an edit, in milliseconds; the
 * rules are in one chain. With a collector that stops the threads, such as {@code -XX:+UseParallelGC}, edits take half as
 * long, but the one in which it copies what reading and compiling have left behind takes 130 ms.
 *
 * <p>The host answers a packet before it is edited, since a JVM's first packet waits for some hundred classes to be loaded: the
 * first line tells how long.
 */
public final class RuleEditBench {
  private static final Usage USAGE = new Usage("io.sluice.bench.pipeline.RuleEditBench [RULES]");
  private static final int EDITS = 30;

  private RuleEditBench() {}

  public static void main(String[] arguments) {
    USAGE.count(arguments, 0, 1);
    int rules = USAGE.number(arguments, 0, 100_000);
    long start = System.nanoTime();
    Host host = RouterHost.with(RouterHost.filter(rules, false));
    long read = System.nanoTime();
    CompiledHost program = CompiledHost.compile(host, CompileOptions.DEFAULT);
    long made = System.nanoTime();
    EditTimer timer = new EditTimer("lan",
        number -> PacketBuilder.from("10.0.0.2", "192.0.2.9").tcp(1024 + number, 80).flags("S").build());
    timer.answer(program);
    System.out.printf(Locale.ROOT, "{\"rules\":%d,\"readMs\":%.1f,\"compileMs\":%.1f,\"firstPacketMs\":%.1f}%n", rules,
        (read - start) / 1e6, (made - read) / 1e6, (System.nanoTime() - made) / 1e6);
    for (int i = 0; i < EDITS; i++) {
      RuleSet edited = edit(program.host().ipv4(), i);
      program = timer.edit(program, i % 3 == 0 ? "insert" : i % 3 == 1 ? "delete" : "replace", edited);
    }
  }

  /** Inserts, deletes or replaces a rule somewhere in FORWARD. */
  private static RuleSet edit(RuleSet rules, int number) {
    Table filter = rules.table("filter").orElseThrow();
    Chain forward = filter.chain("FORWARD").orElseThrow();
    List<Rule> list = new ArrayList<>(forward.rules());
    int at = (int) (number * 7_919L % (list.size() - 2));
    Rule other = list.get((at + 17) % (list.size() - 2));
    if (number % 3 == 0) {
      list.add(at, other);
    } else if (number % 3 == 1) {
      list.remove(at);
    } else {
      list.set(at, other);
    }
    List<Chain> chains = new ArrayList<>(filter.chains());
    chains.set(chains.indexOf(forward), new Chain("FORWARD", forward.base(), forward.counters(), list, forward.location()));
    List<Table> tables = new ArrayList<>(rules.tables());
    tables.set(tables.indexOf(filter), new Table("filter", chains));
    return new RuleSet(Family.IPV4, rules.backend(), tables);
  }
}
