package io.sluice.compile.chain;

import io.sluice.host.NetDevice;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.AddressMask;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.IpMatch;
import io.sluice.ruleset.Target;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRule;
import io.sluice.walk.Traversal;
import java.util.stream.IntStream;

/**
 * Takes IPv4 packets rule by rule through a base chain of few slots, as the walker does, but passes over rules that want other
 * addresses, another protocol or other interfaces: two words of a packet tell, by two values and masks a rule, without a branch.
 * Here the rules are {@code -s 10.0.0.0/8 -p udp -g USER}, in USER {@code -d 192.0.2.1 ! -i lan -j RETURN} and
 * {@code -p tcp}, and again in the base chain {@code -p tcp}:
 *
 * <pre>
 *   slot  source, destination                  protocol, in-, out-interface             matched  missed
 *   0     0a00000000000000/ff00000000000000    1100000000000000/ff00000000000000         6        8
 *   1     00000000c0000201/00000000ffffffff    0000000000000000/0000000000000000         0        c     asked: ! -i
 *   2     0000000000000000/0000000000000000    0600000000000000/ff00000000000000         0        0
 *   3     0000000000000000/0000000000000000    0600000000000000/ff00000000000000         0        0
 * </pre>
 *
 * The last two are the slots that may still be ahead, by bits, once the slot's rule has matched or has not: packets never go back.
 * Of an interface the hash of its name tells, which another name may have, too: rules with one are asked. All of this holds for any
 * packet, whole or cut short, since it is what the walker asks first. One thread.
 */
final class HeaderScan {
  private static final int LONGS = 4;
  private static final int PROTOCOL_SHIFT = 56;
  private static final int IN_SHIFT = 28;
  private static final long DEVICE_MASK = (1L << IN_SHIFT) - 1;
  private static final AddressMask ANY = AddressMask.any(Family.IPV4);

  private final LiveChain chain;
  private final Verdict policy;
  private final LiveRule[] rules;
  /** The verdict of rules that decide, of others CONTINUE. */
  private final Verdict[] verdicts;
  /** The targets that must be asked to act; null where there is none. What a target is takes JDK 17 long to find out. */
  private final ExtensionTarget[] extensions;
  /** Value and mask of addresses, value and mask of the others, by slot. */
  final long[] tests;
  final long[] matched;
  final long[] missed;
  /** What may be ahead once the slot's target has returned. */
  private final long[] returned;
  /** The slots of the chain that a slot calls, with those that are called from there. */
  private final long[] bodies;
  /** The slots that call, ascending. */
  private final int[] calls;
  /** Of which slots' rules these tests are all that every rule has. */
  private final long whole;
  /** Whether any rule names an interface. */
  private final boolean readsDevices;

  private HeaderScan(ChainProgram program, LiveChain chain, ProgramRules live) {
    int slots = program.slots;
    this.chain = chain;
    this.policy = program.policy;
    this.rules = new LiveRule[slots];
    this.verdicts = new Verdict[slots];
    this.extensions = new ExtensionTarget[slots];
    this.tests = new long[LONGS * slots];
    this.matched = new long[slots];
    this.missed = new long[slots];
    this.returned = new long[slots];
    this.bodies = new long[slots];
    this.calls = IntStream.range(0, slots).filter(slot -> program.kind(slot) == ChainProgram.BODY).toArray();
    long all = 0;
    boolean devices = false;
    for (int slot = 0; slot < slots; slot++) {
      rules[slot] = live.at(slot);
      Target target = rules[slot].rule().target();
      verdicts[slot] = target instanceof Target.Decide decide ? decide.verdict() : Verdict.CONTINUE;
      extensions[slot] = target instanceof ExtensionTarget extension ? extension : null;
      IpMatch ip = rules[slot].ip();
      all |= isWhole(ip) ? 1L << slot : 0;
      devices |= isNamed(ip.inInterface(), ip.inInverted()) || isNamed(ip.outInterface(), ip.outInverted());
      addTests(LONGS * slot, ip);
      missed[slot] = from(program.next(slot));
      returned[slot] = from(program.back(slot));
      bodies[slot] = body(program, slot);
      matched[slot] = switch (program.kind(slot)) {
        case ChainProgram.BODY -> bodies[slot] | (program.rule(slot).goes ? returned[slot] : missed[slot]);
        case ChainProgram.DECIDE -> 0;
        case ChainProgram.RETURN -> returned[slot];
        default -> missed[slot];
      };
    }
    this.whole = all;
    this.readsDevices = devices;
    assert isSound();
  }

  /**
   * Whether packets go ahead only, to slots that there are, into called chains by their callers alone, and every test asks nothing of
   * bits that its mask leaves out.
   */
  boolean isSound() {
    long inside = 0;
    for (int slot = rules.length - 1; slot >= 0; slot--) {
      long behind = from(slot + 1);
      boolean ahead = ((matched[slot] | missed[slot] | returned[slot] | bodies[slot]) & ~behind) == 0;
      boolean bodyIsSkipped = (bodies[slot] & (missed[slot] | returned[slot])) == 0;
      boolean bodyOrBehind = (matched[slot] & ~(bodies[slot] | missed[slot])) == 0;
      int at = LONGS * slot;
      boolean masked = (tests[at] & ~tests[at + 1] | tests[at + 2] & ~tests[at + 3]) == 0;
      if (!(ahead && bodyIsSkipped && bodyOrBehind && masked)) {
        return false;
      }
      inside |= bodies[slot];
    }
    return (inside & from(rules.length)) == 0;
  }

