package io.sluice.compile.chain;

import io.sluice.compile.BoxBits;
import io.sluice.compile.Evaluator;
import io.sluice.compile.EvaluatorOptions;
import io.sluice.conntrack.Connection;
import io.sluice.conntrack.CtInfo;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Match;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRule;
import io.sluice.walk.LiveTable;
import io.sluice.walk.Traversal;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Sends packets of one thread through one {@link ChainProgram}.
 *
 * <pre>
 *   packet ─▶ words ─▶ leaf (slots that match) ─▶ node ─▶ node ─▶ ... verdict
 *                                                  │ asks a match, has a target act, calls a chain, classifies again
 * </pre>
 *
 * Through few slots a {@link HeaderScan} takes packets, or the walker. What is remembered is bounded: when it is full, packets that would need
 * more are taken slot by slot, and from time to time everything is forgotten. Where that is less work, says a {@link Judge}, packets
 * are taken slot by slot from the beginning.
 */
final class ChainRunner {
  /** All is forgotten at most once for so many packets a byte of memory, in programs of up to {@link #MOST_BITS} slots. */
  private static final int BYTES_PER_PACKET = 64;
  private static final int MIN_PACKETS_TO_FLUSH = 64;
  /** In programs of so many slots those that a packet may match are told by bits; room for these grows with the square. */
  private static final int MOST_BITS = 256;
  /**
   * Of so few slots, where there is no {@link HeaderScan}, the walker takes less time than whatever finds them: four cost packets of
   * which all are alike 24 ns, 31 when they are remembered (LinearBench), and those of which no two are 1.1 times less
   * (AdversaryBench, JDK 25).
   */
  private static final int WALKED = 5;
  /**
   * So many rules are passed over by what they want of headers in the time in which one is asked: of 14 rules an adversary's packet
   * costs 0.6 to 0.8 of what the walker takes, of 8 that remember 0.9, where a look costs 1.05 (AdversaryBench, JDK 25); four cost
   * packets of which all are alike 14 ns instead of the walker's 19 (LinearBench). Rules that are asked whatever is remembered do not
   * count: each is one more look.
   */
  private static final int PASSED_FOR_ONE = 3;
  /**
   * Through so few slots a {@link HeaderScan} takes packets in no more time than finding what is remembered of them takes: 13 cost
   * those of the docker host that come again 62 ns instead of 64 (HostBench), and strangers' a fourth less (StrangersBench).
   */
  private static final int SCANNED = 16;
  /** Of so few slots bits tell which match, in less time than what remembers packets. */
  static final int SHORT = 12;
  /** Of so many slots a long tells which match. */
  private static final int FEW_SLOTS = Long.SIZE;
  /**
   * What remembers packets lies in the caches near by up to so many bytes. With more, a look into it waits for memory, and
   * few slots are found by bits in less time: 16 rules cost an adversary's packet 98 ns instead of 250 (AdversaryBench). The
   * 4,096 packets of HostBench are found in 57 ns as long as they are remembered, by bits in 95.
   */
  private static final long NEAR_BYTES = 1 << 20;
  private static final int NEAR_SHARE = 8;
  /** {@link BoxBits} may take this part of what the chain may. */
  private static final int BIT_SHARE = 2;
  /** What {@link #failedPart} says of a rule that matches. */
  static final int ALL_HOLD = -2;

