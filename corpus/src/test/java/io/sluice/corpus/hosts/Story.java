package io.sluice.corpus.hosts;

import io.sluice.packet.pcap.CaptureReader;
import io.sluice.packet.pcap.Frame;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** One recorded story of one recorded host; the files are described in {@code corpus/hosts/README.md}. */
record Story(Path host, Path directory) {

  /** What the record says of one packet that entered. */
  record Fate(int number, String in, String verdict, List<Integer> left, List<Integer> emitted, boolean looped) {

    private static Fate parse(String line) {
      String[] words = line.trim().split("\\s+");
      String verdict = words[2];
      boolean looped = false;
      List<Integer> left = new ArrayList<>();
      List<Integer> emitted = new ArrayList<>();
      for (int i = 3; i < words.length; i++) {
        if (words[i].equals("loop:")) {
          looped = true;
          verdict = words[++i];
        } else if (words[i].startsWith("left=")) {
          left.add(Integer.parseInt(words[i].substring(5, words[i].indexOf(':'))));
        } else if (words[i].startsWith("emitted=") && !words[i].equals("emitted=dropped")) {
          emitted.add(Integer.parseInt(words[i].substring(8, words[i].indexOf(':'))));
        }
      }
      return new Fate(Integer.parseInt(words[0]), words[1], verdict, left, emitted, looped);
    }
  }

  /** Every story under {@code corpus/hosts}. */
  static List<Story> all() throws IOException {
    List<Story> stories = new ArrayList<>();
    for (Path host : sorted(Path.of("hosts"))) {
      for (Path directory : sorted(host.resolve("recorded"))) {
        if (Files.exists(directory.resolve("entered.pcapng"))) {
          stories.add(new Story(host, directory));
        }
      }
    }
    return stories;
  }

  private static List<Path> sorted(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.sorted().toList();
    }
  }

  List<Fate> fates() throws IOException {
    return Files.readAllLines(directory.resolve("fate")).stream()
        .filter(line -> !line.isBlank() && !line.startsWith("#")).map(Fate::parse).toList();
  }

  List<Frame> frames(String file) throws IOException {
    List<Frame> frames = new ArrayList<>();
    try (CaptureReader reader = CaptureReader.open(directory.resolve(file))) {
      for (Optional<Frame> next = reader.next(); next.isPresent(); next = reader.next()) {
        frames.add(next.get());
      }
    }
    return frames;
  }

  /** Seconds between the first packet and the moment when a file was taken. */
  double clock(String file) throws IOException {
    for (String line : Files.readAllLines(directory.resolve("clock"))) {
      if (line.startsWith(file + " ")) {
        return Double.parseDouble(line.substring(file.length()).trim());
      }
    }
    return 0;
  }

  @Override
  public String toString() {
    return host.getFileName() + "/" + directory.getFileName();
  }
}