  /** Null for programs that this is not for. */
  static HeaderScan of(ChainProgram program, LiveChain chain, ProgramRules live) {
    return program.isBase() && program.family == Family.IPV4 && program.slots > 0 && program.slots <= Long.SIZE
        && program.called.isEmpty() && !program.layout.hasGaps() ? new HeaderScan(program, chain, live) : null;
  }

  private static long from(int slot) {
    return slot == Long.SIZE ? 0 : -1L << slot;
  }

  private static long body(ChainProgram program, int slot) {
    boolean isHere = slot + 1 < program.slots && program.caller(slot + 1) == slot;
    return isHere ? from(slot + 1) & ~from(program.end(slot + 1)) : 0;
  }

  private static boolean isWhole(IpMatch ip) {
    return !(ip.sourceInverted() || ip.destinationInverted() || ip.protocolInverted() || ip.fragment())
        && ip.inInterface().isEmpty() && ip.outInterface().isEmpty();
  }

  private void addTests(int at, IpMatch ip) {
    AddressMask source = ip.sourceInverted() ? ANY : ip.source();
    AddressMask destination = ip.destinationInverted() ? ANY : ip.destination();
    boolean protocol = ip.protocol() != 0 && !ip.protocolInverted();
    boolean in = isNamed(ip.inInterface(), ip.inInverted());
    boolean out = isNamed(ip.outInterface(), ip.outInverted());
    tests[at] = source.lo() << 32 | destination.lo();
    tests[at + 1] = source.maskLo() << 32 | destination.maskLo();
    tests[at + 2] = (protocol ? (long) ip.protocol() << PROTOCOL_SHIFT : 0) | (in ? name(ip.inInterface()) << IN_SHIFT : 0)
        | (out ? name(ip.outInterface()) : 0);
    tests[at + 3] = (protocol ? 0xffL << PROTOCOL_SHIFT : 0) | (in ? DEVICE_MASK << IN_SHIFT : 0) | (out ? DEVICE_MASK : 0);
  }

  /** Whether a rule wants one interface. */
  private static boolean isNamed(String pattern, boolean inverted) {
    return !inverted && !pattern.isEmpty() && !pattern.endsWith("+");
  }

  private static long name(String device) {
    return device.hashCode() & DEVICE_MASK;
  }

  private static long name(NetDevice device) {
    return device == null ? 0 : name(device.name());
  }

  /** The chain's verdict. */
  Verdict run(SkBuff skb, ActionParam par, Traversal result) {
    result.begin(chain);
    long ahead = -1;
    long left = mayMatch(ahead, skb, par);
    while (left != 0) {
      int slot = Long.numberOfTrailingZeros(left);
      LiveRule rule = rules[slot];
      boolean ip = (whole >>> slot & 1) != 0 || rule.ip().matches(skb, par);
      if (!ip || ChainRunner.failedMatch(rule, skb, par) != ChainRunner.ALL_HOLD) {
        if (par.hotdrop()) {
          return hotdrop(rule, result);
        }
        ahead &= missed[slot];
        left &= ahead;
        continue;
      }
      rule.count(skb.length());
      ahead &= matched[slot];
      Verdict verdict = verdicts[slot];
      ExtensionTarget extension = extensions[slot];
      if (extension != null) {
        par.setState(rule.targetState());
        verdict = extension.target(skb, par);
        ahead &= verdict == Verdict.RETURN ? returned[slot] : -1;
      }
      if (par.hotdrop()) {
        return hotdrop(rule, result);
      }
      if (verdict != Verdict.CONTINUE && verdict != Verdict.RETURN) {
        result.decide(rule);
        return verdict;
      }
      if (extension != null) {
        left = mayMatch(ahead, skb, par); // it may have changed the packet
      }
      left &= ahead;
    }
    chain.countPolicy(skb.length());
    return policy;
  }

  private static Verdict hotdrop(LiveRule rule, Traversal result) {
    result.hotdrop(rule);
    return Verdict.DROP;
  }

  /** The slots ahead whose rules do not want other headers, and neither do those that call them from ahead. */
  private long mayMatch(long ahead, SkBuff skb, ActionParam par) {
    long addresses = skb.srcLo() << 32 | skb.dstLo();
    long others = (long) skb.protocol() << PROTOCOL_SHIFT;
    if (readsDevices) {
      others |= name(par.in()) << IN_SHIFT | name(par.out());
    }
    long may = mayMatch(tests, addresses, others) & ahead;
    for (int call : calls) {
      may &= ~bodies[call] | -(may >>> call & 1) | -(~ahead >>> call & 1); // unless it may match, or is passed
    }
    return may;
  }

  private static long mayMatch(long[] tests, long addresses, long others) {
    long may = 0;
    for (int at = tests.length - LONGS; at >= 0; at -= LONGS) {
      long differs = addresses & tests[at + 1] ^ tests[at] | others & tests[at + 3] ^ tests[at + 2];
      may = may << 1 | ~(differs | -differs) >>> 63;
    }
    return may;
  }

  /** The tests and what may be ahead, slot by slot, as the picture above shows them. */
  String dump() {
    StringBuilder out = new StringBuilder();
    long slots = ~from(rules.length);
    for (int slot = 0; slot < rules.length; slot++) {
      int at = LONGS * slot;
      out.append(String.format("%d %016x/%016x %016x/%016x %x %x%s%n", slot, tests[at], tests[at + 1], tests[at + 2], tests[at + 3],
          matched[slot] & slots, missed[slot] & slots, (whole >>> slot & 1) != 0 ? "" : " asked"));
    }
    return out.toString();
  }
}
