package io.sluice.text;

import io.sluice.KernelShell;
import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Family;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What the installed iptables says to option lines: whether it takes them, and how it prints them. */
final class InstalledIptables {
  private static final int BATCH = 60;

  /**
   * An answer.
   *
   * @param accepted whether the tool and the kernel took the line
   * @param reason what was said where they did not
   * @param saved the line of iptables-save, empty where refused
   * @param listed the line of {@code iptables -L -v -n -x}, empty where refused
   */
  record Answer(boolean accepted, String reason, String saved, String listed) {}

  private final String program;

  InstalledIptables(Family family, Backend backend) {
    this.program = (family == Family.IPV4 ? "iptables-" : "ip6tables-") + (backend == Backend.NFT ? "nft" : "legacy");
  }

  /**
   * Answers to lines, each as if alone. Those that are expected to be taken and to make one rule are loaded many at once, and one at a time only
   * where that fails; in {@code expected}, true stands for such a line.
   */
  List<Answer> ask(List<OptionLines.Line> lines, List<Boolean> expected) {
    Answer[] answers = new Answer[lines.size()];
    Map<String, List<Integer>> byChain = new LinkedHashMap<>();
    List<List<Integer>> batches = new ArrayList<>();
    List<List<Integer>> single = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      OptionLines.Line line = lines.get(i);
      if (expected.get(i) && !standsAlone(line)) {
        List<Integer> batch = byChain.computeIfAbsent(line.table() + " " + line.chain(), c -> new ArrayList<>());
        batch.add(i);
        if (batch.size() == BATCH) {
          batches.add(batch);
          byChain.remove(line.table() + " " + line.chain());
        }
      } else {
        single.add(List.of(i));
      }
    }
    batches.addAll(byChain.values());
    run(lines, batches, answers);
    batches.stream().flatMap(List::stream).filter(i -> answers[i] == null).forEach(i -> single.add(List.of(i)));
    int half = single.size() / 2;
    Stream.of(single.subList(0, half), single.subList(half, single.size())).parallel().forEach(part -> run(lines, part, answers));
    return Arrays.asList(answers);
  }

  /** Whether a line is more than a rule, or the kernel keeps something by a name that rules share, and refuses a second use that differs from the first. */
  private static boolean standsAlone(OptionLines.Line line) {
    return line.rule().matches("(?s).*(recent|RATEEST|rateest|IDLETIMER|hashlimit|\n).*");
  }

  /** Loads each batch into empty tables. A batch that fails leaves no answer, unless it is one line. */
  private void run(List<OptionLines.Line> lines, List<List<Integer>> batches, Answer[] answers) {
    StringBuilder script = new StringBuilder("for s in s s1 s2 s6 nosuchset; do ipset create $s hash:ip");
    script.append(program.startsWith("ip6") ? " family inet6" : "").append("; done\n");
    // Estimators for -m rateest, held by rules of the other family, whose tables stay as they are.
    String other = program.startsWith("ip6") ? program.replace("ip6tables", "iptables") : program.replace("iptables", "ip6tables");
    for (String name : List.of("RE1", "RE2")) {
      script.append(other).append(" -A INPUT -j RATEEST --rateest-name ").append(name)
          .append(" --rateest-interval 250ms --rateest-ewmalog 500ms\n");
    }
    for (List<Integer> batch : batches) {
      OptionLines.Line first = lines.get(batch.get(0));
      script.append("echo '#batch'\nif ").append(program).append("-restore 2>&1 <<'#END'\n*").append(first.table())
          .append("\n:").append(first.chain()).append(" ACCEPT [0:0]\n");
      batch.forEach(i -> script.append("-A ").append(first.chain()).append(' ').append(lines.get(i).rule()).append('\n'));
      script.append("COMMIT\n#END\nthen echo '#saved'; ").append(program).append("-save -t ").append(first.table())
          .append(" 2>/dev/null; echo '#listed'; ").append(program).append(" -t ").append(first.table()).append(" -L ")
          .append(first.chain()).append(" -v -n -x 2>/dev/null; fi\n");
    }
    // libxt_bpf ends what it lists with a zero byte where others have a blank; so do we.
    String[] output = KernelShell.run(script.toString()).replace('\0', ' ').split("#batch\n", -1);
    if (output.length != batches.size() + 1) {
      throw new AssertionError("answers to " + (output.length - 1) + " of " + batches.size() + " batches");
    }
    for (int b = 0; b < batches.size(); b++) {
      answer(batches.get(b), output[b + 1], answers);
    }
  }

  private static void answer(List<Integer> batch, String output, Answer[] answers) {
    int saved = output.indexOf("#saved\n");
    // Asked for its help (--h, --help), iptables-restore prints it and ends well, without having looked at the rest.
    if (saved < 0 || output.substring(0, saved).contains("\nUsage: ")) {
      if (batch.size() == 1) {
        answers[batch.get(0)] = new Answer(false, output.strip(), "", "");
      }
      return;
    }
    int listed = output.indexOf("#listed\n");
    List<String> rules = output.substring(saved, listed).lines().filter(l -> l.startsWith("-A ")).toList();
    List<String> words = output.substring(listed).lines().skip(3).toList();
    if (batch.size() == 1 || rules.size() == batch.size() && words.size() == batch.size()) {
      for (int i = 0; i < batch.size(); i++) {
        boolean one = batch.size() == 1;
        answers[batch.get(i)] = new Answer(true, output.substring(0, saved).strip(), one ? String.join("\n", rules) : rules.get(i),
            one ? String.join("\n", words) : words.get(i));
      }
    }
  }
}
