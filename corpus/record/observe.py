"""Watches the packets of this network namespace and writes down what became of each: observe.py DIRECTORY

Runs until SIGTERM, then writes into DIRECTORY
  entered.pcapng  what came in, in order; the interface is the one iptables calls the in-interface, or "local"
  left.pcapng     what went out, in order; the interface is the out-interface, or "delivered" (to the host itself)
  fate            a line for each packet of entered.pcapng; corpus/hosts/README.md has the meaning

It listens where packets begin (first in PREROUTING and OUTPUT), where they are once routed (first in INPUT and FORWARD)
and where they end (last in INPUT and POSTROUTING), with an nft table of its own (removed at the end; no rule set of the
host changes, no packet is touched). One netlink socket hears all, so the order is the kernel's order, provided that
everything runs on one CPU; record.sh sees to that. What left is then compared with what a packet socket saw on the devices: there the checksums are the final ones, a packet too
large for the device has become fragments, and one that the kernel dropped after POSTROUTING is missing.
"""

import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time

import pcapng
from pcapng import ETHERNET_HEADER, Ip

GROUP = 4242
PRE, IN, FORWARD, OUT, POST = range(5)
EPOCH = 1_700_000_000_000_000  # the recorded clocks start here, so that two recordings differ less
TABLE = """table inet sluice_observer {
  chain pre { type filter hook prerouting priority -2147483000;
    log group %(group)d
  }
  chain out { type filter hook output priority -2147483000;
    log group %(group)d
  }
  chain forward { type filter hook forward priority -2147483000;
    log prefix "first" group %(group)d
  }
  chain in-first { type filter hook input priority -2147483000;
    log prefix "first" group %(group)d
  }
  chain in { type filter hook input priority 2147483000;
    log group %(group)d
  }
  chain post { type filter hook postrouting priority 2147483000;
    log group %(group)d
  }
}
""" % {"group": GROUP}


class Event:
    """A packet at one of the hooks."""

    def __init__(self, hook, attributes, micros):
        self.hook, self.micros = hook, micros
        self.indev, self.outdev = self._name(attributes, 4), self._name(attributes, 5)
        self.physin, self.physout = self._name(attributes, 6), self._name(attributes, 7)
        self.routed = attributes.get(10, b"").startswith(b"first")  # first in INPUT or FORWARD
        self.has_owner = 11 in attributes
        self.header = attributes.get(16, b"")
        self.ip = Ip(attributes[9])

    @staticmethod
    def _name(attributes, kind):
        return socket.if_indextoname(struct.unpack("!I", attributes[kind])[0]) if kind in attributes else ""


def attributes_of(data):
    found, at = {}, 0
    while at + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, at)
        found[kind & 0x3FFF] = data[at + 4:at + length]
        at += (length + 3) & ~3
    return found


def nflog_socket():
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)  # NETLINK_NETFILTER
    sock.bind((0, 0))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)

    def config(family, kind, value):
        body = struct.pack("=BBH", family, 0, socket.htons(GROUP))
        body += struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)
        sock.send(struct.pack("=IHHII", 16 + len(body), 4 << 8 | 1, 1 | 4, 0, 0) + body)
        error = struct.unpack_from("=i", sock.recv(4096), 16)[0]
        if error:
            raise OSError(-error, os.strerror(-error))

    config(0, 1, struct.pack("=B", 1))                 # bind the group
    config(0, 2, struct.pack("!IBx", 0xFFFF, 2))       # whole packets
    config(0, 5, struct.pack("!I", 1))                 # each at once
    return sock


def events_of(datagram, micros):
    at = 0
    while at + 16 <= len(datagram):
        length, kind = struct.unpack_from("=IH", datagram, at)
        if kind == 4 << 8:  # NFULNL_MSG_PACKET
            attributes = attributes_of(datagram[at + 20:at + length])
            yield Event(attributes[1][2], attributes, micros)
        at += (length + 3) & ~3


def watch(started):
    """Returns (events at the hooks, {device: frames with IP packets that it sent}), each in order."""
    stop_read, stop_write = os.pipe()
    signal.signal(signal.SIGTERM, lambda *_: os.write(stop_write, b"."))
    log = nflog_socket()
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    subprocess.run(["nft", "-f", "-"], input=TABLE, text=True, check=True)
    events, sent, micros, stopping = [], {}, 0, False
    started()
    try:
        while True:
            ready, _, _ = select.select([log, wire, stop_read], [], [], 0.2 if stopping else None)
            if not ready:
                return events, sent
            if log in ready:
                micros += 1  # strictly ascending, whatever the clock does
                micros = max(micros, now())
                events.extend(events_of(log.recv(1 << 18), micros))
            if wire in ready:
                frame, (device, protocol, direction, hardware, _) = wire.recvfrom(1 << 17)
                if direction == 4 and protocol in (0x0800, 0x86DD):  # PACKET_OUTGOING
                    sent.setdefault(device, []).append(frame)
            if stop_read in ready:
                os.read(stop_read, 1)
                stopping = True
    finally:
        subprocess.run(["nft", "delete", "table", "inet", "sluice_observer"], check=True)


def now():
    return time.monotonic_ns() // 1000


class Packet:
    """One that entered, with what became of it."""

    def __init__(self, event):
        self.event, self.left, self.emitted, self.looped = event, [], [], None
        self.routed = self.delivered = False
        self.end = None  # the last hook's event

    def local(self):
        return self.event.hook == OUT


def same(a, b):
    """Whether two sightings may be of one packet, which NAT and mangling may have changed in between."""
    return a.version == b.version and a.protocol == b.protocol and a.id == b.id \
        and (a.fragment or b.fragment or a.icmp() == b.icmp())


