package io.sluice.corpus.kernel;

import io.sluice.corpus.scenario.Observation;
import io.sluice.corpus.scenario.Observation.Emitted;
import io.sluice.corpus.scenario.Observation.Fate;
import io.sluice.host.IpAddresses;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.Ipv6Extensions;
import io.sluice.packet.Packet;
import io.sluice.packet.Protocols;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes one observation out of what was heard from the hooks and read from the devices while one packet passed.
 *
 * <p>NFLOG does not say which packet it talks of. But the kernel works on one packet at a time: what the host sends on
 * account of a packet runs to its end, nested, while that packet waits; and what goes through {@code lo} comes out in
 * the order in which it went in.
 */
final class PassageReader {

  /** One packet followed through the hooks. */
  private static final class Track {
    final boolean main;
    final boolean local;
    boolean delivered;
    boolean posted;
    String out = "";
    String ctstate = "";
    int mark;
    Hook hook;
    boolean left;
    byte[] last;

    Track(boolean main, boolean local) {
      this.main = main;
      this.local = local;
    }
  }

  /**
   * What left by a device.
   *
   * @param port the device itself, where POSTROUTING knows it by its bridge
   * @param packet from the IP header on
   */
  record Frame(String port, byte[] packet) {}

  private final Map<Integer, String> names;
  private final int loopback;
  private final Deque<Track> open = new ArrayDeque<>();
  private final Deque<Track> inLoopback = new ArrayDeque<>();
  private final List<Track> emitted = new ArrayList<>();
  private final Map<String, Deque<Track>> posted = new HashMap<>();
  private final List<Emitted> unseen = new ArrayList<>();
  private Track main;
  private Track looped;
  /** The copy of what the host sends to all or to a group, which comes in by the interface that the packet leaves by. */
  private Track back;

  /**
   * @param names interface names by index
   * @param loopback the index of {@code lo}
   */
  PassageReader(Map<Integer, String> names, int loopback) {
    this.names = names;
    this.loopback = loopback;
  }

  /** The packet of this step is one of the host's own. */
  static final int LOCAL = 0;

  /** Whether a packet is still on its way through {@code lo}. */
  static boolean isUnfinished(List<HookEvent> events, int loopback) {
    long in = events.stream().filter(e -> e.hook() == Hook.POSTROUTING && e.at() == HookEvent.Place.EXIT
        && e.out() == loopback).count();
    long out = events.stream().filter(e -> e.hook() == Hook.PREROUTING && e.at() == HookEvent.Place.ENTRY
        && e.in() == loopback).count();
    return in != out;
  }

  /**
   * Reads the events.
   *
   * @param source the in-interface's index, or {@link #LOCAL}; -1 when there was no packet at all
   * @param frames what left by each device, or by the ports of each bridge, in order
   */
  Observation read(List<HookEvent> events, int source, Map<String, List<Frame>> frames) {
    for (HookEvent e : events) {
      Track track = trackOf(e, source);
      track.hook = e.hook();
      track.left = e.at() == HookEvent.Place.EXIT;
      track.last = e.packet();
      track.mark = e.mark();
      if (e.at() == HookEvent.Place.TRACKED) {
        // Through lo an invalid packet is tracked twice: what it is where it arrives counts.
        track.ctstate = e.ctstate();
      } else if (track.left) {
        exit(track, e);
      }
    }
    return observation(source, frames);
  }

  private void exit(Track track, HookEvent e) {
    if (e.hook() == Hook.INPUT) {
      track.delivered = true;
    } else if (e.hook() == Hook.POSTROUTING) {
      open.remove(track);
      track.posted = true;
      track.out = names.getOrDefault(e.out(), "?");
      if (e.out() == loopback) {
        inLoopback.add(track);
      } else {
        posted.computeIfAbsent(track.out, n -> new ArrayDeque<>()).add(track);
      }
    }
  }

  /** Which packet an event talks of. */
  private Track trackOf(HookEvent e, int source) {
    boolean entry = e.at() == HookEvent.Place.ENTRY;
    switch (e.hook()) {
      case PREROUTING:
        if (e.in() != loopback && source == LOCAL && main != null) {
          return entry ? comingBack() : back;
        }
        if (e.in() != loopback || source == loopback) {
          return main == null ? main = new Track(true, false) : main;
        }
        if (entry && !inLoopback.isEmpty()) {
          looped = inLoopback.remove();
          looped.posted = false; // from there it may go on
        }
        return looped != null ? looped : emission();
      case INPUT:
        return e.in() == loopback && looped != null ? looped : back != null ? back : main != null ? main : emission();
      case FORWARD:
        return e.in() == loopback && looped != null ? looped : main != null ? main : emission();
      case OUTPUT:
        if (entry) {
          Track t = source == LOCAL && main == null ? main = new Track(true, true) : emission();
          open.push(t);
          return t;
        }
        return waiting(e);
      default:
        if (looped != null && looped.hook == (entry ? Hook.FORWARD : Hook.POSTROUTING) && looped.left == entry && !looped.posted) {
          return looped;
        }
        return entry ? entering(e) : leaving(e);
    }
  }