  private final CompiledEvaluator owner;
  private final ChainProgram program;
  private final LiveChain chain;
  private final ProgramRules rules;
  private final NodeBuilder builder;
  private final int[] words;
  private final PacketFields fields;
  /** What the bound keeps for {@link #bits}, made or not; 0 where slots are too many for them, or memory too little. */
  private final long bitBytes;
  /** Whether a scan asks {@link #bits}: not where somebody wants to know all. */
  private final boolean mayConfine;
  /** Null until somebody asks. */
  private BoxBits bits;
  /** The slots within whose confines the packet is that is scanned. */
  private Within within;
  /** Whether packets are no longer remembered, but looked up by bits. */
  private boolean byBits;
  /** Then, by bits, the slots behind which nothing matters for a packet that is within their confines. */
  private long finals;
  private final long leafBytes;
  private final long packetsToFlush;
  private final long nearBytes;
  private final EvaluatorOptions memory;
  /** Null when nobody wants to know. */
  private final Narrator narrator;
  private final Signature signature;
  /** Its number among the programs that connections remember ways of. */
  private final int number;
  private Evaluator evaluator;
  private Leaves leaves;
  private Node lastEntry;
  private final List<Node> nodes = new ArrayList<>();
  private int depth;
  private boolean full;
  private long packets;
  private long packetsAtFlush;
  private long flushes;
  private long scanned;
  private long remembered;
  /** Searches for what was not remembered, by what has been forgotten since. */
  private long missesForgotten;
  private final Judge judge;
  /** Whether packets whose ways connections do not remember are taken rule by rule, whatever the {@link #judge} says. */
  private final boolean walks;
  /** What takes packets rule by rule; null where the walker does. */
  private final HeaderScan headers;
  /** The last slot that the packet has come to. */
  private int at;

  /** @param number among the programs that connections remember ways of; -1 if it is none of those */
  ChainRunner(CompiledEvaluator owner, ChainProgram program, LiveTable table, long maxBytes, int number) {
    this.owner = owner;
    this.number = number;
    this.signature = number < 0 ? null : Signature.of(program.index);
    this.program = program;
    this.chain = table.chain(program.chain);
    this.rules = new ProgramRules(program, table);
    this.builder = new NodeBuilder(program, rules);
    this.narrator = owner.tracer() == null ? null : new Narrator(owner, program, rules);
    this.bitBytes = bitBytes(program, maxBytes / BIT_SHARE);
    this.leafBytes = (maxBytes - bitBytes) / 2;
    int searches = Math.max(program.slots / MOST_BITS, 1);
    this.packetsToFlush = MIN_PACKETS_TO_FLUSH + leafBytes / ((long) searches * BYTES_PER_PACKET);
    this.memory = new EvaluatorOptions(Math.max(maxBytes - bitBytes - leafBytes, 1 << 10));
    this.words = program.index == null ? null : new int[program.index.classifier.words()];
    this.fields = program.index == null ? null : program.index.fields();
    this.nearBytes = Math.min(NEAR_BYTES, maxBytes / NEAR_SHARE);
    this.mayConfine = bitBytes > 0 && narrator == null;
    this.judge = new Judge(program.slots, owner.scanRules(), bitBytes > 0);
    boolean fewTold = program.slots <= FEW_SLOTS && told(program) < (long) owner.scanRules() * PASSED_FOR_ONE;
    this.headers = narrator == null && fewTold
        ? HeaderScan.of(program, chain, rules, owner.routing(), signature != null || isWithoutRules()) : null;
    this.walks = headers == null && program.isBase() && !isWithoutRules() && program.called.isEmpty()
        && program.slots <= Math.min(owner.scanRules(), WALKED);
    if (program.slots <= SHORT && bitBytes > 0) {
      goByBits();
    }
    forget();
  }

  /** How many slots there are of which what is remembered tells whether they match. */
  private static int told(ChainProgram program) {
    return (int) IntStream.range(0, program.slots).filter(slot -> program.rule(slot).asked.length == 0).count();
  }

  private static long bitBytes(ChainProgram program, long most) {
    if (program.index == null || program.slots > MOST_BITS) {
      return 0;
    }
    long bytes = BoxBits.bytes(program.index.classifier, program.slots);
    return bytes <= most ? bytes : 0;
  }

  private void forget() {
    if (program.index != null) {
      nodes.clear();
      lastEntry = null;
      leaves = new Leaves(program.index.classifier, leafBytes);
      evaluator = byBits ? null : program.index.classifier.evaluator(leaves, memory);
    }
  }

  /** What takes packets whose ways connections do not remember, since slots are few; null where they are to be {@link #run}. */
  HeaderScan shortScan() {
    return program.slots <= SCANNED ? headers : null;
  }

