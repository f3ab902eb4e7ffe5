package io.sluice.corpus.agree;

import java.util.ArrayList;
import java.util.List;

/** The sets of a generated scenario, one of each type that the kernel has, and what rules ask of them. */
final class SetGenerator {
  private static final int ENTRIES = 3;

  private final World w;

  SetGenerator(World w) {
    this.w = w;
  }

  /** Those that the rules name, as {@code ipset restore} takes them; empty where they name none. */
  String sets(String rules) {
    String family = w.v4() ? "inet" : "inet6";
    List<String> out = new ArrayList<>();
    out.add("create addresses hash:ip family " + family + " timeout 3000");
    out.add("create nets hash:net family " + family + " counters");
    out.add("create services hash:ip,port family " + family);
    out.add("create netservices hash:net,port family " + family);
    out.add("create pairs hash:ip,port,ip family " + family);
    out.add("create reach hash:ip,port,net family " + family + " counters");
    out.add("create places hash:net,iface family " + family);
    out.add("create marked hash:ip family " + family + " skbinfo");
    out.add("create ports bitmap:port range 0-65535");
    if (w.v4()) {
      out.add("create low bitmap:ip range 10.0.0.0-10.0.0.255 counters");
      out.add("create stations bitmap:ip,mac range 10.0.0.0/24");
    }
    out.add("create all list:set size 8");
    for (int i = 0; i < ENTRIES; i++) {
      out.add("add addresses " + w.address());
      out.add("add nets " + net() + (w.chance(25) ? " nomatch" : ""));
      out.add("add services " + w.address() + "," + service());
      out.add("add netservices " + net() + "," + service() + (w.chance(20) ? " nomatch" : ""));
      out.add("add pairs " + w.address() + "," + service() + "," + w.address());
      out.add("add reach " + w.address() + "," + service() + "," + net());
      out.add("add places " + net() + "," + w.device() + (w.chance(20) ? " nomatch" : ""));
      out.add("add marked " + w.address() + " skbmark 0x" + w.pick("1/0xf", "2/0xffffffff", "10/0xf0"));
      out.add("add ports " + w.port());
      if (w.v4()) {
        out.add("add low 10.0.0." + w.pick("1", "2", "3", "77"));
        out.add("add stations 10.0.0." + w.pick("2", "3", "77") + w.pick("", ",02:00:00:00:00:02", ",02:00:00:00:00:03"));
      }
    }
    out.add("add all addresses");
    out.add("add all nets");
    out.add("add all reach");
    boolean all = rules.contains("-set all ");
    StringBuilder text = new StringBuilder();
    for (String line : out) {
      String name = line.split(" ")[1];
      if (rules.contains("-set " + name + " ") || all && List.of("addresses", "nets", "reach").contains(name)) {
        text.append(line).append(line.startsWith("add") ? " -exist\n" : "\n");
      }
    }
    return text.toString();
  }

  private String net() {
    return w.neighbour() + (w.v4() ? "/" + w.pick("24", "31", "32") : "/" + w.pick("64", "127", "128"));
  }

  private String service() {
    return w.pick("tcp:", "udp:", "tcp:") + w.port();
  }

  /** The arguments of {@code --match-set} and what may follow them. */
  String match() {
    String directions = w.pick("addresses src", "addresses dst", "nets src", "nets dst", "services dst,dst", "services src,src",
        "netservices dst,dst", "netservices src,dst", "pairs dst,dst,src", "pairs src,dst,dst", "reach dst,dst,src", "reach src,dst,dst",
        "places src,src", "places dst,src", "ports dst", "ports src", "all src", "all dst", "marked src",
        w.v4() ? "low src" : "nets src", w.v4() ? "low dst" : "nets dst", w.v4() ? "stations src,src" : "places src,src");
    boolean counted = directions.startsWith("nets") || directions.startsWith("reach") || directions.startsWith("low");
    return directions + (counted && w.chance(30) ? w.pick(" --packets-gt 1", " --bytes-lt 500", " ! --packets-eq 0",
        " ! --update-counters --packets-lt 9") : w.chance(20) ? w.pick(" --return-nomatch", " ! --update-counters",
        " ! --update-subcounters") : "");
  }

  /** The arguments of {@code -j SET}, in this table. */
  String target(String table) {
    return w.pick("--add-set addresses src", "--del-set addresses dst", "--add-set services dst,dst --exist",
        "--add-set addresses dst --exist --timeout 600", "--add-set ports dst --exist", "--del-set ports src",
        "--add-set pairs src,dst,dst", "--add-set nets src --exist",
        table.equals("mangle") ? "--map-set marked src --map-mark" : "--del-set services dst,dst");
  }
}
