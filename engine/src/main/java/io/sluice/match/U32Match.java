package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.ArgumentException;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * {@code -m u32 [!] --u32 "location=values[&&…]"}: numbers out of the packet, from the IP header on.
 *
 * <p>Kernel: u32_match_it() in net/netfilter/xt_u32.c: what lies outside the packet makes the whole test fail (and
 * inverted, hold). Kernels that check what they are given (u32_mt_checkentry()) refuse shifts of 32 and more. iptables:
 * extensions/libxt_u32.c.
 *
 * @param tests all must hold
 */
record U32Match(List<Test> tests, boolean inverted) implements Match {

  private static final int MAX = 10;
  private static final int AND = 0;
  private static final int LEFT = 1;
  private static final int RIGHT = 2;
  private static final int AT = 3;
  private static final String[] SIGNS = {"&", "<<", ">>", "@"};

  /** {@code numbers[0] op[1] numbers[1] … = values[0]:values[1],…}; numbers and bounds unsigned. */
  record Test(int[] numbers, int[] operators, int[] values) {}

  static final MatchExtension EXTENSION = new Extension("u32", OptionSpec.invertible("--u32")) {
    @Override
    public Match parse(Options options) {
      return new U32Match(new Parser(options.require("--u32")).tests(), options.inverted("--u32"));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (!in.skip("u32")) {
        return Optional.empty();
      }
      boolean inverted = in.skip("!");
      Argument word = in.next();
      int length = word.text().length();
      return Optional.of(new U32Match(new Parser(length < 2 ? word : word.part(1, length - 1)).tests(), inverted));
    }
  };

  /** Reads the argument's little language; spaces may stand anywhere but in numbers and signs. */
  private static final class Parser {
    private final Argument argument;
    private final String text;
    private int at;

    Parser(Argument argument) {
      this.argument = argument;
      this.text = argument.text();
    }

    List<Test> tests() {
      List<Test> tests = new ArrayList<>();
      do {
        tests.add(test());
        if (tests.size() > MAX) {
          throw error("too many tests", "expected at most " + MAX + " joined by &&");
        }
      } while (sign("&&"));
      skipSpace();
      if (at < text.length()) {
        throw error("unexpected text", "expected , or && or the end");
      }
      return List.copyOf(tests);
    }

    private Test test() {
      List<Integer> numbers = new ArrayList<>(List.of(number()));
      List<Integer> operators = new ArrayList<>(List.of(0));
      while (!sign("=")) {
        int start = at;
        int operator = operator();
        operators.add(operator);
        numbers.add(number());
        if ((operator == LEFT || operator == RIGHT) && Integer.compareUnsigned(numbers.get(numbers.size() - 1), 31) > 0) {
          throw argument.part(start, at).error("shift by more than 31 bits", "expected 0..31");
        }
        if (numbers.size() > MAX) {
          throw error("too many operators", "expected at most " + MAX + " numbers before =");
        }
      }
      List<Integer> values = new ArrayList<>();
      do {
        int first = number();
        values.add(first);
        values.add(sign(":") ? number() : first);
        if (values.size() > 2 * MAX) {
          throw error("too many values", "expected at most " + MAX);
        }
      } while (sign(","));
      return new Test(ints(numbers), ints(operators), ints(values));
    }

    private static int[] ints(List<Integer> list) {
      return list.stream().mapToInt(Integer::intValue).toArray();
    }

    private int operator() {
      for (int i = 0; i < SIGNS.length; i++) {
        if (sign(SIGNS[i])) {
          return i;
        }
      }
      throw error("operator expected", "expected one of & << >> @ =");
    }

    private boolean sign(String sign) {
      skipSpace();
      if (text.startsWith(sign, at)) {
        at += sign.length();
        return true;
      }
      return false;
    }

    private int number() {
      skipSpace();
      int start = at;
      if (text.startsWith("+", at)) { // strtoul() takes a sign
        at++;
      }
      while (at < text.length() && Character.isLetterOrDigit(text.charAt(at))) {
        at++;
      }
      if (start == at) {
        throw error("number expected", "expected a number in 0..4294967295");
      }
      return argument.part(start, at).u32();
    }

    private void skipSpace() {
      while (at < text.length() && text.charAt(at) == ' ') {
        at++;
      }
    }

    private ArgumentException error(String message, String expected) {
      int place = Math.min(at, text.length());
      return argument.part(place, Math.min(place + 1, text.length())).error(message, expected);
    }
  }

  @Override
  public String name() {
    return "u32";
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    int exposed = skb.ipSummed().expose(skb);
    boolean hold = true;
    for (int i = 0; i < tests.size() && hold; i++) {
      hold = holds(tests.get(i), skb);
    }
    skb.ipSummed().hide(skb, exposed);
    return hold != inverted;
  }

  private static boolean holds(Test test, SkBuff skb) {
    int length = skb.length();
    int first = test.numbers[0];
    if (length < 4 || Integer.compareUnsigned(first, length - 4) > 0) {
      return false;
    }
    int value = skb.u32(first);
    long at = 0;
    for (int i = 1; i < test.numbers.length; i++) {
      int number = test.numbers[i];
      switch (test.operators[i]) {
        case AND:
          value &= number;
          break;
        case LEFT:
          value <<= number;
          break;
        case RIGHT:
          value >>>= number;
          break;
        default:
          at += value & 0xffff_ffffL;
          if (at > length - 4 || (number & 0xffff_ffffL) > length - at - 4) {
            return false;
          }
          value = skb.u32((int) at + number);
          break;
      }
    }
    for (int i = 0; i < test.values.length; i += 2) {
      if (Integer.compareUnsigned(value, test.values[i]) >= 0 && Integer.compareUnsigned(value, test.values[i + 1]) <= 0) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void print(RuleWriter out) {
    out.option(inverted, "--u32", text());
  }

  @Override
  public void list(ListingWriter out) {
    out.word("u32 " + (inverted ? "! " : "") + text());
  }

  private String text() {
    StringBuilder out = new StringBuilder("\"");
    for (Test test : tests) {
      out.append(out.length() == 1 ? "" : "&&").append(hex(test.numbers[0]));
      for (int i = 1; i < test.numbers.length; i++) {
        out.append(SIGNS[test.operators[i]]).append(hex(test.numbers[i]));
      }
      out.append('=');
      for (int i = 0; i < test.values.length; i += 2) {
        out.append(i == 0 ? "" : ",").append(hex(test.values[i]));
        if (test.values[i] != test.values[i + 1]) {
          out.append(':').append(hex(test.values[i + 1]));
        }
      }
    }
    return out.append('"').toString();
  }

  private static String hex(int number) {
    return "0x" + Integer.toHexString(number);
  }

  @Override
  public Constraint constraint() {
    return Constraint.pureOpaque();
  }
}