  /** Whether the packet is to be {@link #walked} from the beginning: the chain is short, and no connection remembers its way. */
  boolean walks(SkBuff skb, ActionParam par) {
    if (!walks || signature != null && Flows.mayRemember(skb, par)) {
      return false;
    }
    packets++;
    scanned++;
    return true;
  }

  /** The base chain's verdict on a packet that is taken rule by rule. */
  Verdict walked(SkBuff skb, ActionParam par, Traversal result) {
    return headers == null ? owner.walker().evaluate(chain, skb, par, result) : headers.run(skb, par, result);
  }

  /** The base chain's verdict; for a user chain RETURN when nothing decides. */
  Verdict run(SkBuff skb, ActionParam par, Traversal result) {
    begin();
    boolean remembers = signature != null && Flows.mayRemember(skb, par);
    boolean near = judge.isNear() && !remembers;
    boolean irregular = !near && !PacketFields.isRegular(skb, par);
    if (irregular && program.isBase()) {
      return walk(skb, par, result);
    }
    if (narrator != null) {
      owner.tracer().enter(chain, skb);
    }
    if (near) {
      return judged(scanAll(false, skb, par, result));
    }
    if (irregular) {
      return scanAll(false, skb, par, result);
    }
    Node node = remembers ? known(skb, par) : null;
    if (node != null) {
      return followed(node, skb, par, result);
    }
    if (judge.isStrange()) {
      return judged(headers == null ? scanAll(mayConfine, skb, par, result) : passed(skb, par, result));
    }
    node = remembers ? learned(skb, par) : entry(skb, par);
    return judged(node == null ? scanOn(0, false, skb, par, result) : followed(node, skb, par, result));
  }

  /** A packet whose way no connection has known has been taken as the judge said. */
  private Verdict judged(Verdict verdict) {
    if (judge.isDueAfter(at)) {
      decide();
    }
    return verdict;
  }

  private Verdict followed(Node node, SkBuff skb, ActionParam par, Traversal result) {
    Verdict verdict = follow(node, skb, par, result);
    noteEntry(node); // only now: a target may have sent another packet through here
    return verdict;
  }

  /** Of an irregular packet nothing is known before each rule has been asked, which nothing does in less time. */
  private Verdict walk(SkBuff skb, ActionParam par, Traversal result) {
    scanned++;
    Verdict verdict = walked(skb, par, result);
    noteEntry(null);
    return verdict;
  }

  /** As {@link #walk} of a packet that the {@link #judge} is told of; how far it came is not known. */
  private Verdict passed(SkBuff skb, ActionParam par, Traversal result) {
    Verdict verdict = walk(skb, par, result);
    at = program.slots;
    return verdict;
  }

  private Verdict scanAll(boolean confined, SkBuff skb, ActionParam par, Traversal result) {
    scanned++;
    Verdict verdict = scan(0, false, confined, skb, par, result);
    noteEntry(null);
    return verdict;
  }

  /** Only where somebody asks: to change a reference costs more than a number. */
  private void noteEntry(Node node) {
    if (owner.notesWays()) {
      lastEntry = node;
    }
  }

  /** Where the last packet began whose way is noted; null when it was taken slot by slot. */
  Node lastEntry() {
    return lastEntry;
  }

  /** Null when connections do not remember the ways of their packets here. */
  Signature signature() {
    return signature;
  }

  boolean isWithoutRules() {
    return program.slots == 0;
  }

  /** Whether the next packet may make it forget. */
  boolean isDue() {
    return full;
  }

  /** A packet of a connection goes where one before it did. */
  void count(Node node, int length) {
    if (node == null) {
      chain.countPolicy(length);
      return;
    }
    packets++;
    remembered++;
    node.packets++;
    node.bytes += length;
  }

  private void begin() {
    packets++;
    if (full && depth == 0 && packets - packetsAtFlush > packetsToFlush) {
      flush();
    }
  }

  /** How the next packets are taken. */
  private void decide() {
    if (!byBits && depth == 0 && program.slots <= FEW_SLOTS && bitBytes > 0 && evaluator.rememberedBytes() > nearBytes) {
      goByBits();
      flush();
    }
    judge.decide(misses());
  }

