package io.sluice.conntrack;

import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Finds the address and port that a line of FTP announces: {@code PORT}, {@code EPRT}, and the answers 227 and 229 to
 * {@code PASV} and {@code EPSV} (RFC 959, RFC 1123, RFC 2428).
 *
 * <p>Kernel: find_pattern(), try_rfc959(), try_rfc1123(), try_eprt(), try_epsv_response() in
 * net/netfilter/nf_conntrack_ftp.c. As there, numbers are not checked for their range.
 */
final class FtpCommand {
  /** What {@link #read} says. */
  enum Found {
    NOTHING,
    /** A command whose end or numbers are not in this packet. */
    PARTIAL,
    COMMAND
  }

  /** How the announcement is written. */
  enum Form {
    PORT,
    EPRT,
    PASV,
    EPSV
  }

  private final byte[] data;
  private final int from;
  private final int to;
  private final Family family;
  private Form form = Form.PORT;
  private long addressHi;
  private long addressLo;
  private int port;
  private int numbersAt;
  private int numbersLength;

  /**
   * @param from where the line starts in {@code data}
   * @param to where the packet ends
   * @param addressHi with {@code addressLo} the sender's address, which EPSV's answer means without naming it
   */
  FtpCommand(byte[] data, int from, int to, Family family, long addressHi, long addressLo) {
    this.data = data;
    this.from = from;
    this.to = to;
    this.family = family;
    this.addressHi = addressHi;
    this.addressLo = addressLo;
  }

  Form form() {
    return form;
  }

  long addressHi() {
    return addressHi;
  }

  long addressLo() {
    return addressLo;
  }

  int port() {
    return port;
  }

  /** Where the numbers stand that NAT rewrites, counted from the start of the line. */
  int numbersOffset() {
    return numbersAt - from;
  }

  int numbersLength() {
    return numbersLength;
  }

  /** Looks for what the client (original direction) or the server (reply) may announce. */
  Found read(boolean reply) {
    Found found = reply ? read(Form.PASV, "227 ", -1) : read(Form.PORT, "PORT", ' ');
    if (found != Found.NOTHING) {
      return found;
    }
    return reply ? read(Form.EPSV, "229 ", '(') : read(Form.EPRT, "EPRT", ' ');
  }

  private Found read(Form form, String word, int skipTo) {
    this.form = form;
    int length = to - from;
    for (int i = 0; i < Math.min(length, word.length()); i++) {
      if (Character.toUpperCase((char) (data[from + i] & 0x7f)) != word.charAt(i) || data[from + i] < 0) {
        return Found.NOTHING;
      }
    }
    if (length <= word.length()) {
      return Found.PARTIAL;
    }
    int at = from + word.length();
    if (skipTo >= 0) {
      while (data[at] != skipTo) {
        if (at == to - 1) {
          return Found.PARTIAL;
        }
        at++;
      }
      at++;
    }
    numbersAt = at;
    switch (form) {
      case PORT:
        numbersLength = readHostPort(at, '\r');
        break;
      case PASV:
        while (numbersAt < to && !isDigit(data[numbersAt])) {
          numbersAt++;
        }
        numbersLength = numbersAt == to ? 0 : readHostPort(numbersAt, 0);
        break;
      case EPRT:
        numbersLength = readExtended(at);
        break;
      default:
        numbersLength = readPortOnly(at);
        break;
    }
    return numbersLength == 0 ? Found.PARTIAL : Found.COMMAND;
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  /** {@code 192,168,1,1,5,6}. */
  private int readHostPort(int at, int end) {
    int[] numbers = new int[6];
    int length = readNumbers(at, numbers, ',', end);
    if (length != 0) {
      takeIpv4(numbers);
      port = (numbers[4] << 8 | numbers[5]) & 0xffff;
    }
    return length;
  }

  private void takeIpv4(int[] n) {
    long ip = (n[0] << 24 | n[1] << 16 | n[2] << 8 | n[3]) & 0xffff_ffffL;
    if (family == Family.IPV4) {
      addressLo = ip;
    } else {
      addressHi = ip << 32 | addressHi & 0xffff_ffffL; // overlays the first word, and so names nobody
    }
  }

  /** Reads numbers with separators up to {@code end} (0: up to anything else); their length, 0 if they are not there. */
  private int readNumbers(int at, int[] numbers, int separator, int end) {
    int i = 0;
    for (int p = at; p < to && i < numbers.length; p++) {
      int c = data[p];
      if (isDigit(c)) {
        numbers[i] = numbers[i] * 10 + c - '0';
      } else if (c == separator) {
        i++;
      } else {
        return (c == end || end == 0) && i == numbers.length - 1 ? p - at : 0;
      }
    }
    return 0;
  }

  /** {@code |1|132.235.1.2|6275|} or {@code |2|3ffe::1|6275|}. */
  private int readExtended(int at) {
    if (to - at <= 3 || isNoDelimiter(data[at]) || data[at + 2] != data[at]) {
      return 0;
    }
    int delimiter = data[at];
    if (data[at + 1] != (family == Family.IPV4 ? '1' : '2')) {
      return 0;
    }
    int length = family == Family.IPV4 ? readDotted(at + 3, delimiter) : readIpv6(at + 3, delimiter);
    return length == 0 ? 0 : readPort(at, 3 + length + 1, delimiter);
  }

  private int readDotted(int at, int delimiter) {
    int[] numbers = new int[4];
    int length = readNumbers(at, numbers, '.', delimiter);
    if (length != 0) {
      takeIpv4(numbers);
    }
    return length;
  }

  private int readIpv6(int at, int delimiter) {
    int end = at;
    while (end < to && data[end] != delimiter) {
      end++;
    }
    Optional<IpAddress> address = IpAddress.parse(new String(data, at, end - at, StandardCharsets.ISO_8859_1));
    if (address.isEmpty() || address.get().family() != Family.IPV6) {
      return 0;
    }
    addressHi = address.get().hi();
    addressLo = address.get().lo();
    return end - at;
  }

  /** {@code |||6446|}. */
  private int readPortOnly(int at) {
    if (to - at <= 3 || isNoDelimiter(data[at]) || data[at + 1] != data[at] || data[at + 2] != data[at]) {
      return 0;
    }
    return readPort(at, 3, data[at]);
  }

  private static boolean isNoDelimiter(int c) {
    return isDigit(c) || c < 33 || c > 126;
  }

  /** Reads the port at {@code start} from {@code at} on; the length up to and with the delimiter, 0 if there is none. */
  private int readPort(int at, int start, int delimiter) {
    int value = 0;
    for (int i = start; at + i < to; i++) {
      int c = data[at + i];
      if (c == delimiter) {
        if (value == 0) {
          return 0;
        }
        port = value;
        return i + 1;
      }
      if (!isDigit(c)) {
        return 0;
      }
      value = value * 10 + c - '0' & 0xffff;
    }
    return 0;
  }
}
