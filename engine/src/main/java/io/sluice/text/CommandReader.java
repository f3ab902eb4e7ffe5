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
import java.util.Set;

/**
 * Applies {@code iptables} and {@code ip6tables} commands to rule sets, one command a line, as a root shell would: "what
 * if I ran this?".
 *
 * <p>Everything that a command may change is in the result; listing commands change nothing. Commands that iptables or
 * the kernel would refuse are problems. Lines are split as a shell splits them, but nothing is expanded.
 */
public final class CommandReader {

  /** The rule sets of both families. */
  public record RuleSets(RuleSet ipv4, RuleSet ipv6) {}

  private static final Set<String> PROGRAMS = Set.of(
      "iptables", "ip6tables", "iptables-legacy", "ip6tables-legacy", "iptables-nft", "ip6tables-nft");

  private final UnknownPolicy policy;
  private final ServiceNames services;

  private CommandReader(UnknownPolicy policy, ServiceNames services) {
    this.policy = policy;
    this.services = services;
  }

  /** A reader with this answer to unknown extensions. */
  public static CommandReader of(UnknownPolicy policy) {
    return new CommandReader(policy, ServiceNames.builtIn());
  }

  /** The same reader with the port names of another services file. */
  public CommandReader services(ServiceNames newServices) {
    return new CommandReader(policy, newServices);
  }

  /** Applies one command, which problems call {@code <command>}. */
  public RuleSets apply(String command, RuleSets ruleSets) throws ReadException {
    return apply(SourceText.of("<command>", command), ruleSets);
  }

  /** Applies commands in order. Throws with every problem; then nothing is changed. */
  public RuleSets apply(SourceText commands, RuleSets ruleSets) throws ReadException {
    Problems problems = new Problems();
    Applying ipv4 = new Applying(commands, ruleSets.ipv4(), problems);
    Applying ipv6 = new Applying(commands, ruleSets.ipv6(), problems);
    for (int line = 1; line <= commands.lineCount(); line++) {
      try {
        List<Argument> words = ShellWords.split(commands.line(line));
        int program = !words.isEmpty() && words.get(0).text().equals("sudo") ? 1 : 0;
        if (words.size() > program) {
          (isIpv6(words.get(program)) ? ipv6 : ipv4).apply(line, words.subList(program, words.size()));
        } else if (!words.isEmpty()) {
          throw words.get(0).error("no command", "expected iptables or ip6tables after it");
        }
      } catch (ArgumentException e) {
        problems.add(commands.problem(line, e));
      }
    }
    problems.throwIfAny();
    return new RuleSets(ipv4.result(), ipv6.result());
  }

  private static String program(Argument word) {
    return word.text().substring(word.text().lastIndexOf('/') + 1);
  }

  private static boolean isIpv6(Argument word) {
    String program = program(word);
    if (!PROGRAMS.contains(program)) {
      throw word.error("not a command that is understood: " + word.text(), Similar.hint(program, PROGRAMS)
          + "expected iptables or ip6tables; to load whole tables, give the file that iptables-save printed");
    }
    return program.startsWith("ip6");
  }

  /** The commands of one family on their way through. */
  private final class Applying {
    private final SourceText text;
    private final RuleSet before;
    private final Problems problems;
    private RuleSetEditor editor;
    private Backend backend;

    Applying(SourceText text, RuleSet before, Problems problems) {
      this.text = text;
      this.before = before;
      this.problems = problems;
    }

    void apply(int line, List<Argument> words) {
      checkBackend(words.get(0));
      Family family = before.family();
      CommandParser.Context context = new CommandParser.Context(family, backend, policy, services, false);
      if (editor == null) {
        editor = new RuleSetEditor(new RuleSet(family, backend, before.tables()), context);
      }
      List<Argument> arguments = words.subList(1, words.size());
      Argument filter = new Argument("filter", words.get(0).offset());
      if (arguments.isEmpty()) {
        throw words.get(0).error("no command", "expected -A CHAIN or another command");
      }
      // Which chains there are depends on the table, which may be named last: the words are read twice.
      String table = CommandParser.tableOf(
          context, new CommandParser.Input(text.line(line), filter, arguments, chain -> false));
      CommandParser.Input input =
          new CommandParser.Input(text.line(line), filter, arguments, chain -> editor.hasChain(table, chain));
      CommandParser.parse(context, input, Optional.empty(), e -> problems.add(text.problem(line, e)))
          .ifPresent(command -> run(line, command));
    }

    private void run(int line, Command command) {
      boolean changes = command.kind() != Command.Kind.CHECK && command.kind() != Command.Kind.LIST
          && command.kind() != Command.Kind.LIST_RULES;
      EditTable table = editor.table(command.table(), text.location(line), changes || backend == Backend.LEGACY);
      editor.apply(command, table, text.location(line));
      if (!changes) {
        return;
      }
      if (backend == Backend.LEGACY) {
        // Observed with iptables 1.8.9: in the blob that any change hands to the kernel all policies are at zero.
        table.zeroPolicies();
      }
      for (KernelCheck.Refusal refusal : KernelCheck.check(table, backend, Extensions.of(before.family()))) {
        boolean here = refusal.location().equals(text.location(line));
        Argument at = here ? refusal.at() : command.word();
        problems.add(text.problem(line, at.error(refusal.message(),
            here ? refusal.expected() : refusal.expected() + "\nthe rule at fault is the one of " + refusal.location())));
      }
    }

    /** A host's rules are one back end's; a command for the other one would not change what its dumps say. */
    private void checkBackend(Argument word) {
      String program = program(word);
      Optional<Backend> asked = program.endsWith("-nft") ? Optional.of(Backend.NFT)
          : program.endsWith("-legacy") ? Optional.of(Backend.LEGACY) : Optional.empty();
      Backend has = backend != null ? backend : before.backend();
      if (asked.isPresent() && asked.get() != has && (!before.tables().isEmpty() || backend != null)) {
        throw word.unsupported("the rule set is one of the " + (has == Backend.NFT ? "nft" : "legacy") + " back end",
            "rules of both back ends at once are not simulated");
      }
      backend = asked.orElse(has);
    }

    RuleSet result() {
      return editor == null ? before : editor.toRuleSet();
    }
  }
}