  /**
   * The copy for this host that has come in. IPv4's crossed POSTROUTING before the packet itself, which it was taken for there;
   * IPv6's crosses it after the packet.
   */
  private Track comingBack() {
    if (main.posted && (back == null || !back.posted)) {
      back = emission();
      back.ctstate = main.ctstate;
      back.out = main.out;
      posted.get(main.out).remove(main);
      main.posted = false;
      open.push(main);
    } else if (back != null && back.posted) {
      posted.get(back.out).remove(back);
      back.posted = false;
    } else if (back == null) {
      back = emission(); // not a copy of this packet, which waits or has ended, but of an answer to it
    }
    return back;
  }

  /** The host's own packet to many was in POSTROUTING, and one like it enters for the same interface: there is a copy for this host. */
  private boolean hasCopy(HookEvent e) {
    return main != null && main.local && main.hook == Hook.POSTROUTING && (main.posted || !main.left)
        && sameKind(main.last, e.packet()) && (!main.posted || names.getOrDefault(e.out(), "?").equals(main.out)) && mayBeToMany(packet(e.packet()));
  }

  /** To a group, or to an address that may be a broadcast's. */
  private static boolean mayBeToMany(Packet p) {
    return IpAddresses.isMulticast(p.family(), p.dstHi(), p.dstLo()) || p.family() == Family.IPV4 && (p.dstLo() & 3) == 3;
  }

  /** Whose entry that is: that of IPv6's copy, or of IPv4's packet, of which a rule has stopped the copy that came before. */
  private Track besideCopy() {
    Track copy = emission();
    copy.ctstate = main.ctstate;
    copy.hook = Hook.POSTROUTING;
    copy.last = main.last;
    if (!main.posted) {
      return main;
    }
    back = copy;
    return copy;
  }

  /** Whose entry into POSTROUTING this is: a copy that TEE has made goes through while its original waits. */
  private Track entering(HookEvent e) {
    if (hasCopy(e)) {
      return besideCopy();
    }
    // A bridged packet comes to POSTROUTING without an in-interface; copies for further ports come after it.
    boolean through = main != null && !main.local && main.hook != Hook.PREROUTING && !main.posted;
    boolean same = through && Arrays.equals(main.last, e.packet());
    Track copy = open.stream().filter(t -> Arrays.equals(t.last, e.packet())).findFirst().orElse(null);
    boolean waits = through && (main.hook != Hook.FORWARD || !main.left);
    if (copy != null && (waits || !same)) {
      return copy;
    }
    if (through && (e.in() != 0 || open.isEmpty() && sameKind(main.last, e.packet()))) {
      open.clear(); // what was sent on the packet's account before has come to its end, though nobody heard of it
      return main;
    }
    return waiting(e);
  }

  /** Whose way through POSTROUTING ends here. */
  private Track leaving(HookEvent e) {
    if (back != null && back.hook == Hook.POSTROUTING && !back.left) {
      return back;
    }
    Track copy = open.stream().filter(t -> t.hook == Hook.POSTROUTING && !t.left).findFirst().orElse(null);
    boolean through = main != null && !main.local && main.hook == Hook.POSTROUTING && !main.posted;
    if (copy != null && (!through || Arrays.equals(copy.last, e.packet()) || !Arrays.equals(main.last, e.packet()))) {
      return copy;
    }
    return through ? main : waiting(e);
  }

  private Track emission() {
    Track t = new Track(false, true);
    emitted.add(t);
    return t;
  }

  /** The host's packet that the event continues: the last begun that has the same length, else the last begun. */
  private Track waiting(HookEvent e) {
    for (Track t : open) {
      if (t.last != null && t.last.length == e.packet().length && sameKind(t.last, e.packet())) {
        return t;
      }
    }
    for (Track t : open) {
      if (t.last != null && sameKind(t.last, e.packet())) {
        return t;
      }
    }
    return open.isEmpty() ? emission() : open.peek();
  }

