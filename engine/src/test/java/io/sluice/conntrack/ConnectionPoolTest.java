package io.sluice.conntrack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.fail;

import io.sluice.netfilter.Family;
import io.sluice.packet.Protocols;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ConnectionPoolTest {
  private final ConnectionPool pool = new ConnectionPool();

  @Test
  void whatHasExpiredIsLikeNewAgain() throws IllegalAccessException {
    for (int protocol : new int[] {Protocols.TCP, Protocols.UDP}) {
      TupleKey key = key(Family.IPV6, protocol);
      Connection used = Connection.forProtocol(key, true);
      for (Class<?> c = used.getClass(); c != Object.class; c = c.getSuperclass()) {
        for (Field field : c.getDeclaredFields()) {
          spoil(field, used);
        }
      }
      pool.retire(used);
      assertNull(pool.take(key), "a packet under way may look at it still");
      pool.release();
      Connection again = pool.take(key);
      assertSame(used, again);
      Connection fresh = Connection.forProtocol(key, true);
      for (Class<?> c = used.getClass(); c != Object.class; c = c.getSuperclass()) {
        for (Field field : c.getDeclaredFields()) {
          if (!Modifier.isStatic(field.getModifiers())) {
            field.setAccessible(true);
            assertEquals(content(field, fresh), content(field, again), field.toString());
          }
        }
      }
    }
  }

  private static Object content(Field field, Connection c) throws IllegalAccessException {
    return field.get(c) instanceof long[] longs ? Arrays.toString(longs) : field.get(c);
  }

  /** Puts something into a field that no new connection has there. */
  private static void spoil(Field field, Connection c) throws IllegalAccessException {
    field.setAccessible(true);
    Class<?> type = field.getType();
    if (field.getName().equals("upperHalves")) {
      Arrays.fill((long[]) field.get(c), 77);
    }
    if (Modifier.isStatic(field.getModifiers()) || Modifier.isFinal(field.getModifiers())
        || field.getName().equals("helperName")) {
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
    } else if (type == long[].class) {
      field.set(c, new long[] {77, 77});
    } else if (type == Synproxy.class) {
      field.set(c, new Synproxy((TcpConnection) c));
    } else if (type == SeqAdjust.class) {
      field.set(c, new SeqAdjust());
    } else if (type == FtpState.class) {
      field.set(c, new FtpState());
    } else if (type == NatChoice.class) {
      field.set(c, new NatChoice(NatRange.Manip.SOURCE, 1, 2, 3));
    } else {
      fail("no value for " + field);
    }
  }

  @Test
  void aMasterIsNotUsedAgain() {
    Connection master = new UdpConnection(Family.IPV4);
    master.helperName = "ftp";
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