  private void goByBits() {
    byBits = true;
    bits = program.index.bits();
    finals = program.index.finals();
  }

  /** Where the connection's packet before this one began; null when it is not known. */
  private Node known(SkBuff skb, ActionParam par) {
    if (!(memory(skb) instanceof Flow flow) || flow.owner != owner.flows()) {
      return null;
    }
    Node node = flow.entry(number, signature.narrow(skb, par.in(), par.out()), signature.marks(skb, skb.ct().connection()));
    remembered += node == null ? 0 : 1;
    return node;
  }

  private static Object memory(SkBuff skb) {
    return skb.ct().connection().memory(isReply(skb));
  }

  private static boolean isReply(SkBuff skb) {
    return skb.ct().info() == CtInfo.ESTABLISHED_REPLY;
  }

  /** As {@link #entry}, for the connection to remember. */
  private Node learned(SkBuff skb, ActionParam par) {
    Connection connection = skb.ct().connection();
    long narrow = signature.narrow(skb, par.in(), par.out());
    long marks = signature.marks(skb, connection);
    Node node = entry(skb, par);
    if (node != null) {
      connection.setMemory(isReply(skb), owner.flows().after(memory(skb), number, narrow, marks, node));
    }
    return node;
  }

  /** Where a regular packet begins; null when there is no room for it. */
  private Node entry(SkBuff skb, ActionParam par) {
    Leaf leaf = classify(skb, par);
    if (leaf == null || leaf.entry != null) {
      return leaf == null ? null : leaf.entry;
    }
    leaf.entry = build(leaf, 0, false);
    return leaf.entry;
  }

  private Verdict scanOn(int slot, boolean matched, SkBuff skb, ActionParam par, Traversal result) {
    full = true;
    scanned++;
    return scan(slot, matched, mayConfine && PacketFields.isRegular(skb, par), skb, par, result);
  }

  /** Null when there is no room for what would have to be remembered. */
  private Leaf classify(SkBuff skb, ActionParam par) {
    fields.read(words, skb, par);
    if (byBits) {
      long in = bits.match(words);
      long last = Long.lowestOneBit(in & finals);
      return leaves.get(leaves.of(last == 0 ? in : in & 2 * last - 1));
    }
    return leaves.get(evaluator.classify(words));
  }

  private Verdict follow(Node first, SkBuff skb, ActionParam par, Traversal result) {
    Node node = first;
    int slot = 0;
    boolean matched = false;
    while (true) {
      if (narrator != null) {
        narrator.stretch(slot, matched, node, skb, par);
      }
      node.packets++;
      node.bytes += skb.length();
      slot = node.slot;
      at = slot;
      matched = false;
      Node following;
      switch (node.kind) {
        case Node.DECIDE:
          result.decide(node.rule);
          return node.verdict;
        case Node.POLICY:
          if (narrator != null && program.isBase()) {
            owner.tracer().policy(chain, node.verdict);
          }
          return node.verdict;
        case Node.ASK:
          int failed = failedPart(node.rule, rules.asked(slot), skb, par);
          matched = failed == ALL_HOLD;
          if (!matched && narrator != null) {
            owner.tracer().noMatch(node.rule, failed, skb);
          }
          if (par.hotdrop()) {
            return hotdrop(slot, matched, skb, par, result);
          }
          following = answered(node, matched);
          slot = matched ? slot : program.next(slot);
          break;
        case Node.TARGET:
          Verdict verdict = act(node.rule, skb, par);
          if (verdict == Verdict.RETURN) {
            return scanOn(program.back(slot), false, skb, par, result);
          }
          if (verdict != Verdict.CONTINUE) {
            result.decide(node.rule);
            return verdict;
          }
          following = after(node, skb, par);
          slot = program.next(slot);
          break;
        default:
          Verdict called = call(node.rule, skb, par, result);
          if (called != Verdict.RETURN) {
            return called;
          }
          following = after(node, skb, par);
          slot = program.body(slot);
      }
      if (following == null) {
        return scanOn(slot, matched, skb, par, result);
      }
      node = following;
    }
  }

