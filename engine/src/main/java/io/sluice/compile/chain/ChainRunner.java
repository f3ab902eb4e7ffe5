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

/**
 * Sends packets of one thread through one {@link ChainProgram}.
 *
 * <pre>
 *   packet ─▶ words ─▶ leaf (slots that match) ─▶ node ─▶ node ─▶ ... verdict
 *                                                  │ asks a match, has a target act, calls a chain, classifies again
 * </pre>
 *
 * What is remembered is bounded: when it is full, packets that would need more are taken slot by slot, and from time to
 * time everything is forgotten.
 */
final class ChainRunner {
  /** All is forgotten at most once for so many packets a byte of memory, where a packet's scan costs no more than a search. */
  private static final int BYTES_PER_PACKET = 64;
  private static final int MIN_PACKETS_TO_FLUSH = 64;
  /**
   * A search for what is not remembered costs as much as so many rules, about: in shorter programs packets of which hardly
   * any is like another are better taken slot by slot.
   */
  static final int SLOTS_WORTH_A_SEARCH = 256;
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
  /** After so many packets is looked how many had to be searched for; if it was one in {@link #RARE}, so many are scanned. */
  private static final int WINDOW = 1 << 10;
  private static final int RARE = 4;
  private static final int WINDOWS_SCANNED = 64;
  /** Each time that it was the same again, twice as many are scanned, up to so many. */
  private static final int MOST_WINDOWS_SCANNED = 1 << 14;

