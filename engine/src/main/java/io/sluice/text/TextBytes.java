package io.sluice.text;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Text that may hold bytes which are not UTF-8, both ways without loss.
 *
 * <p>The kernel's tools write names and comments as the bytes they are. A byte {@code b} that no UTF-8 sequence accounts
 * for becomes the lone surrogate {@code U+DC00 + b} (U+DC80..U+DCFF), which valid UTF-8 cannot produce (Python's PEP 383
 * does the same), and is turned back on writing.
 */
public final class TextBytes {
  private TextBytes() {}

  public static String decode(byte[] bytes) {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder()
        .onMalformedInput(CodingErrorAction.REPORT).onUnmappableCharacter(CodingErrorAction.REPORT);
    try {
      return decoder.decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return decodeMixed(bytes, decoder);
    }
  }

  private static String decodeMixed(byte[] bytes, CharsetDecoder decoder) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    // UTF-8 never makes more characters than it has bytes, nor do the raw bytes.
    CharBuffer out = CharBuffer.allocate(bytes.length);
    decoder.reset();
    while (true) {
      CoderResult result = decoder.decode(in, out, true);
      if (!result.isError()) {
        return out.flip().toString();
      }
      for (int i = 0; i < result.length(); i++) {
        out.put((char) (0xdc00 + (in.get() & 0xff)));
      }
      decoder.reset();
    }
  }

  /** The bytes that {@link #decode} made the text of. */
  public static byte[] encode(String text) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(text.length() + 16);
    int from = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (isRawByte(c)) {
        out.writeBytes(text.substring(from, i).getBytes(StandardCharsets.UTF_8));
        out.write(rawByte(c));
        from = i + 1;
      }
    }
    out.writeBytes(text.substring(from).getBytes(StandardCharsets.UTF_8));
    return out.toByteArray();
  }

  /** Whether {@code c}, when no high surrogate stands before it, is a byte that was not UTF-8. */
  static boolean isRawByte(char c) {
    return c >= 0xdc80 && c <= 0xdcff;
  }

  static int rawByte(char c) {
    return c - 0xdc00;
  }
}