  /** Where it goes on when what a node asks holds or does not; null when there is no room for it. */
  private Node answered(Node node, boolean holds) {
    if (holds) {
      if (node.next == null) {
        node.next = build(node.leaf, node.slot, true);
      }
      return node.next;
    }
    if (node.other == null) {
      node.other = build(node.leaf, program.next(node.slot), false);
    }
    return node.other;
  }

  /** Where it goes on after a target or a call; null when there is no room for it. */
  private Node after(Node node, SkBuff skb, ActionParam par) {
    int slot = node.kind == Node.TARGET ? program.next(node.slot) : program.body(node.slot);
    if (program.index.reclassifies[node.slot]) {
      return resume(slot, skb, par);
    }
    if (node.next == null) {
      node.next = build(node.leaf, slot, false);
    }
    return node.next;
  }

  /** The packet has changed: which slots it matches now. */
  private Node resume(int slot, SkBuff skb, ActionParam par) {
    Leaf leaf = classify(skb, par);
    return leaf == null ? null : build(leaf, slot, false);
  }

  /**
   * The node that begins at a slot, made if need be.
   *
   * @param matched whether the slot's rule has been found to match
   * @return null when there is no room for it
   */
  private Node build(Leaf leaf, int slot, boolean matched) {
    int place = slot << 1 | (matched ? 1 : 0);
    Node node = leaf.node(place);
    if (node == null) {
      node = builder.build(leaf, slot, matched);
      if (!leaves.reserve(node.size())) {
        full = true;
        return null;
      }
      leaf.put(place, node);
      nodes.add(node);
    }
    return node;
  }

  /** A match has dropped the packet; one that said yes all the same still has its rule counted and its target act. */
  private Verdict hotdrop(int slot, boolean matched, SkBuff skb, ActionParam par, Traversal result) {
    if (matched) {
      return scan(slot, true, false, skb, par, result);
    }
    result.hotdrop(rules.at(slot));
    return Verdict.DROP;
  }

  /** Which of the parts that must be asked is the first not to hold; {@link #ALL_HOLD} if the rule matches. */
  private static int failedPart(LiveRule rule, int[] asked, SkBuff skb, ActionParam par) {
    for (int part : asked) {
      if (part == LoweredRule.IP_PART) {
        if (!rule.ip().matches(skb, par)) {
          return part;
        }
      } else {
        par.setState(rule.matchState(part));
        if (!rule.match(part).matches(skb, par)) {
          return part;
        }
      }
    }
    return ALL_HOLD;
  }

  private Verdict act(LiveRule rule, SkBuff skb, ActionParam par) {
    depth++;
    try {
      par.setState(rule.targetState());
      return ((ExtensionTarget) rule.rule().target()).target(skb, par);
    } finally {
      depth--;
    }
  }

  private Verdict call(LiveRule rule, SkBuff skb, ActionParam par, Traversal result) {
    depth++;
    try {
      owner.visit(chain, 1);
      return owner.runner(rule.jump()).run(skb, par, result);
    } finally {
      depth--;
    }
  }