  private static boolean sameKind(byte[] a, byte[] b) {
    Packet x = packet(a);
    Packet y = packet(b);
    return x.family() == y.family() && x.protocol() == y.protocol() && x.ipId() == y.ipId();
  }

  private static Packet packet(byte[] bytes) {
    Packet p = new Packet();
    p.load(bytes.clone(), bytes.length);
    return p;
  }

  private Observation observation(int source, Map<String, List<Frame>> frames) {
    Map<Track, List<byte[]>> left = new HashMap<>();
    List<Emitted> made = new ArrayList<>();
    frames.forEach((device, list) -> {
      int used = assign(posted.getOrDefault(device, new ArrayDeque<>()), list, left);
      // What leaves by a bridge's port without having been in any hook, as a reset for a bridged packet does; the same once
      // more at another port is a frame that the bridge floods.
      for (int i = used; i < list.size(); i++) {
        Frame frame = list.get(i);
        if (list.subList(0, i).stream().noneMatch(f -> Arrays.equals(f.packet(), frame.packet()))) {
          unseen.add(new Emitted(frame.port(), frame.packet(), ""));
        }
      }
    });
    for (Track t : emitted) {
      List<byte[]> pieces = left.getOrDefault(t, List.of(t.last));
      String out = t.delivered || left.containsKey(t) ? t.out : "";
      pieces.forEach(p -> made.add(new Emitted(out, p, t.ctstate)));
    }
    made.addAll(unseen);
    if (main == null) {
      return new Observation(source < 0 ? Fate.NONE : Fate.DROPPED, "", List.of(), source < 0 ? "" : "before any hook", "", 0,
          new byte[0], made);
    }
    List<byte[]> pieces = left.getOrDefault(main, List.of());
    if (main.delivered) {
      return new Observation(Fate.DELIVERED, main.local ? main.out : "", List.of(main.last), "", main.ctstate, main.mark, main.last, made);
    }
    if (!pieces.isEmpty()) {
      Fate fate = main.local ? Fate.SENT : Fate.FORWARDED;
      return new Observation(fate, main.out, pieces, "", main.ctstate, main.mark, main.last, made);
    }
    String ended = (main.left ? "after " : "") + main.hook;
    return new Observation(isQueued() ? Fate.QUEUED : Fate.DROPPED, "", List.of(), ended, main.ctstate, main.mark, main.last,
        made);
  }

  /**
   * A fragment that entered PREROUTING or OUTPUT and was not heard of again may wait for the others; so may one behind
   * PREROUTING, for local delivery.
   */
  private boolean isQueued() {
    boolean early = main.hook == Hook.PREROUTING || main.hook == Hook.OUTPUT && !main.left;
    return early && main.ctstate.isEmpty() && packet(main.last).isFragment();
  }

  /** Gives each packet that got to the end of POSTROUTING the frames that it became; how many were. */
  private static int assign(Deque<Track> tracks, List<Frame> frames, Map<Track, List<byte[]>> left) {
    int at = 0;
    for (Track t : tracks) {
      List<byte[]> own = new ArrayList<>();
      while (at < frames.size()) {
        byte[] frame = frames.get(at).packet();
        boolean whole = isWhole(frame, t.last);
        boolean piece = !whole && isPieceOf(frame, t.last);
        if (!whole && !piece) {
          break;
        }
        at++;
        own.add(frame);
        if (whole || !packet(frame).moreFragments()) {
          break;
        }
      }
      if (!own.isEmpty()) {
        left.put(t, own);
      }
    }
    return at;
  }

  /** The same packet; its transport checksum may have been filled in only on the way out. */
  private static boolean isWhole(byte[] frame, byte[] whole) {
    int header = packet(whole).headerLength();
    return frame.length == whole.length && Arrays.equals(frame, 0, header, whole, 0, header);
  }

  private static boolean isPieceOf(byte[] frame, byte[] whole) {
    Packet f = packet(frame);
    Packet w = packet(whole);
    // IPv6 cuts what was joined once more, even where one piece holds it all: that has a fragment header and is no fragment.
    boolean cut = f.isFragment() || f.family() == Family.IPV6 && Ipv6Extensions.find(f, Protocols.IPV6_FRAGMENT) >= 0;
    return f.hasValidHeader() && cut && f.family() == w.family() && f.dstLo() == w.dstLo()
        && f.srcLo() == w.srcLo() && (f.family() == Family.IPV6 || f.ipId() == w.ipId());
  }
}
