package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.net.MatchState;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A classic BPF program and its interpreter (McCanne and Jacobson, "The BSD Packet Filter", 1993).
 *
 * <p>Four numbers an instruction: code, jump if true, jump if false, constant. A load outside the packet ends the program
 * with 0, and so does a division by 0.
 */
final class BpfProgram {
  private static final int MAX_LENGTH = 64;
  private static final int WORDS = 16;
  /** {@code %hu %hhu %hhu %u} of bpf_parse_string() in extensions/libxt_bpf.c, which does not look at what follows. */
  private static final Pattern INSTRUCTION =
      Pattern.compile("\\s*([+-]?[0-9]++)\\s*([+-]?[0-9]++)\\s*([+-]?[0-9]++)\\s*([+-]?[0-9]++)");
  /** SKF_AD_OFF and SKF_NET_OFF: offsets for what is not in the packet, and for the network header. */
  private static final int ANCILLARY = -0x1000;
  private static final int NETWORK = -0x100000;

  /** The program's scratch words; they do not live from one packet to the next. */
  static final class Memory implements MatchState {
    private final int[] words = new int[WORDS];

    @Override
    public MatchState copy() {
      return new Memory();
    }
  }

  private final int[] code;
  private final int[] jumpTrue;
  private final int[] jumpFalse;
  private final int[] constant;

  private BpfProgram(int length) {
    code = new int[length];
    jumpTrue = new int[length];
    jumpFalse = new int[length];
    constant = new int[length];
  }

  static BpfProgram parse(Argument argument) {
    List<Argument> parts = new ArrayList<>(argument.split(','));
    if (parts.get(parts.size() - 1).text().isEmpty()) {
      parts.remove(parts.size() - 1);
    }
    int length = parts.isEmpty() ? 0 : length(parts.get(0));
    if (parts.size() - 1 != length) {
      throw argument.error("program of another length than it says", "expected " + length + " instructions: code jt jf k");
    }
    BpfProgram program = new BpfProgram(length);
    for (int i = 0; i < length; i++) {
      Matcher numbers = INSTRUCTION.matcher(parts.get(i + 1).text());
      if (!numbers.lookingAt()) {
        throw parts.get(i + 1).error("bad instruction: " + parts.get(i + 1).text(), "expected code jt jf k");
      }
      program.code[i] = scanned(numbers.group(1)) & 0xffff;
      program.jumpTrue[i] = scanned(numbers.group(2)) & 0xff;
      program.jumpFalse[i] = scanned(numbers.group(3)) & 0xff;
      program.constant[i] = scanned(numbers.group(4));
    }
    for (int i = 0; i < length; i++) {
      program.check(i, parts.get(i + 1));
    }
    if ((program.code[length - 1] & 7) != 6) {
      throw parts.get(length).error("the program does not end with a return", "expected code 6 or 22");
    }
    return program;
  }

  /** {@code %hu,}: a decimal number directly before the comma, of which the lowest 16 bits count. */
  private static int length(Argument argument) {
    if (!argument.text().matches("\\s*[+-]?[0-9]+")) {
      throw argument.error("not a number: " + argument.text(), "expected a number");
    }
    int length = scanned(argument.text().strip()) & 0xffff;
    if (length < 1 || length > MAX_LENGTH) {
      throw argument.error("number out of range: " + argument.text(), "expected 1.." + MAX_LENGTH);
    }
    return length;
  }

  /** A number as sscanf() takes it: what is too large for 64 bits is the largest, and of the bits the lowest stay. */
  private static int scanned(String number) {
    BigInteger value = new BigInteger(number);
    return value.abs().bitLength() > 64 ? -1 : value.intValue();
  }

  /** bpf_check_classic(): jumps stay inside, memory and shifts in range, known codes. */
  private void check(int i, Argument place) {
    int k = constant[i];
    int left = code.length - i - 1;
    switch (code[i] & 7) {
      case 0:
      case 1:
        checkLoad(i, place);
        break;
      case 2:
      case 3:
        require(k >= 0 && k < WORDS, place, "memory word out of range");
        break;
      case 4:
        int operation = code[i] & 0xf0;
        require(operation <= 0xa0, place, "unknown operation");
        require(!((operation == 0x30 || operation == 0x90) && (code[i] & 8) == 0 && k == 0), place, "division by zero");
        require(!((operation == 0x60 || operation == 0x70) && (code[i] & 8) == 0 && (k < 0 || k > 31)), place, "shift too wide");
        break;
      case 5:
        require((code[i] & 0xf0) <= 0x40, place, "unknown jump");
        if ((code[i] & 0xf0) == 0) {
          require(Integer.compareUnsigned(k, left) < 0, place, "jump outside the program");
        } else {
          require(jumpTrue[i] < left && jumpFalse[i] < left, place, "jump outside the program");
        }
        break;
      case 6:
        require(code[i] == 6 || code[i] == 0x16, place, "unknown return");
        break;
      default:
        require(code[i] == 7 || code[i] == 0x87, place, "unknown transfer");
        break;
    }
  }

