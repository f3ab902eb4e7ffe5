package io.sluice.conntrack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.netfilter.Family;
import io.sluice.packet.Protocols;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConnectionTableTest {

  @Test
  void thePictureIsWhatTheTablePrints() throws IOException {
    ConnectionTable table = new ConnectionTable(0, new Roster(), null);
    for (int i = 1; i <= 2; i++) {
      TupleKey key = new TupleKey();
      key.set(new Tuple(Family.IPV4, 0, 0x0a000001, 0, 0x0a000002, Protocols.UDP, 999 + i, 53));
      Connection c = Connection.forProtocol(key, false);
      key.storeOriginal(c);
      key.setInverse(key);
      key.storeReply(c);
      c.timeout = 1;
      table.insert(c, 0);
    }
    List<String> picture = Files.readAllLines(Path.of("src/main/java/io/sluice/conntrack/ConnectionTable.java")).stream()
        .filter(line -> line.startsWith(" *   ")).map(line -> line.substring(2).strip()).toList();
    assertEquals(4, table.dump().lines().count());
    table.dump().lines().forEach(line -> assertTrue(picture.contains(line.strip()), table::dump));
  }
}
