package io.sluice.compile.chain;

import io.sluice.host.Routing;
import io.sluice.net.ActionParam;
import io.sluice.net.CtState;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.IpMatch;
import io.sluice.ruleset.Target;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRule;
import io.sluice.walk.Traversal;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Takes IPv4 packets rule by rule through a base chain of few slots, as the walker does, but passes over rules that want other
 * addresses, addresses of another type, another protocol, other interfaces or another ctstate: each of these tells by bits which
 * slots are left. Here the rules are {@code -s 10.0.0.0/8 -p udp -g USER}, in USER {@code -d 192.0.2.1 ! -i lan -j RETURN} and
 * {@code -p tcp}, and again in the base chain {@code -p tcp -m conntrack --ctstate INVALID -m addrtype --src-type MULTICAST}:
 *
 * <pre>
 *   source, destination 0a00000000000000/ff00000000000000 1        value and mask; the slots that want them
 *   source, destination 00000000c0000201/00000000ffffffff 2
 *   source type         7 e0000000:f f0000000:7                   the slots that addresses take from 0.0.0.0, 224.0.0.0, 240.0.0.0 on
 *   protocol            2 6:e 17:3                                 the slots that any other takes; 6; 17
 *   in                  f                                          without an interface; others when they are first seen
 *   ctstate             7 0:f 8:f 16:f 24:f                        as protocol
 *
 *   slot                matched  missed
 *   0                   6        8
 *   1                   0        c
 *   2                   0        0
 *   3                   0        0
 * </pre>
 *
 * The last two are the slots that may still be ahead, by bits, once the slot's rule has matched or has not: packets never go back.
 * A ctstate or an address's type tells where the matches in front want nothing else; the matches of a rule that are left are asked.
 * All of this holds for any packet, whole or cut short, since it is what the walker asks first. One thread.
 */
final class HeaderScan {
  private static final int PROTOCOLS = 256;
  /** Of a test: value, mask, slots, and all ones where these want other addresses. */
  private static final int LONGS = 4;

  private final LiveChain chain;
  private final Verdict policy;
  private final LiveRule[] rules;
  /** The verdict of rules that decide, of others CONTINUE. */
  private final Verdict[] verdicts;
  /** The targets that must be asked to act; null where there is none. What a target is takes JDK 17 long to find out. */
  private final ExtensionTarget[] extensions;
  /** Of addresses. */
  final long[] tests;
  /** Which slots take the address's type; null, as what follows, where no rule wants one. */
  final AddressSlots sourceTypes;
  private final AddressSlots destinationTypes;
  /** By protocol. */
  private final long[] protocols;
  private final DeviceSlots in;
  private final DeviceSlots out;
  /** By ctstate. */
  private final long[] states;
  private final long all;
  /** The slots of which more must be asked, and from which match on. */
  private final long asked;
  private final int[] firstAsked;
  /**
   * Whether the chain has one rule, which asks every packet, as {@code -m addrtype --dst-type LOCAL -j DOCKER}: what headers tell
   * of others may wait.
   */
  private final boolean gated;
  final long[] matched;
  final long[] missed;
  /** What may be ahead once the slot's target has returned. */
  private final long[] returned;
  /** The slots of the chain that a slot calls, with those that are called from there. */
  private final long[] bodies;
  /** The slots that call, ascending. */
  private final int[] calls;
  /** Whether connections remember the ways of their packets here. */
  private final boolean remembered;
  private long taken;

