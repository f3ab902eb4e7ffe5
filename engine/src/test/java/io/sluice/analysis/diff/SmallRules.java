package io.sluice.analysis.diff;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** Random filter tables about the packets of {@link SmallWorld}. */
final class SmallRules {
  private static final int USER_CHAINS = 3;
  private static final int MOST_RULES = 6;
  private static final List<String> NETS = List.of("10.0.0.0/31", "10.0.0.2/31", "10.0.0.0/30", "10.0.0.1", "10.0.0.3", "10.0.0.1/255.255.255.253");
  private static final List<String> TRANSPORTS = List.of(" -p tcp", " -p udp", " ! -p tcp", " -p tcp -m tcp --dport 1",
      " -p tcp -m tcp --dport 1:2", " -p tcp -m tcp ! --dport 1", " -p tcp -m multiport --dports 0,2", " -p udp -m udp --dport 1",
      " -p tcp -m tcp --dport 2:65535");
  private static final List<String> PARTS = List.of(" -m conntrack --ctstate NEW", " -m conntrack --ctstate RELATED,ESTABLISHED",
      " -m conntrack ! --ctstate INVALID", " -m mark --mark 1", " -m mark ! --mark 2", " -m mark --mark 0x1/0x1",
      " -m mark ! --mark 0x2/0x2", " -m iprange --src-range 10.0.0.1-10.0.0.2", " -m addrtype --dst-type LOCAL");
  private static final List<String> CONNMARK_PARTS = List.of(" -m connmark --mark 1", " -m connmark ! --mark 0x2/0x2",
      " -m connmark --mark 0x1/0x1", " -m connmark ! --mark 3", " -m connmark --mark 0x0/0x2", " -m connmark --mark 0x2/0x3");
  private static final List<String> CONNMARKING = List.of("--save-mark", "--restore-mark", "--save-mark --mask 0x1",
      "--restore-mark --mask 0x2", "--save-mark --nfmask 0x1 --ctmask 0x3", "--restore-mark --nfmask 0xffffffff --ctmask 0x2");
  private static final List<String> MARKS =
      List.of("0x1/0xffffffff", "0x2/0x2", "0x0/0x1", "0x3/0xffffffff", "0x1/0x0");

  private final SplittableRandom random;
  private final List<String> parts;
  private final boolean connmarks;

  SmallRules(SplittableRandom random) {
    this(random, false);
  }

  /** @param connmarks whether rules set, save and restore marks of connections, and ask for them, too */
  SmallRules(SplittableRandom random, boolean connmarks) {
    this.random = random;
    this.parts = connmarks ? Stream.concat(PARTS.stream(), CONNMARK_PARTS.stream()).toList() : PARTS;
    this.connmarks = connmarks;
  }

  /** Lines of all chains: those of FORWARD first. */
  List<List<String>> chains() {
    List<List<String>> chains = new ArrayList<>();
    for (int chain = 0; chain <= USER_CHAINS; chain++) {
      List<String> lines = new ArrayList<>();
      int count = random.nextInt(MOST_RULES + 1);
      for (int i = 0; i < count; i++) {
        lines.add(rule(chain));
      }
      chains.add(lines);
    }
    return chains;
  }

  /** The same with one to three rules inserted, deleted, replaced or moved. */
  List<List<String>> edited(List<List<String>> chains) {
    List<List<String>> edited = new ArrayList<>();
    chains.forEach(lines -> edited.add(new ArrayList<>(lines)));
    for (int edits = 1 + random.nextInt(3); edits > 0; edits--) {
      int chain = random.nextInt(edited.size());
      List<String> lines = edited.get(chain);
      int at = random.nextInt(lines.size() + 1);
      int kind = lines.isEmpty() ? 0 : random.nextInt(4);
      if (kind == 0) {
        lines.add(at, rule(chain));
      } else {
        String removed = lines.remove(at % lines.size());
        if (kind == 1) {
          lines.add(random.nextInt(lines.size() + 1), rule(chain));
        } else if (kind == 2) {
          lines.add(random.nextInt(lines.size() + 1), removed);
        }
      }
    }
    return edited;
  }

  String table(List<List<String>> chains, String policy) {
    StringBuilder out = new StringBuilder("*filter\n:FORWARD " + policy + " [0:0]\n");
    for (int user = 1; user <= USER_CHAINS; user++) {
      out.append(":U").append(user).append(" - [0:0]\n");
    }
    for (int chain = 0; chain <= USER_CHAINS; chain++) {
      String name = chain == 0 ? "FORWARD" : "U" + chain;
      chains.get(chain).forEach(rule -> out.append("-A ").append(name).append(rule).append('\n'));
    }
    if (connmarks) { // of many bits that are copied together nobody knows whether they were the same
      List.of("0x1/0x1", "0x2/0x2").forEach(bit -> out.append("-A FORWARD -m mark --mark ").append(bit).append('\n'));
    }
    return out.append("COMMIT\n").toString();
  }

  private String rule(int chain) {
    StringBuilder rule = new StringBuilder();
    if (random.nextInt(3) == 0) {
      rule.append(one(List.of(" -i eth0", " ! -i eth0", " -o eth0", " -i eth+")));
    }
    for (String end : List.of(" -s ", " -d ")) {
      if (random.nextInt(3) == 0) {
        rule.append(random.nextInt(4) == 0 ? " !" : "").append(end).append(one(NETS));
      }
    }
    if (random.nextInt(2) == 0) {
      rule.append(one(TRANSPORTS));
    }
    if (random.nextInt(3) == 0) {
      rule.append(one(parts));
    }
    return rule.append(target(chain)).toString();
  }

  private String target(int chain) {
    switch (random.nextInt(chain < USER_CHAINS ? 10 : 7)) {
      case 0:
      case 1:
        return " -j ACCEPT";
      case 2:
      case 3:
        return " -j DROP";
      case 4:
        return one(List.of(" -j RETURN", " -j RETURN", " -j QUEUE", ""));
      case 5:
      case 6:
        return random.nextInt(3) == 0 ? " -j LOG --log-prefix x" : marking();
      default:
        return (random.nextInt(3) == 0 ? " -g U" : " -j U") + (chain + 1 + random.nextInt(USER_CHAINS - chain));
    }
  }

  private String marking() {
    return !connmarks ? " -j MARK --set-xmark " + one(MARKS)
        : random.nextBoolean() ? " -j CONNMARK " + one(CONNMARKING) : one(List.of(" -j MARK", " -j CONNMARK")) + " --set-xmark " + one(MARKS);
  }

  private <T> T one(List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }
}
