package io.sluice.cli;

import io.sluice.extension.UnknownPolicy;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Host;
import io.sluice.text.CommandReader;
import io.sluice.text.HostReader;
import io.sluice.text.ReadException;
import io.sluice.text.SourceText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The options by which every command gets its host, and how it answers. */
final class HostSource {

  /** What the dumps of a host are called. */
  static final class DumpNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Stream.of(HostReader.Part.values()).map(HostReader.Part::fileName).iterator();
    }
  }

  @Parameters(index = "0", arity = "0..1", paramLabel = "HOST",
      description = "Directory of dumps; any of its files may be missing. With --file it may be left out itself.")
  private Path directory;

  @Option(names = "--file", paramLabel = "NAME=FILE",
      completionCandidates = DumpNames.class,
      description = "Reads FILE in place of the dump NAME: ${COMPLETION-CANDIDATES}. An iptables file may also be a listing (iptables"
          + " -L -v) or iptables -S output; hosts and services say what names in it stand for.")
  private Map<String, Path> files = new TreeMap<>();

  @Option(names = "--apply", paramLabel = "COMMAND",
      description = "What if: an iptables or ip6tables command, applied to the rules before the question. May be repeated.")
  private List<String> commands = List.of();

  @Option(names = "--unknown", paramLabel = "fail|no-match|maybe", defaultValue = "fail",
      converter = UnknownPolicyConverter.class,
      description = "An extension that is not known: an error (default), never matches, or both answers are given.")
  private UnknownPolicy unknown;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(names = "--json", description = "Machine-readable output: one JSON object a line.")
  private boolean json;

  boolean json() {
    return json;
  }

  /** Begins to tell what the command does, which is reading its input. */
  ProgressLine progress() {
    return ProgressLine.begin(spec.name(), !json);
  }

  /** Whether standard output is a terminal, which gets colours. */
  boolean colours() {
    return Terminal.isInteractive() && System.getenv("NO_COLOR") == null;
  }

  /** What gives another command the same host: its argument and options, for a shell. */
  String words() {
    return words(directory, true);
  }

  /** As {@link #words}, before the commands. */
  String wordsBefore() {
    return words(directory, false);
  }

  /** As {@link #words}, for another host with the same commands. */
  String words(Path other) {
    return words(other, true);
  }

  private String words(Path path, boolean applied) {
    StringBuilder words = new StringBuilder(path == null ? "" : quoted(path.toString()));
    if (path == directory) {
      files.forEach((name, file) -> words.append(" --file ").append(quoted(name + "=" + file)));
    }
    if (applied) {
      commands.forEach(command -> words.append(" --apply ").append(quoted(command)));
    }
    if (unknown != UnknownPolicy.FAIL) {
      words.append(" --unknown ").append(unknown.name().toLowerCase(Locale.ROOT).replace('_', '-'));
    }
    return words.toString().strip();
  }

  private static String quoted(String word) {
    return word.matches("[A-Za-z0-9_./=:@%+,-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  /**
   * Where a file is that rules were read from, as a URI: relative to the working directory if the host was given so. Empty for
   * commands, which are in no file.
   *
   * @param file as locations name it
   */
  Optional<String> uri(String file) {
    Path path = files.containsKey(file) ? files.get(file)
        : directory != null && Files.isDirectory(directory) ? directory.resolve(file) : directory;
    return Optional.ofNullable(path).filter(Files::isRegularFile).map(Path::normalize).map(HostSource::uri);
  }

  private static String uri(Path path) {
    return path.isAbsolute() ? path.toUri().toString() : Path.of("/").resolve(path).toUri().getRawPath().substring(1);
  }

  /** The only argument when there are two places for one: not the host, which --file gives. */
  Path takeArgument() {
    Path argument = files.isEmpty() ? null : directory;
    directory = files.isEmpty() ? directory : null;
    return argument;
  }

  /** The directory of dumps, if that alone is the host: nothing from elsewhere, no commands. */
  Optional<Path> plainDirectory() {
    return Optional.ofNullable(directory).filter(path -> Files.isDirectory(path) && files.isEmpty() && commands.isEmpty());
  }

  /** Reads the dumps and applies the commands. */
  Host load() throws ReadException, IOException {
    return applied(read());
  }

  /** Whether there are commands to apply. */
  boolean hasCommands() {
    return !commands.isEmpty();
  }

  /** Reads the dumps; the commands are left out. */
  Host read() throws ReadException, IOException {
    if (directory == null && files.isEmpty()) {
      throw new ParameterException(spec.commandLine(), "no host: give a directory of dumps, or files with --file");
    }
    return dumps().read();
  }

  private HostReader dumps() throws IOException {
    HostReader dumps = new HostReader().unknown(unknown);
    for (Map.Entry<String, Path> file : files.entrySet()) {
      dumps = dumps.file(part(file.getKey()), file.getValue());
    }
    return directory == null ? dumps : at(dumps, directory);
  }

  /** Reads another host: a directory, or a dump of rules, which take the place of {@code like}'s. */
  Host read(Path other, Host like) throws ReadException, IOException {
    Host host = at(new HostReader().unknown(unknown), other).read();
    return Files.isRegularFile(other) ? like.with(host.rules(family(other))) : host;
  }

  private static HostReader at(HostReader dumps, Path path) throws IOException {
    return !Files.isRegularFile(path) ? dumps.directory(path)
        : dumps.file(family(path) == Family.IPV6 ? HostReader.Part.IP6TABLES : HostReader.Part.IPTABLES, path);
  }

  /** Of a dump of rules, by its name. */
  private static Family family(Path dump) {
    return dump.getFileName().toString().startsWith("ip6tables") ? Family.IPV6 : Family.IPV4;
  }

  /** The host after the commands. */
  Host applied(Host host) throws ReadException, IOException {
    CommandReader reader = CommandReader.of(unknown).services(dumps().services());
    CommandReader.RuleSets rules = new CommandReader.RuleSets(host.ipv4(), host.ipv6());
    for (String command : commands) {
      rules = reader.apply(SourceText.of("--apply", command), rules);
    }
    return host.with(rules.ipv4()).with(rules.ipv6());
  }

  private HostReader.Part part(String name) {
    for (HostReader.Part part : HostReader.Part.values()) {
      if (part.fileName().equals(name)) {
        return part;
      }
    }
    throw new ParameterException(spec.commandLine(), "--file: no dump is called '" + name + "'; they are "
        + String.join(", ", new DumpNames()));
  }

  /** What to say of an interface that the host does not have. */
  static String noInterface(Network network, String name) {
    return "no interface '" + name + "' on this host; it has "
        + network.devices().stream().map(NetDevice::name).collect(Collectors.joining(", "));
  }
}