  /**
   * Goes on at a slot as the walker does.
   *
   * @param isMatched whether the packet has been found to match there
   * @param confined whether only slots are asked within whose confines the packet is, which must be a regular one
   */
  private Verdict scan(int from, boolean isMatched, boolean confined, SkBuff skb, ActionParam par, Traversal result) {
    if (confined) {
      confine(skb, par);
    }
    int slot = from;
    int asked = 0;
    boolean matched = isMatched;
    while (true) {
      slot = confined && !matched ? program.firstOf(within, slot) : slot;
      at = slot;
      if (slot == program.slots) {
        break;
      }
      LiveRule rule = rules.at(slot);
      asked++;
      int failed = matched ? ALL_HOLD : confined ? failedPart(rule, rules.asked(slot), skb, par) : failedPart(rule, skb, par);
      if (failed != ALL_HOLD) {
        if (narrator != null) {
          owner.tracer().noMatch(rule, failed, skb);
        }
        if (par.hotdrop()) {
          return hotdrop(slot, false, skb, par, result);
        }
        slot = program.next(slot);
        continue;
      }
      matched = false;
      owner.visit(chain, asked); // before anything is done, and where it may go on for ever
      asked = 0;
      if (narrator != null) {
        owner.tracer().match(rule, skb);
      }
      rule.count(skb.length());
      int kind = program.kind(slot);
      Verdict verdict = kind == ChainProgram.TARGET ? act(rule, skb, par) : Verdict.CONTINUE;
      if (par.hotdrop()) {
        return hotdrop(slot, false, skb, par, result);
      }
      if (confined && kind == ChainProgram.TARGET) { // it may have changed the packet, or sent another one through here
        confine(skb, par);
      }
      switch (kind) {
        case ChainProgram.NONE:
          slot = program.next(slot);
          break;
        case ChainProgram.RETURN:
          slot = program.back(slot);
          break;
        case ChainProgram.BODY:
          if (narrator != null) {
            owner.tracer().enter(rule.jump(), skb);
          }
          slot = program.body(slot);
          break;
        case ChainProgram.CALL:
          verdict = call(rule, skb, par, result);
          if (verdict != Verdict.RETURN) {
            return verdict;
          }
          if (confined) {
            confine(skb, par);
          }
          slot = program.body(slot);
          break;
        case ChainProgram.DECIDE:
          result.decide(rule);
          return ((io.sluice.ruleset.Target.Decide) rule.rule().target()).verdict();
        default:
          if (verdict == Verdict.CONTINUE) {
            slot = program.next(slot);
          } else if (verdict == Verdict.RETURN) {
            slot = program.back(slot);
          } else {
            result.decide(rule);
            return verdict;
          }
      }
    }
    if (program.isBase()) {
      chain.countPolicy(skb.length());
      if (narrator != null) {
        owner.tracer().policy(chain, program.policy);
      }
    }
    return program.policy;
  }

  /** Finds the slots within whose confines the packet is. */
  private void confine(SkBuff skb, ActionParam par) {
    if (within == null) {
      bits = program.index.bits();
      within = new Within(bits);
    }
    fields.read(words, skb, par);
    within.find(words);
  }

  /** The first part of a rule that does not hold, asked in their order as the walker does. */
  static int failedPart(LiveRule rule, SkBuff skb, ActionParam par) {
    return rule.ip().matches(skb, par) ? failedMatch(rule, 0, skb, par) : LoweredRule.IP_PART;
  }

  /** The same where what every rule has holds, and the matches before {@code first}. */
  static int failedMatch(LiveRule rule, int first, SkBuff skb, ActionParam par) {
    for (int i = first; i < rule.matchCount(); i++) {
      Match match = rule.match(i);
      par.setState(rule.matchState(i));
      if (!match.matches(skb, par)) {
        return i;
      }
    }
    return ALL_HOLD;
  }

  /** Puts the counts kept in nodes where they belong. */
  void settle() {
    for (Node node : nodes) {
      if (node.packets != 0) {
        for (LiveRule rule : node.hits) {
          rule.add(node.packets, node.bytes);
        }
        if (node.kind == Node.POLICY && program.isBase()) {
          chain.addPolicy(node.packets, node.bytes);
        }
        node.packets = 0;
        node.bytes = 0;
      }
    }
  }

  private long misses() {
    return missesForgotten + leaves.misses() + (evaluator == null ? 0 : evaluator.misses());
  }

  private void flush() {
    settle();
    missesForgotten = misses();
    forget();
    owner.flows().forget();
    full = false;
    flushes++;
    packetsAtFlush = packets;
  }

  ChainStats stats() {
    long taken = headers == null ? 0 : headers.taken();
    return new ChainStats(program.table, program.chain, program.slots, program.bytes(), packets + taken, scanned + taken, remembered,
        flushes, leaves == null ? 0 : leaves.count(), nodes.size(),
        (int) nodes.stream().filter(node -> node.kind == Node.ASK).count(), leaves == null ? 0 : leaves.bytes(),
        bits == null ? 0 : bits.bytes(),
        evaluator == null ? java.util.Optional.empty() : java.util.Optional.of(evaluator.stats()));
  }
}
