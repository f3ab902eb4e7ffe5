package io.sluice.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.RuleSet;
import io.sluice.ruleset.Table;
import io.sluice.text.ListingFormat;
import io.sluice.text.RuleSetWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sluice show}: the rule set, printed as the kernel's tools print it. */
@Command(
    name = "show",
    mixinStandardHelpOptions = true,
    description = "Prints the host's rules, after --apply if given.",
    footer = {"", "Exit code 0, 2 for a wrong command line, 3 for bad input."})
final class ShowCommand implements Callable<Integer> {

  @Mixin
  private HostSource source;

  @Option(names = "--save", description = "As iptables-save -c does (default).")
  private boolean save;

  @Option(names = "--list", description = "As iptables -L -v -n -x does, every table.")
  private boolean list;

  @Option(names = "--ipv6", description = "The IPv6 rules; default is IPv4.")
  private boolean ipv6;

  @CommandLine.Spec
  private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    if (save && list) {
      throw new CommandLine.ParameterException(spec.commandLine(), "--save and --list exclude each other");
    }
    Host host;
    try (ProgressLine progress = source.progress()) {
      host = source.load();
      progress.done();
    }
    RuleSet rules = host.rules(ipv6 ? Family.IPV6 : Family.IPV4);
    PrintWriter out = spec.commandLine().getOut();
    if (source.json()) {
      json(out, rules);
    } else if (list) {
      for (Table table : rules.tables()) {
        out.println("Table: " + table.name());
        out.println();
        out.print(ListingFormat.numeric().verbose().exact().backend(rules.backend()).list(table));
        out.println();
      }
    } else {
      out.print(RuleSetWriter.plain().withCounters().save(rules));
    }
    out.flush();
    return ExitCodes.FINE;
  }

  private static void json(PrintWriter out, RuleSet rules) throws IOException {
    try (JsonGenerator json = Json.lines(out)) {
      json.writeStartObject();
      json.writeStringField("family", rules.family() == Family.IPV4 ? "ipv4" : "ipv6");
      json.writeArrayFieldStart("tables");
      for (Table table : rules.tables()) {
        json.writeStartObject();
        json.writeStringField("name", table.name());
        json.writeArrayFieldStart("chains");
        for (Chain chain : table.chains()) {
          chain(json, chain);
        }
        json.writeEndArray();
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    out.println();
  }

  private static void chain(JsonGenerator json, Chain chain) throws IOException {
    json.writeStartObject();
    json.writeStringField("name", chain.name());
    if (chain.base().isPresent()) {
      json.writeStringField("hook", chain.base().get().hook().name());
      json.writeStringField("policy", chain.base().get().policy().name());
      json.writeNumberField("packets", chain.counters().packets());
      json.writeNumberField("bytes", chain.counters().bytes());
    }
    json.writeArrayFieldStart("rules");
    int number = 1;
    for (Rule rule : chain.rules()) {
      json.writeStartObject();
      json.writeNumberField("number", number++);
      json.writeStringField("rule", RuleSetWriter.rule(rule));
      json.writeNumberField("packets", rule.counters().packets());
      json.writeNumberField("bytes", rule.counters().bytes());
      json.writeStringField("file", rule.location().file());
      json.writeNumberField("line", rule.location().line());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }
}
