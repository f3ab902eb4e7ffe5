package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.extension.ArgumentException;
import io.sluice.extension.ServiceNames;
import io.sluice.ipset.IpSet;
import io.sluice.ipset.IpSets;
import io.sluice.ipset.SetElement;
import io.sluice.ipset.SetHeader;
import io.sluice.ipset.SetResult;
import io.sluice.netfilter.Clock;
import io.sluice.ruleset.SourceLocation;
import java.util.List;
import java.util.Set;

/**
 * Reads what {@code ipset save} prints and {@code ipset restore} takes: {@code create}, {@code add}, {@code del},
 * {@code flush} and {@code destroy} lines, under their short names too.
 *
 * <p>The sets that come back stand on a clock at 0; {@link IpSets#copy} brings them to a simulation's clock with the
 * time that the dump says is left to each element.
 */
public final class IpSetReader {
  private final SourceText source;
  private final ServiceNames services;
  private final IpSets sets = new IpSets(new Clock());
  private final Problems problems = new Problems();
  private final IpSetElementParser elements;
  private int line;

  IpSetReader(SourceText source, ServiceNames services) {
    this.source = source;
    this.services = services;
    this.elements = new IpSetElementParser(services);
  }

  /** Reads a whole dump; throws with every problem of it. Port names are those of {@code services}. */
  public static IpSets read(SourceText source, ServiceNames services) throws ReadException {
    return new IpSetReader(source, services).run();
  }

  /** As {@link #read(SourceText, ServiceNames)}, with the common port names. */
  public static IpSets read(SourceText source) throws ReadException {
    return read(source, ServiceNames.builtIn());
  }

  IpSets sets() {
    return sets;
  }

  private IpSets run() throws ReadException {
    for (int i = 1; i <= source.lineCount(); i++) {
      line = i;
      String text = source.line(i);
      if (text.isEmpty() || text.charAt(0) == '#') {
        continue;
      }
      try {
        ServicesReader.checkLength(text);
        command(IpSetWords.split(text));
      } catch (ArgumentException e) {
        problems.add(source.problem(i, e));
      }
    }
    problems.throwIfAny();
    return sets;
  }

  private static final Set<String> EXIST = Set.of("-exist", "--exist", "-!");

  /** Carries out one line; what it did before it was refused stays, as with ipset. */
  void command(List<Argument> line) {
    List<Argument> words = line.stream().filter(word -> !EXIST.contains(word.text())).toList(); // it may stand anywhere
    boolean exist = words.size() < line.size();
    int at = 0;
    if (words.isEmpty()) {
      return;
    }
    Argument command = words.get(at);
    switch (command.text()) {
      case "COMMIT":
        return;
      case "create":
      case "-N":
      case "--create":
      case "n":
        create(words, operand(words, at), exist);
        return;
      case "add":
      case "a":
      case "-A":
      case "--add":
        element(IpSetElementParser.Command.ADD, words, operand(words, at), exist);
        return;
      case "del":
      case "d":
      case "-D":
      case "--del":
        element(IpSetElementParser.Command.DELETE, words, operand(words, at), exist);
        return;
      case "flush":
      case "f":
      case "-F":
      case "--flush":
        flush(words, at);
        return;
      case "destroy":
      case "x":
      case "-X":
      case "--destroy":
        destroy(words, operand(words, at), exist);
        return;
      case "swap":
      case "-W":
      case "rename":
      case "-E":
        throw command.unsupported("'" + command.text() + "' is not simulated", "write the sets under their final names");
      default:
        throw command.error(
            "unknown command: " + command.text(), "expected one of: create add del flush destroy, as ipset save prints");
    }
  }

  private static int operand(List<Argument> words, int command) {
    if (command + 1 >= words.size()) {
      throw words.get(command).error("a set's name is missing after '" + words.get(command).text() + "'", "");
    }
    return command + 1;
  }

  private void create(List<Argument> words, int at, boolean exist) {
    SetHeader header = new IpSetHeaderParser(services).parse(words, at);
    SourceLocation here = source.location(line);
    if (sets.create(header, new IpSets.Origin(here.file(), here.line()))) {
      return;
    }
    boolean same = sets.set(header.name()).map(IpSet::header).filter(header::isSameSet).isPresent();
    if (!exist || !same) {
      throw words.get(at).error("set " + header.name() + " exists already", exist ? "with other options" : "");
    }
  }

  private void element(IpSetElementParser.Command command, List<Argument> words, int at, boolean exist) {
    Argument name = words.get(at);
    if (at + 1 >= words.size()) {
      throw name.error("an element is missing after the set's name", "");
    }
    IpSet set = sets.set(name.text()).orElseThrow(() -> missing(name));
    SetElement element = elements.parse(command, set.header(), words, at + 1);
    SetResult result = command == IpSetElementParser.Command.ADD
        ? sets.add(name.text(), element, exist) : sets.delete(name.text(), element, exist);
    if (result != SetResult.OK) {
      throw words.get(at + 1).error(result.toString(), "");
    }
  }

  private static ArgumentException missing(Argument name) {
    return name.error("there is no set " + name.text(), "expected a 'create' line for it above");
  }

  private void flush(List<Argument> words, int at) {
    if (at + 1 >= words.size()) {
      sets.flushAll();
    } else if (!sets.flush(words.get(at + 1).text())) {
      throw missing(words.get(at + 1));
    }
  }

  private void destroy(List<Argument> words, int at, boolean exist) {
    Argument name = words.get(at);
    boolean known = sets.set(name.text()).isPresent();
    if (!sets.destroy(name.text()) && !(exist && !known)) {
      throw known ? name.error("set " + name.text() + " is a member of a list", "") : missing(name);
    }
  }
}