  private void checkLoad(int i, Argument place) {
    int k = constant[i];
    boolean index = (code[i] & 7) == 1;
    int mode = code[i] & 0xe0;
    int size = code[i] & 0x18;
    boolean known = index ? mode == 0 || mode == 0x60 || mode == 0x80 || mode == 0xa0 && size == 0x10 : mode <= 0x80;
    require(known && size != 0x18, place, "unknown load");
    if (mode == 0x60) {
      require(k >= 0 && k < WORDS, place, "memory word out of range");
    }
    if (mode == 0x20 && k < 0 && k >= ANCILLARY) {
      int what = k - ANCILLARY;
      if (what != 0 && what != 4 && what != 8 && what != 20) {
        throw place.unsupported("ancillary load " + what, "expected 0 (protocol), 4 (type), 8 (interface) or 20 (mark)");
      }
    } else if (mode == 0x20 && k < NETWORK) {
      throw place.unsupported("a load from the link layer", "expected offsets from the IP header");
    }
  }

  private static void require(boolean holds, Argument place, String message) {
    if (!holds) {
      throw place.error(message + ": " + place.text(), "expected a program that the kernel's check accepts");
    }
  }

  int length() {
    return code.length;
  }

  /** What the program returns for the packet. */
  int run(SkBuff skb, Memory memory) {
    int[] words = memory.words;
    int a = 0;
    int x = 0;
    for (int pc = 0; pc < code.length; pc++) {
      int c = code[pc];
      int k = constant[pc];
      switch (c & 7) {
        case 0: {
          int mode = c & 0xe0;
          if (mode == 0) {
            a = k;
          } else if (mode == 0x60) {
            a = words[k];
          } else if (mode == 0x80) {
            a = skb.length();
          } else {
            int size = (c & 0x18) == 0 ? 4 : (c & 0x18) == 8 ? 2 : 1;
            if (mode == 0x20 && k < 0 && k >= ANCILLARY) {
              a = ancillary(skb, k - ANCILLARY);
              break;
            }
            int at = offset(mode == 0x40 ? x + k : k, size, skb);
            if (at < 0) {
              return 0;
            }
            a = size == 4 ? skb.u32(at) : size == 2 ? skb.u16(at) : skb.u8(at);
          }
          break;
        }
        case 1: {
          int mode = c & 0xe0;
          if (mode == 0xa0) {
            int at = offset(k, 1, skb);
            if (at < 0) {
              return 0;
            }
            x = (skb.u8(at) & 0xf) << 2;
          } else {
            x = mode == 0 ? k : mode == 0x60 ? words[k] : skb.length();
          }
          break;
        }
        case 2:
          words[k] = a;
          break;
        case 3:
          words[k] = x;
          break;
        case 4: {
          int operand = (c & 8) != 0 ? x : k;
          if (operand == 0 && ((c & 0xf0) == 0x30 || (c & 0xf0) == 0x90)) {
            return 0;
          }
          a = compute(c & 0xf0, a, operand);
          break;
        }
        case 5:
          if ((c & 0xf0) == 0) {
            pc += k;
          } else {
            pc += jumps(c & 0xf0, a, (c & 8) != 0 ? x : k) ? jumpTrue[pc] : jumpFalse[pc];
          }
          break;
        case 6:
          return c == 0x16 ? a : k;
        default:
          if (c == 7) {
            x = a;
          } else {
            a = x;
          }
          break;
      }
    }
    return 0;
  }

  /** The offset if so many bytes can be read there, otherwise -1. */
  private static int offset(int at, int size, SkBuff skb) {
    int place = at < 0 && at >= NETWORK ? at - NETWORK : at;
    return place >= 0 && place <= skb.length() - size ? place : -1;
  }

  private static int ancillary(SkBuff skb, int what) {
    switch (what) {
      case 0:
        return skb.family() == Family.IPV4 ? 0x0800 : 0x86dd;
      case 4:
        return skb.packetType().number();
      case 8:
        return skb.out() != null ? skb.out().index() : skb.in() != null ? skb.in().index() : 0;
      default:
        return skb.mark();
    }
  }

  private static int compute(int operation, int a, int operand) {
    switch (operation) {
      case 0x00:
        return a + operand;
      case 0x10:
        return a - operand;
      case 0x20:
        return a * operand;
      case 0x30:
        return Integer.divideUnsigned(a, operand);
      case 0x40:
        return a | operand;
      case 0x50:
        return a & operand;
      case 0x60:
        return a << operand;
      case 0x70:
        return a >>> operand;
      case 0x80:
        return -a;
      case 0x90:
        return Integer.remainderUnsigned(a, operand);
      default:
        return a ^ operand;
    }
  }

  private static boolean jumps(int test, int a, int operand) {
    switch (test) {
      case 0x10:
        return a == operand;
      case 0x20:
        return Integer.compareUnsigned(a, operand) > 0;
      case 0x30:
        return Integer.compareUnsigned(a, operand) >= 0;
      default:
        return (a & operand) != 0;
    }
  }

  /** The instructions, without their number. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < code.length; i++) {
      text.append(i == 0 ? "" : ",").append(code[i]).append(' ').append(jumpTrue[i]).append(' ').append(jumpFalse[i])
          .append(' ').append(Integer.toUnsignedString(constant[i]));
    }
    return text.toString();
  }
}
