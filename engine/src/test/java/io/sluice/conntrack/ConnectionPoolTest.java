package io.sluice.conntrack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.fail;

import io.sluice.netfilter.Family;
import io.sluice.packet.Protocols;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ConnectionPoolTest {
  private static final Set<String> WORDS = Set.of("src", "dst", "replySrc", "replyDst");

  private final ConnectionPool pool = new ConnectionPool();

  @Test
  void whatHasExpiredIsLikeNewAgain() throws IllegalAccessException {
    for (Family family : Family.values()) {
      isLikeNewAgain(family, Protocols.TCP);
      isLikeNewAgain(family, Protocols.UDP);
    }
  }

  private void isLikeNewAgain(Family family, int protocol) throws IllegalAccessException {
    TupleKey key = key(family, protocol);
    Connection used = Connection.forProtocol(key, true);
    List<Field> fields = fields(used);
    for (Field field : fields) {
      spoil(field, used);
    }
    pool.retire(used);
    assertNull(pool.take(key), "a packet under way may look at it still");
    pool.release();
    Connection again = pool.take(key);
    assertSame(used, again);
    Connection fresh = Connection.forProtocol(key, true);
    for (Field field : fields) {
      assertEquals(content(field, fresh), content(field, again), field.toString());
    }
  }

  /** All but the words for IPv4's addresses, which no IPv6 connection reads. */
  private static List<Field> fields(Connection of) {
    List<Field> fields = new ArrayList<>();
    for (Class<?> c = of.getClass(); c != Object.class; c = c.getSuperclass()) {
      for (Field field : c.getDeclaredFields()) {
        if (!Modifier.isStatic(field.getModifiers())
            && !(of.family() == Family.IPV6 && WORDS.contains(field.getName()))) {
          field.setAccessible(true);
          fields.add(field);
        }
      }
    }
    return fields;
  }

  private static Object content(Field field, Connection c) throws IllegalAccessException {
    return field.get(c) instanceof long[] longs ? Arrays.toString(longs) : field.get(c);
  }

  /** Puts something into a field that no new connection has there. */
  private static void spoil(Field field, Connection c) throws IllegalAccessException {
    Class<?> type = field.getType();
    if (field.get(c) instanceof long[] longs) {
      Arrays.fill(longs, 77);
    }
    if (Modifier.isFinal(field.getModifiers())) {
      return;
    }
    if (type == boolean.class) {
      field.setBoolean(c, true);
    } else if (type == byte.class) {
      field.setByte(c, (byte) 77);
    } else if (type == char.class) {
      field.setChar(c, (char) 77);
    } else if (type == int.class) {
      field.setInt(c, 77);
    } else if (type == long.class) {
      field.setLong(c, 77);
    } else if (type == Object.class) {
      field.set(c, "noted");
    } else if (type == Connection.class) {
      field.set(c, new UdpConnection(Family.IPV4));
    } else if (type == Extensions.class) {
      field.set(c, new Extensions());
    } else {
      fail("no value for " + field);
    }
  }

  @Test
  void aMasterIsNotUsedAgain() {
    Connection master = new UdpConnection(Family.IPV4);
    master.extend().helperName = "ftp";
    pool.retire(master);
    pool.retire(new Connection(Family.IPV4, Protocols.ICMP));
    pool.release();
    assertNull(pool.take(key(Family.IPV4, Protocols.UDP)));
    assertNull(pool.take(key(Family.IPV4, Protocols.ICMP)));
  }

  private static TupleKey key(Family family, int protocol) {
    TupleKey key = new TupleKey();
    key.set(new Tuple(family, 0, 1, 0, 2, protocol, 3, 4));
    return key;
  }
}