  /** What {@link #failedPart} says of a rule that matches. */
  static final int ALL_HOLD = -2;
  /** A rule does not match, and nobody asks which part of it: the packet is not within its confines. */
  private static final int OUTSIDE = -3;

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
  /** By slot, a bit each: whether the packet is within the slot's confines. */
  private long[] within;
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
  private long windowEnd = WINDOW;
  /** Searches for what was not remembered: by what has been forgotten since, and at the last look. */
  private long missesForgotten;
  private long missesBefore;
  private int windowsScanned = WINDOWS_SCANNED;
  private boolean scanning;

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
    int searches = Math.max(program.slots / SLOTS_WORTH_A_SEARCH, 1);
    this.packetsToFlush = MIN_PACKETS_TO_FLUSH + leafBytes / ((long) searches * BYTES_PER_PACKET);
    this.memory = new EvaluatorOptions(Math.max(maxBytes - bitBytes - leafBytes, 1 << 10));
    this.words = program.index == null ? null : new int[program.index.classifier.words()];
    this.fields = program.index == null ? null : program.index.fields();
    this.nearBytes = Math.min(NEAR_BYTES, maxBytes / NEAR_SHARE);
    this.mayConfine = bitBytes > 0 && narrator == null;
    forget();
  }

  private static long bitBytes(ChainProgram program, long most) {
    if (program.index == null || program.slots > SLOTS_WORTH_A_SEARCH) {
      return 0;
    }
    long bytes = BoxBits.bytes(program.index.classifier, program.slots);
    return bytes <= most ? bytes : 0;
  }

  private void forget() {
    if (program.index != null) {
      nodes.clear();
      leaves = new Leaves(program.index.classifier, leafBytes);
      evaluator = byBits ? null : program.index.classifier.evaluator(leaves, memory);
    }
  }

  /** The base chain's verdict; for a user chain RETURN when nothing decides. */
  Verdict run(SkBuff skb, ActionParam par, Traversal result) {
    owner.visit(chain);
    if (narrator != null) {
      owner.tracer().enter(chain, skb);
    }
    if (program.index == null) {
      return scan(0, false, skb, par, result);
    }
    begin();
    if (scanning || !PacketFields.isRegular(skb, par)) {
      scanned++;
      lastEntry = null;
      return scan(0, false, skb, par, result);
    }
    Node node = entry(skb, par);
    Verdict verdict = node == null ? scanOn(0, false, skb, par, result) : follow(node, skb, par, result);
    lastEntry = node; // only now: a target may have sent another packet through here
    return verdict;
  }

  /** Where the last packet began; null when it was taken slot by slot. */
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

  /** Whether the next packet may make it forget, or judge how it is to remember. */
  boolean isDue() {
    return packets == windowEnd || full || scanning;
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
    if (packets++ == windowEnd && program.index != null) {
      judge();
    }
    if (full && depth == 0 && packets - packetsAtFlush > packetsToFlush) {
      flush();
    }
  }

  private void judge() {
    if (!byBits && depth == 0 && program.slots <= FEW_SLOTS && bitBytes > 0 && evaluator.rememberedBytes() > nearBytes) {
      byBits = true;
      bits = program.index.bits();
      finals = program.index.finals();
      flush();
    }
    long misses = misses();
    boolean rare = RARE * (misses - missesBefore) > WINDOW;
    missesBefore = misses;
    if (!scanning && rare && program.slots <= SLOTS_WORTH_A_SEARCH) {
      scanning = true;
      windowEnd = packets + (long) windowsScanned * WINDOW;
      windowsScanned = Math.min(windowsScanned * 2, MOST_WINDOWS_SCANNED);
      return;
    }
    windowsScanned = scanning ? windowsScanned : WINDOWS_SCANNED;
    scanning = false;
    windowEnd = packets + WINDOW;
  }

  /** Where a regular packet begins; null when there is no room for it. */
  private Node entry(SkBuff skb, ActionParam par) {
    if (signature == null || !Flows.mayRemember(skb, par)) {
      return classifiedEntry(skb, par);
    }
    Connection connection = skb.ct().connection();
    boolean reply = skb.ct().info() == CtInfo.ESTABLISHED_REPLY;
    long narrow = signature.narrow(skb, par.in(), par.out());
    long marks = signature.marks(skb, connection);
    Object memory = connection.memory(reply);
    Node node = memory instanceof Flow flow && flow.owner == owner.flows() ? flow.entry(number, narrow, marks) : null;
    if (node != null) {
      remembered++;
      return node;
    }
    node = classifiedEntry(skb, par);
    if (node != null) {
      connection.setMemory(reply, owner.flows().after(memory, number, narrow, marks, node));
    }
    return node;
  }

  private Node classifiedEntry(SkBuff skb, ActionParam par) {
    Leaf leaf = classify(skb, par);
    if (leaf == null || leaf.entry != null) {
      return leaf == null ? null : leaf.entry;
    }
    leaf.entry = build(leaf, 0, false);
    return leaf.entry;
  }

  /** As {@link #entry}, but null also for packets and chains that are taken slot by slot. */
  Node predict(SkBuff skb, ActionParam par) {
    begin();
    return program.index == null || !PacketFields.isRegular(skb, par) ? null : entry(skb, par);
  }

  private Verdict scanOn(int slot, boolean matched, SkBuff skb, ActionParam par, Traversal result) {
    full = true;
    scanned++;
    return scan(slot, matched, skb, par, result);
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
          int failed = failedPart(node.rule, program.rule(slot).asked, skb, par);
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
  Node answered(Node node, boolean holds) {
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
  Node after(Node node, SkBuff skb, ActionParam par) {
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
      return scan(slot, true, skb, par, result);
    }
    result.hotdrop(rules.at(slot));
    return Verdict.DROP;
  }

  /** Which of the parts that must be asked is the first not to hold; {@link #ALL_HOLD} if the rule matches. */
  private static int failedPart(LiveRule rule, int[] asked, SkBuff skb, ActionParam par) {
    for (int part : asked) {
      if (part == LoweredRule.IP_PART) {
        if (!rule.rule().ip().matches(skb, par)) {
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
      return owner.runner(rule.jump()).run(skb, par, result);
    } finally {
      depth--;
    }
  }

  /** Goes through the slots one by one, from {@code slot} on, as the walker does. */
  private Verdict scan(int from, boolean isMatched, SkBuff skb, ActionParam par, Traversal result) {
    int slot = from;
    boolean matched = isMatched;
    boolean confined = mayConfine && PacketFields.isRegular(skb, par);
    if (confined) {
      confine(skb, par);
    }
    while (slot != program.slots) {
      LiveRule rule = rules.at(slot);
      owner.visit(chain);
      int failed = matched ? ALL_HOLD : confined ? failedWithin(slot, skb, par) : failedPart(rule, skb, par);
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
      within = new long[bits.longs()];
    }
    fields.read(words, skb, par);
    bits.match(words, within);
  }

  /** As {@link #failedPart}, {@link #OUTSIDE} where the packet is not within a slot's confines. */
  private int failedWithin(int slot, SkBuff skb, ActionParam par) {
    return (within[slot >>> 6] >>> slot & 1) == 0 ? OUTSIDE : failedPart(rules.at(slot), program.rule(slot).asked, skb, par);
  }

  /** The first part of a rule that does not hold, asked in their order as the walker does. */
  static int failedPart(LiveRule rule, SkBuff skb, ActionParam par) {
    if (!rule.rule().ip().matches(skb, par)) {
      return LoweredRule.IP_PART;
    }
    for (int i = 0; i < rule.matchCount(); i++) {
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
    return new ChainStats(program.table, program.chain, program.slots, program.bytes(), packets, scanned, remembered, flushes,
        leaves == null ? 0 : leaves.count(), nodes.size(),
        (int) nodes.stream().filter(node -> node.kind == Node.ASK).count(), leaves == null ? 0 : leaves.bytes(),
        bits == null ? 0 : bits.bytes(),
        evaluator == null ? java.util.Optional.empty() : java.util.Optional.of(evaluator.stats()));
  }
}
