package io.sluice.corpus.agree;

import io.sluice.packet.TcpBuilder;
import java.util.Random;

/** The segments of a TCP connection: opened from one side or from both, data, FTP's commands, closed; and what is wrong. */
final class TcpTalk {
  private static final int FTP = 21;
  private static final int WINDOW = 65535;

  private final World w;
  private final Random random;
  private final Talk talk;

  TcpTalk(World w, Talk talk) {
    this.w = w;
    this.random = w.random;
    this.talk = talk;
  }

  byte[] packet(Flow f, boolean mayAnswer) {
    if (w.chance(f.taste.flags.isEmpty() ? 12 : 40)) {
      return strange(f, mayAnswer);
    }
    f.proper = true;
    switch (f.stage) {
      case 0:
        f.stage = w.chance(12) && f.seenClientNext < 0 ? 3 : 1; // picked up in the middle
        return f.stage == 1 ? syn(f, true) : data(f, mayAnswer);
      case 1:
        if (!mayAnswer) {
          return f.cookie == null || w.chance(15) ? syn(f, true) : cookieAck(f);
        }
        if (w.chance(5)) {
          f.stage = 8;
          return syn(f, false);
        }
        f.stage = 2;
        return talk.spoilt(f, segment(f, false, "SA", f.serverSeq, f.clientSeq + 1, 0).mss(1460).windowScale(7));
      case 2:
        f.stage = 3;
        f.clientSeq++;
        f.serverSeq++;
        return talk.spoilt(f, segment(f, true, "A", f.clientSeq, acknowledged(f, true), 0));
      case 3:
        if (w.chance(12)) {
          f.stage = 4;
        }
        return data(f, mayAnswer);
      case 8:
      case 9:
        boolean client = f.stage++ == 8 || !mayAnswer;
        return talk.spoilt(f, segment(f, client, "SA", client ? f.clientSeq : f.serverSeq,
            (client ? f.serverSeq : f.clientSeq) + 1, 0));
      case 10:
        f.stage = 2;
        return packet(f, mayAnswer);
      default:
        return close(f, mayAnswer);
    }
  }

  private byte[] syn(Flow f, boolean client) {
    TcpBuilder t = segment(f, client, w.chance(8) ? "SEW" : "S", client ? f.clientSeq : f.serverSeq, 0, 0);
    if (f.taste.mss >= 0 || w.chance(90)) {
      t.mss(f.taste.mss >= 0 ? f.taste.mss : w.chance(50) ? 1460 : 800);
    }
    if (w.chance(50)) {
      t.sackPermitted().timestamps(1, 0).windowScale(random.nextInt(15));
    }
    option(f, t);
    return talk.spoilt(f, t);
  }

  /** The client takes the host's SYN-ACK for the server's, now and then with data at once, or asking whether anybody is there. */
  private byte[] cookieAck(Flow f) {
    int length = w.chance(15) ? 5 : 0;
    TcpBuilder t = segment(f, true, "A", f.clientSeq + (w.chance(10) ? 0 : 1), f.seenServerNext + (w.chance(6) ? 1 : 0), length);
    if (f.cookie.timestamp() != 0 && w.chance(90)) {
      t.timestamps(2, f.cookie.timestamp());
    }
    return talk.spoilt(f, t);
  }

  private void option(Flow f, TcpBuilder t) {
    if (f.taste.option == 8) {
      t.timestamps(1, 2);
    } else if (f.taste.option == 3) {
      t.windowScale(3);
    }
  }

  /** What this end would acknowledge. */
  private long acknowledged(Flow f, boolean client) {
    long seen = client ? f.seenServerNext : f.seenClientNext;
    return seen >= 0 && w.chance(95) ? seen : client ? f.serverSeq : f.clientSeq;
  }

  private byte[] data(Flow f, boolean mayAnswer) {
    boolean client = !mayAnswer || w.chance(50);
    String command = f.serverPort == FTP && w.chance(60) ? command(f, client) : "";
    int length = talk.payload(f, w.v4() ? 40 : 60, w.chance(30) ? 0 : w.chance(80) ? random.nextInt(100) : random.nextInt(1300));
    length = command.isEmpty() ? length : command.length();
    TcpBuilder t = segment(f, client, length > 0 ? "PA" : "A", client ? f.clientSeq : f.serverSeq, acknowledged(f, client), length);
    if (!command.isEmpty()) {
      t.payload(command);
    }
    option(f, t);
    byte[] bytes = talk.spoilt(f, t);
    if (client) {
      f.clientSeq += length;
    } else {
      f.serverSeq += length;
    }
    return bytes;
  }