  private HeaderScan(ChainProgram program, LiveChain chain, ProgramRules live, Routing routing, boolean remembered) {
    int slots = program.slots;
    this.chain = chain;
    this.remembered = remembered;
    this.policy = program.policy;
    this.rules = new LiveRule[slots];
    this.verdicts = new Verdict[slots];
    this.extensions = new ExtensionTarget[slots];
    this.matched = new long[slots];
    this.missed = new long[slots];
    this.returned = new long[slots];
    this.bodies = new long[slots];
    this.calls = IntStream.range(0, slots).filter(slot -> program.kind(slot) == ChainProgram.BODY).toArray();
    IpMatch[] ips = new IpMatch[slots];
    for (int slot = 0; slot < slots; slot++) {
      rules[slot] = live.at(slot);
      ips[slot] = rules[slot].ip();
      Target target = rules[slot].rule().target();
      verdicts[slot] = target instanceof Target.Decide decide ? decide.verdict() : Verdict.CONTINUE;
      extensions[slot] = target instanceof ExtensionTarget extension ? extension : null;
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
    this.all = bits(slot -> true);
    List<FrontMatches> fronts = Stream.of(rules).map(FrontMatches::of).toList();
    this.firstAsked = fronts.stream().mapToInt(FrontMatches::count).toArray();
    this.asked = bits(slot -> firstAsked[slot] < rules[slot].matchCount() || ips[slot].fragment());
    this.tests = tests(ips);
    this.protocols = Stream.of(ips).allMatch(ip -> ip.protocol() == 0) ? null : slots(PROTOCOLS, (slot, protocol) ->
        ips[slot].protocol() == 0 || (ips[slot].protocol() == protocol) != ips[slot].protocolInverted());
    this.in = DeviceSlots.of(Stream.of(ips).map(IpMatch::inInterface).toList(), bits(slot -> ips[slot].inInverted()));
    this.out = DeviceSlots.of(Stream.of(ips).map(IpMatch::outInterface).toList(), bits(slot -> ips[slot].outInverted()));
    this.sourceTypes = AddressSlots.of(routing, Field.SOURCE, fronts);
    this.destinationTypes = AddressSlots.of(routing, Field.DESTINATION, fronts);
    this.states = fronts.stream().noneMatch(FrontMatches::wantsState) ? null
        : slots(CtState.COUNT, (slot, number) -> fronts.get(slot).isState(number));
    this.gated = slots > 0 && missed[0] == 0 && (asked & 1) != 0 && wantsNothing(ips[0]) && firstAsked[0] == 0;
    assert isSound();
  }

  private static boolean wantsNothing(IpMatch ip) {
    return ip.equals(IpMatch.any(Family.IPV4));
  }

  /** By value, the slots that take it. */
  private long[] slots(int values, BiPredicate<Integer, Integer> takes) {
    return IntStream.range(0, values).mapToLong(value -> bits(slot -> takes.test(slot, value))).toArray();
  }

  /** The slots of which something holds. */
  private long bits(IntPredicate holds) {
    return IntStream.range(0, rules.length).filter(holds).mapToLong(slot -> 1L << slot).sum();
  }

  /**
   * Whether packets go ahead only, to slots that there are, into called chains by their callers alone, and every test asks nothing
   * of bits that its mask leaves out.
   */
  boolean isSound() {
    long inside = 0;
    for (int slot = rules.length - 1; slot >= 0; slot--) {
      long behind = from(slot + 1);
      boolean ahead = ((matched[slot] | missed[slot] | returned[slot] | bodies[slot]) & ~behind) == 0;
      boolean bodyIsSkipped = (bodies[slot] & (missed[slot] | returned[slot])) == 0;
      boolean bodyOrBehind = (matched[slot] & ~(bodies[slot] | missed[slot])) == 0;
      if (!(ahead && bodyIsSkipped && bodyOrBehind)) {
        return false;
      }
      inside |= bodies[slot];
    }
    for (int at = 0; at < tests.length; at += LONGS) {
      if ((tests[at] & ~tests[at + 1]) != 0) {
        return false;
      }
    }
    return (inside & from(rules.length)) == 0 && (sourceTypes == null || sourceTypes.isSound())
        && (destinationTypes == null || destinationTypes.isSound());
  }

  /**
   * Null for programs that this is not for.
   *
   * @param routing knows of which type an address is
   * @param remembered whether connections remember the ways of their packets through the program, or that it has no rules
   */
  static HeaderScan of(ChainProgram program, LiveChain chain, ProgramRules live, Routing routing, boolean remembered) {
    return program.isBase() && program.family == Family.IPV4 && program.slots <= Long.SIZE && program.called.isEmpty()
        && !program.layout.hasGaps() ? new HeaderScan(program, chain, live, routing, remembered) : null;
  }

  private static long from(int slot) {
    return slot == Long.SIZE ? 0 : -1L << slot;
  }

  private static long body(ChainProgram program, int slot) {
    boolean isHere = slot + 1 < program.slots && program.caller(slot + 1) == slot;
    return isHere ? from(slot + 1) & ~from(program.end(slot + 1)) : 0;
  }

  private static long[] tests(IpMatch[] rules) {
    LongArrayList tests = new LongArrayList();
    for (int slot = 0; slot < rules.length; slot++) {
      IpMatch ip = rules[slot];
      long source = ip.source().lo() << 32;
      long sourceMask = ip.source().maskLo() << 32;
      long destination = ip.destination().lo();
      long destinationMask = ip.destination().maskLo();
      if (ip.sourceInverted() || ip.destinationInverted()) {
        addTest(tests, source, sourceMask, slot, ip.sourceInverted());
        addTest(tests, destination, destinationMask, slot, ip.destinationInverted());
      } else {
        addTest(tests, source | destination, sourceMask | destinationMask, slot, false);
      }
    }
    return tests.toLongArray();
  }

  private static void addTest(LongArrayList tests, long value, long mask, int slot, boolean inverted) {
    if (mask != 0 || inverted) {
      tests.addElements(tests.size(), new long[] {value, mask, 1L << slot, inverted ? -1 : 0});
    }
  }

  /** Whether the packet is to be {@link #run} through here whatever else is known: no connection remembers its way. */
  boolean takes(SkBuff skb, ActionParam par) {
    if (remembered && Flows.mayRemember(skb, par)) {
      return false;
    }
    taken++;
    return true;
  }

  /** So many packets it took. */
  long taken() {
    return taken;
  }

  /** The chain's verdict. */
  Verdict run(SkBuff skb, ActionParam par, Traversal result) {
    result.begin(chain);
    long ahead = all;
    long left = gated ? 1 : mayMatch(ahead, skb, par);
    while (left != 0) {
      int slot = Long.numberOfTrailingZeros(left);
      LiveRule rule = rules[slot];
      if ((asked >>> slot & 1) != 0 && !holds(rule, firstAsked[slot], skb, par)) {
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
      if (extension != null || gated && slot == 0) {
        left = mayMatch(ahead, skb, par); // the packet may have changed, or the others have not been looked at
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

  /** Whether what is left to ask of a rule, in the order in which the walker asks, holds. */
  private static boolean holds(LiveRule rule, int first, SkBuff skb, ActionParam par) {
    return (!rule.ip().fragment() || rule.ip().matches(skb, par))
        && ChainRunner.failedMatch(rule, first, skb, par) == ChainRunner.ALL_HOLD;
  }

  /** The slots ahead whose rules do not want other headers, and neither do those that call them from ahead. */
  private long mayMatch(long ahead, SkBuff skb, ActionParam par) {
    long may = ahead;
    if (tests.length != 0) {
      may &= ~otherAddresses(tests, skb.srcLo() << 32 | skb.dstLo());
    }
    if (sourceTypes != null) {
      may &= sourceTypes.of(skb.srcLo());
    }
    if (destinationTypes != null) {
      may &= destinationTypes.of(skb.dstLo());
    }
    if (may == 0) {
      return 0;
    }
    if (protocols != null) {
      may &= protocols[skb.protocol()];
    }
    if (in != null) {
      may &= in.of(par.in());
    }
    if (out != null) {
      may &= out.of(par.out());
    }
    if (states != null) {
      may &= states[CtState.of(skb.ct())];
    }
    for (int call : calls) {
      may &= ~bodies[call] | -(may >>> call & 1) | -(~ahead >>> call & 1); // unless it may match, or is passed
    }
    return may;
  }

  /** The slots whose rules want others; told without a branch. */
  private static long otherAddresses(long[] tests, long addresses) {
    long others = 0;
    for (int at = 0; at < tests.length; at += LONGS) {
      long differs = addresses & tests[at + 1] ^ tests[at];
      others |= ((differs | -differs) >> Long.SIZE - 1 ^ tests[at + 3]) & tests[at + 2];
    }
    return others;
  }

  /** What tells which slots are left and what may be ahead, as the picture above shows it. */
  String dump() {
    StringBuilder out = new StringBuilder();
    for (int at = 0; at < tests.length; at += LONGS) {
      out.append(String.format("source, destination %s%016x/%016x %x%n", tests[at + 3] == 0 ? "" : "! ", tests[at], tests[at + 1],
          tests[at + 2]));
    }
    out.append(sourceTypes == null ? "" : "source type " + sourceTypes.dump() + "\n");
    out.append(destinationTypes == null ? "" : "destination type " + destinationTypes.dump() + "\n");
    row(out, "protocol", protocols);
    out.append(in == null ? "" : "in " + in.dump() + "\n").append(this.out == null ? "" : "out " + this.out.dump() + "\n");
    row(out, "ctstate", states);
    long slots = ~from(rules.length);
    for (int slot = 0; slot < rules.length; slot++) {
      out.append(String.format("%d %x %x%n", slot, matched[slot] & slots, missed[slot] & slots));
    }
    return out.toString();
  }

  /** The bits of the greatest value, then the values that have others. */
  private static void row(StringBuilder out, String name, long[] byValue) {
    if (byValue == null) {
      return;
    }
    long others = byValue[byValue.length - 1];
    out.append(String.format("%s %x", name, others));
    for (int value = 0; value < byValue.length; value++) {
      out.append(byValue[value] == others ? "" : String.format(" %d:%x", value, byValue[value]));
    }
    out.append('\n');
  }
}
