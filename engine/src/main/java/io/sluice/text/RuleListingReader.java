package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.extension.ArgumentException;
import io.sluice.extension.ServiceNames;
import io.sluice.extension.UnknownPolicy;
import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.RuleSet;
import java.util.List;
import java.util.Optional;

/**
 * Reads what {@code iptables -L -v [-n] [-x] [--line-numbers]} printed of one or more chains of one table.
 *
 * <p>A listing is less than the rules: counters may be rounded to K, M, G or T, and without {@code -n} addresses, ports
 * and protocols are names. Ports are looked up in a services file, addresses in a hosts file, if given; a host's name that
 * is not known is an error. A listing made without {@code -v} does not say which interfaces its rules
 * are for, and is refused.
 */
public final class RuleListingReader {
  private final Family family;
  private final UnknownPolicy policy;
  private final Backend backend;
  private final Optional<String> table;
  private final ServiceNames services;
  private final HostNames hosts;

  private RuleListingReader(
      Family family, UnknownPolicy policy, Backend backend, Optional<String> table, ServiceNames services,
      HostNames hosts) {
    this.family = family;
    this.policy = policy;
    this.backend = backend;
    this.table = table;
    this.services = services;
    this.hosts = hosts;
  }

  /** A reader that guesses the table by its built-in chains, and knows common services and hosts. */
  public static RuleListingReader of(Family family) {
    return new RuleListingReader(
        family, UnknownPolicy.FAIL, Backend.LEGACY, Optional.empty(), ServiceNames.builtIn(), HostNames.builtIn());
  }

  /** The same reader with another answer to unknown targets; what a listing shows of an unknown match is lost. */
  public RuleListingReader unknown(UnknownPolicy newPolicy) {
    return new RuleListingReader(family, newPolicy, backend, table, services, hosts);
  }

  /** The same reader for a host with this back end. */
  public RuleListingReader backend(Backend newBackend) {
    return new RuleListingReader(family, policy, newBackend, table, services, hosts);
  }

  /** The same reader for listings of this table, which they do not name. */
  public RuleListingReader table(String newTable) {
    return new RuleListingReader(family, policy, backend, Optional.of(newTable), services, hosts);
  }

  /** The same reader with the port names of another services file. */
  public RuleListingReader services(ServiceNames newServices) {
    return new RuleListingReader(family, policy, backend, table, newServices, hosts);
  }

  /** The same reader, with the addresses that host names stand for. */
  public RuleListingReader hosts(HostNames newHosts) {
    return new RuleListingReader(family, policy, backend, table, services, newHosts);
  }

  /** Whether a text looks like a listing: its first line that is not empty begins a chain. */
  public static boolean isListing(SourceText text) {
    for (int line = 1; line <= text.lineCount(); line++) {
      String l = text.line(line);
      if (!l.isBlank() && !l.startsWith("#")) {
        return l.startsWith("Chain ");
      }
    }
    return false;
  }

  /** Reads a whole listing. Throws with every problem that it has. */
  public RuleSet read(SourceText text) throws ReadException {
    Problems problems = new Problems();
    CommandParser.Context context = new CommandParser.Context(family, backend, policy, services, true);
    List<ListedChain> chains = ListedChain.split(text, problems);
    Argument tableName = new Argument(table.orElseGet(() -> guessTable(chains)), 0);
    RuleSetEditor editor = new RuleSetEditor(new RuleSet(family, backend, List.of()), context);
    EditTable edit;
    try {
      edit = editor.beginTable(tableName, text.location(1));
    } catch (ArgumentException e) {
      problems.add(text.problem(1, e));
      throw new ReadException(problems.all());
    }
    for (ListedChain chain : chains) {
      attempt(text, problems, chain.line(), () -> declare(chain, editor, edit, text));
    }
    ListedRule rules = new ListedRule(context, hosts, tableName.text());
    for (ListedChain chain : chains) {
      for (ListedChain.Row row : chain.rows()) {
        attempt(text, problems, row.line(), () -> {
          RuleSpec spec = rules.read(row, chain.columns(), edit);
          Command append = new Command(Command.Kind.APPEND, chain.name(), tableName, Optional.of(chain.name()), 0,
              chain.name(), Optional.empty(), Optional.of(spec), Optional.empty());
          editor.apply(append, edit, text.location(row.line()));
        });
      }
    }
    for (KernelCheck.Refusal refusal : KernelCheck.check(edit, backend, Extensions.of(family))) {
      problems.add(text.problem(refusal.location().line(), refusal.at().error(refusal.message(), refusal.expected())));
    }
    problems.throwIfAny();
    return editor.toRuleSet();
  }

  private static void declare(ListedChain chain, RuleSetEditor editor, EditTable table, SourceText text) {
    if (chain.policy().isPresent()) {
      editor.setPolicy(table, chain.name(), chain.policy().get(), chain.counters(), text.location(chain.line()));
    } else {
      editor.create(table, chain.name(), text.location(chain.line()));
    }
  }

  private static void attempt(SourceText text, Problems problems, int line, Runnable step) {
    try {
      step.run();
    } catch (ArgumentException e) {
      problems.add(text.problem(line, e));
    }
  }

  private static String guessTable(List<ListedChain> chains) {
    return BuiltinTables.guess(chains.stream().filter(c -> c.policy().isPresent()).map(c -> c.name().text()).toList());
  }
}