  /** FTP: where the data connection is to go, and that connection. */
  private String command(Flow f, boolean client) {
    int port = 1024 + random.nextInt(60_000);
    String address = client ? f.client : f.seenServer;
    if (client) {
      f.child = new Flow("tcp", f.serverAt, f.seenServer, f.seenClient, 20, port, random.nextInt(1 << 30));
    } else {
      f.child = new Flow("tcp", f.clientAt, f.client, f.server, 1024 + random.nextInt(60_000), port, random.nextInt(1 << 30));
    }
    if (w.chance(10)) {
      return client ? w.pick("USER me\r\n", "PORT 1,2,3\r\n", "PASV\r\n") : w.pick("230 Welcome\r\n", "227 (1,2,3\r\n", "500 No.\r\n");
    }
    String numbers = address.replace('.', ',') + "," + port / 256 + "," + port % 256;
    String extended = (client ? "|" + (w.v4() ? 1 : 2) + "|" + address : "||") + "|" + port + "|";
    boolean plain = w.v4() && w.chance(65);
    return client ? plain ? "PORT " + numbers + "\r\n" : "EPRT " + extended + "\r\n"
        : plain ? "227 Entering Passive Mode (" + numbers + ").\r\n" : "229 Entering Extended Passive Mode (" + extended + ")\r\n";
  }

  private byte[] close(Flow f, boolean mayAnswer) {
    int stage = f.stage++;
    boolean client = !mayAnswer || stage == 4 || stage == 7;
    if (stage > 7) {
      f.stage = w.chance(30) ? 0 : stage;
      return data(f, mayAnswer);
    }
    boolean fin = stage == 4 || stage == 6;
    if (stage == 7) {
      f.stage = 20;
    }
    byte[] bytes = talk.spoilt(f, segment(f, client, fin ? "FA" : "A", client ? f.clientSeq : f.serverSeq, acknowledged(f, client), 0));
    if (fin && client) {
      f.clientSeq++;
    } else if (fin) {
      f.serverSeq++;
    }
    return bytes;
  }

  private byte[] strange(Flow f, boolean mayAnswer) {
    boolean client = !mayAnswer || w.chance(50);
    long seq = client ? f.clientSeq : f.serverSeq;
    long ack = client ? f.serverSeq : f.clientSeq;
    if (!f.taste.flags.isEmpty() && w.chance(75)) {
      TcpBuilder t = segment(f, client, "A", seq, ack, 0);
      return talk.spoilt(f, f.taste.flags.equals("-") ? t.flags(0) : t.flags(f.taste.flags));
    }
    switch (random.nextInt(8)) {
      case 0:
        return talk.spoilt(f, segment(f, client, w.pick("R", "RA"), seq, ack, 0));
      case 1:
        return talk.spoilt(f, segment(f, client, w.pick("R", "RA", "A", "FA"), seq + random.nextInt(1 << 20), ack, 0));
      case 2:
        return talk.spoilt(f, segment(f, client, w.pick("S", "SA", "SE", "SP", "SEW"), seq, ack, 0));
      case 3:
        return talk.spoilt(f, segment(f, client, w.pick("FS", "SR", "F", "P", "U", "FPU"), seq, ack, 0).flags(random.nextInt(256)));
      case 4:
        return talk.spoilt(f, segment(f, client, "A", seq - 1, ack, 0));
      case 5:
        return talk.spoilt(f, segment(f, client, "PA", seq, ack + 100_000, 10));
      case 6:
        return talk.spoilt(f, segment(f, client, "PA", seq - random.nextInt(200), ack, random.nextInt(200)).timestamps(5, 6));
      default:
        return talk.spoilt(f, segment(f, client, "A", seq, ack, 0).sack(ack + 100, ack + 200));
    }
  }

  private TcpBuilder segment(Flow f, boolean client, String flags, long seq, long ack, int length) {
    return talk.ip(f, client).tcp(client ? f.clientPort : f.seenServerPort, client ? f.serverPort : f.seenClientPort)
        .flags(flags).seq(seq).ack(ack).window(w.chance(85) ? WINDOW : w.chance(50) ? 0 : 1000).payload(length);
  }
}