def fates(events):
    """Pairs each packet's first sighting with its last. On one CPU a packet is through before the next begins, but
    for those that the kernel itself sends because of it (they are nested) and those it sends to itself over lo."""
    entered, open_packets, on_loopback = [], [], []
    for e in events:
        if e.hook == PRE and e.indev == "lo":
            origin = next(p for p in on_loopback if same(p.event.ip, e.ip))
            on_loopback.remove(origin)
            again = Packet(e)
            origin.looped = again
            open_packets = [again]
        elif e.hook == PRE:
            entered.append(Packet(e))
            open_packets = [entered[-1]]
        elif e.hook == OUT:
            packet = Packet(e)
            cause = open_packets[-1] if open_packets else None
            if cause and not cause.end and not e.has_owner and (e.ip.is_icmp_error() or e.ip.is_reset()):
                cause.emitted.append(packet)  # REJECT, or the IP layer: no program sent this
                open_packets.append(packet)
            else:
                entered.append(packet)
                open_packets = [packet]
        else:
            while open_packets and not same(open_packets[-1].event.ip, e.ip):
                open_packets.pop()
            if not open_packets:
                raise ValueError("left, but never entered: " + e.ip.data.hex())
            packet = open_packets[-1]
            if e.routed:
                packet.routed = True
                continue
            packet.end = e
            if e.hook == IN:
                packet.delivered = True
            elif e.outdev == "lo":
                on_loopback.append(packet)
            if len(open_packets) > 1:
                open_packets.pop()
    return entered


def wire_forms(packet, sent):
    """The frames as they left the device; empty when the kernel dropped the packet after POSTROUTING."""
    e = packet.end
    whole = e.ip.with_sum_filled_in()
    if packet.delivered or e.outdev == "lo":  # lo leaves checksums alone
        return [pcapng.no_header(whole) + whole]
    frames = sent.get(e.physout or e.outdev, [])
    forms = [f for f in frames if f[ETHERNET_HEADER:] == whole][:1]
    if not forms:
        forms = [f for f in frames if Ip(f[ETHERNET_HEADER:]).fragment and same(Ip(f[ETHERNET_HEADER:]), e.ip) and Ip(f[ETHERNET_HEADER:]).src == e.ip.src]
    for frame in forms:
        frames.remove(frame)
    return forms


def verdict(packet, later):
    if packet.delivered:
        return "delivered"
    if packet.left:
        return "sent" if packet.local() else "forwarded"
    if packet.emitted:
        # The IP layer finds fault before FORWARD and INPUT, REJECT only there (or in OUTPUT).
        return "rejected" if packet.routed or packet.local() else "ip_error"
    if packet.event.ip.fragment and any(same(p.event.ip, packet.event.ip) for p in later):
        return "held"  # until the last fragment is there
    return "dropped"


class Capture:
    """A pcapng in the making."""

    def __init__(self):
        self.interfaces, self.packets = [], []

    def add(self, name, port, micros, frame):
        if not Ip(frame[ETHERNET_HEADER:]).sums_hold():
            raise ValueError("bad checksum: " + frame.hex())
        interface = (name, "bridge port " + port if port else "")
        if interface not in self.interfaces:
            self.interfaces.append(interface)
        self.packets.append((self.interfaces.index(interface), micros, frame))
        return len(self.packets) - 1

    def write(self, path):
        pcapng.write(path, self.interfaces, self.packets)


def main(directory):
    start = now()
    events, sent = watch(lambda: print("watching", flush=True))
    ports = [p["ifname"] for p in json.loads(subprocess.check_output(["bridge", "-j", "link"]) or "[]")]
    entered = fates(events)
    into, out, lines = Capture(), Capture(), []
    moments = {id(e): EPOCH + e.micros - start for e in events}

    def leave(packet):
        if packet.end:
            name = "delivered" if packet.delivered else packet.end.outdev
            for frame in wire_forms(packet, sent):
                packet.left.append(out.add(name, packet.end.physout, moments[id(packet.end)], frame))

    def outcome(packet, later=()):
        for answer in packet.emitted:
            leave(answer)
        leave(packet)
        text = verdict(packet, later)
        text += "".join(" left=%d:%s" % (i, out.interfaces[out.packets[i][0]][0]) for i in packet.left)
        for answer in packet.emitted:
            text += " emitted=" + (",".join("%d:%s" % (i, out.interfaces[out.packets[i][0]][0]) for i in answer.left)
                                   or "dropped")
            if answer.looped:
                text += " loop: " + outcome(answer.looped)
        if packet.looped:
            text += " loop: " + outcome(packet.looped)
        return text

    for number, packet in enumerate(entered):
        e = packet.event
        data = e.ip.with_sum_filled_in() if packet.local() else e.ip.data
        header = pcapng.no_header(data) if packet.local() else e.header
        into.add("local" if packet.local() else e.indev, e.physin, moments[id(e)], header + data)
        lines.append("%d %s %s\n" % (number, "local" if packet.local() else e.indev, outcome(packet, entered[number + 1:])))
    # The ports of a bridge repeat what the bridge itself sent; anybody else's frame must be accounted for.
    for device, frames in sent.items():
        if frames and device != "lo" and device not in ports:
            raise ValueError("%s sent what never left POSTROUTING: %s" % (device, [f.hex() for f in frames]))
    into.write(os.path.join(directory, "entered.pcapng"))
    out.write(os.path.join(directory, "left.pcapng"))
    with open(os.path.join(directory, "fate"), "w") as f:
        f.writelines(lines)
    first = entered[0].event.micros if entered else now()
    print("since first packet: %.3f" % ((now() - first) / 1e6), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
