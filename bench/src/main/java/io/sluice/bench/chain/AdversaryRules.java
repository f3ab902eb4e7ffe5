package io.sluice.bench.chain;

import io.sluice.bench.pipeline.RouterHost;
import io.sluice.ipset.IpSets;
import io.sluice.packet.PacketBuilder;
import io.sluice.ruleset.Host;
import io.sluice.text.IpSetReader;
import io.sluice.text.ReadException;
import io.sluice.text.SourceText;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** Rules that overlap at random, so that hardly two packets match the same of them; few decide. */
enum AdversaryRules {
  /** One chain, UDP. */
  FLAT,
  /** One chain, several protocols, ports, types, flags, lengths. */
  MIXED,
  /** Chains of eight rules each, called and gone to, which return. */
  NESTED,
  /** One chain whose rules ask what is not in the packet: rates, recent lists, sets, every nth packet. */
  STATEFUL;

  private static final int SET_ENTRIES = 1_000;
  private static final int CHAIN = 8;

  /** A router with so many rules on what it forwards. */
  Host host(int size) {
    Random random = new Random(1);
    StringBuilder chains = new StringBuilder("*filter\n:FORWARD DROP [0:0]\n");
    StringBuilder rules = new StringBuilder();
    for (int i = 0; i < size; i++) {
      rules.append(switch (this) {
        case FLAT -> "-A FORWARD" + source(random) + " -p udp" + ports("udp", random);
        case MIXED -> "-A FORWARD" + source(random) + any(random);
        case NESTED -> nested(i, chains, random);
        case STATEFUL -> "-A FORWARD" + source(random) + stateful(i, random);
      }).append('\n');
    }
    return RouterHost.with(chains.append(rules).append("COMMIT\n").toString(), sets());
  }

  private static String source(Random random) {
    return " -s 10." + random.nextInt(256) + ".0.0/" + (8 + random.nextInt(9));
  }

  private static String ports(String protocol, Random random) {
    int low = random.nextInt(60_000);
    int high = low + random.nextInt(65_536 - low);
    return " -m " + protocol + (random.nextBoolean() ? " --sport " : " --dport ") + low + ":" + high;
  }

  private static String any(Random random) {
    return switch (random.nextInt(5)) {
      case 0 -> " -p udp" + ports("udp", random);
      case 1 -> " -p tcp" + ports("tcp", random);
      case 2 -> " -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN";
      case 3 -> " -p icmp -m icmp --icmp-type " + random.nextInt(16);
      default -> " -m length --length " + random.nextInt(60) + ":" + (60 + random.nextInt(60));
    };
  }

  private static String nested(int i, StringBuilder chains, Random random) {
    if (i % CHAIN == 0) {
      chains.append(":C").append(i / CHAIN).append(" - [0:0]\n");
      return "-A FORWARD" + source(random) + " -p udp -j C" + i / CHAIN;
    }
    return "-A C" + i / CHAIN + source(random) + " -p udp" + ports("udp", random) + (i % CHAIN == CHAIN / 2 ? " -j RETURN" : "");
  }

  private static String stateful(int i, Random random) {
    return switch (random.nextInt(5)) {
      case 0 -> " -m limit --limit 10/sec --limit-burst 100";
      case 1 -> " -m recent --name r" + i + " --rcheck --seconds 60";
      case 2 -> " -m set --match-set some src";
      case 3 -> " -m statistic --mode nth --every " + (2 + random.nextInt(10)) + " --packet 0";
      default -> " -p udp" + ports("udp", random);
    };
  }

  private static IpSets sets() {
    Random random = new Random(3);
    StringBuilder out = new StringBuilder("create some hash:net family inet\n");
    for (int i = 0; i < SET_ENTRIES; i++) {
      out.append("add some 10.").append(i % 256).append('.').append(i / 256 * 50 + random.nextInt(50)).append(".0/24\n");
    }
    try {
      return IpSetReader.read(SourceText.of("ipset.save", out.toString()));
    } catch (ReadException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** So many packets from and to anywhere. */
  List<ChainTimer.Forwarded> packets(int count) {
    Random random = new Random(2);
    List<ChainTimer.Forwarded> packets = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      PacketBuilder ip = PacketBuilder.from("10." + random.nextInt(256) + "." + random.nextInt(256) + "."
          + (2 + random.nextInt(250)), "192.0.2." + (2 + random.nextInt(250)));
      packets.add(new ChainTimer.Forwarded(this == MIXED ? any(ip, random) : udp(ip, random), "lan", "wan"));
    }
    return packets;
  }

  private static byte[] udp(PacketBuilder ip, Random random) {
    return ip.udp(random.nextInt(65_536), random.nextInt(65_536)).payload(16).build();
  }

  private static byte[] any(PacketBuilder ip, Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> ip.tcp(random.nextInt(65_536), random.nextInt(65_536)).flags("S").build();
      case 1 -> ip.icmp(8, 0).payload(random.nextInt(64)).build();
      case 2 -> ip.fragment(64, false, 1).raw(17).payload(8 + random.nextInt(64)).build();
      default -> udp(ip, random);
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
