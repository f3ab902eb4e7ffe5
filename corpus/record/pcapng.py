"""IP packets in Ethernet frames in pcapng files, and their checksums."""

import struct

LINKTYPE_ETHERNET, ETHERNET_HEADER = 1, 14
OPT_END, IF_NAME, IF_DESCRIPTION = 0, 2, 3
ICMP, TCP, UDP, ICMP6 = 1, 6, 17, 58


def _padded(data):
    return data + bytes(-len(data) % 4)


def _block(kind, body):
    size = 12 + len(body)
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)


def _options(pairs):
    text = [(code, value.encode()) for code, value in pairs if value]
    out = b"".join(struct.pack("<HH", code, len(v)) + _padded(v) for code, v in text)
    return out + struct.pack("<HH", OPT_END, 0) if out else b""


def write(path, interfaces, packets):
    """interfaces: (name, description) pairs; packets: (interface index, microseconds, frame) in order."""
    with open(path, "wb") as f:
        f.write(_block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
        for name, description in interfaces:
            f.write(_block(1, struct.pack("<HHI", LINKTYPE_ETHERNET, 0, 0)
                           + _options([(IF_NAME, name), (IF_DESCRIPTION, description)])))
        for interface, micros, data in packets:
            f.write(_block(6, struct.pack("<IIIII", interface, micros >> 32, micros & 0xFFFFFFFF, len(data), len(data))
                           + _padded(data)))


def no_header(ip):
    """For a packet that never was in a frame."""
    return bytes(12) + (b"\x08\0" if ip[0] >> 4 == 4 else b"\x86\xdd")


def read(path):
    """What write() wrote: (interfaces, packets)."""
    interfaces, packets, at = [], [], 0
    with open(path, "rb") as f:
        data = f.read()
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        body = data[at + 8:at + size - 4]
        if kind == 1:
            options, o = {}, 8
            while o + 4 <= len(body):
                code, length = struct.unpack_from("<HH", body, o)
                options[code] = body[o + 4:o + 4 + length].decode()
                o += 4 + length + -length % 4
            interfaces.append((options.get(IF_NAME, ""), options.get(IF_DESCRIPTION, "")))
        elif kind == 6:
            interface, high, low, length, _ = struct.unpack_from("<IIIII", body)
            packets.append((interface, high << 32 | low, body[20:20 + length]))
        at += size
    return interfaces, packets


def ones_sum(data):
    """The folded ones' complement sum, not yet complemented."""
    total = sum(struct.unpack("!%dH" % ((len(data) + 1) // 2), data + bytes(len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


class Ip:
    """The parts of an IP packet that tell it from others."""

    def __init__(self, data):
        self.version = data[0] >> 4
        if self.version == 4:
            self.header = (data[0] & 15) * 4
            self.id, fragment = struct.unpack_from("!HH", data, 4)
            self.offset, self.more = (fragment & 0x1FFF) * 8, bool(fragment & 0x2000)
            self.protocol, self.src, self.dst = data[9], data[12:16], data[16:20]
        else:
            self.header, self.id, self.offset, self.more = 40, 0, 0, False
            self.protocol, self.src, self.dst = data[6], data[8:24], data[24:40]
            if self.protocol == 44:
                raise ValueError("IPv6 fragments are not told apart here")
        self.data, self.payload = data, data[self.header:]
        self.fragment = self.offset > 0 or self.more

    def _checksum_at(self):
        return {TCP: 16, UDP: 6, ICMP: 2, ICMP6: 2}.get(self.protocol)

    def _pseudo_header(self):
        if self.protocol == ICMP:
            return b""
        form = "!BBH" if self.version == 4 else "!xxBBI"
        if self.version == 4:
            return self.src + self.dst + struct.pack(form, 0, self.protocol, len(self.payload))
        return self.src + self.dst + struct.pack("!IxxxB", len(self.payload), self.protocol)

    def sums_hold(self):
        if self.version == 4 and ones_sum(self.data[:self.header]) != 0xFFFF:
            return False
        at = self._checksum_at()
        if at is None or self.fragment or (self.protocol == UDP and self.payload[6:8] == b"\0\0"):
            return True
        return ones_sum(self._pseudo_header() + self.payload) == 0xFFFF

    def with_sum_filled_in(self):
        """The packet as the device sends it: the kernel leaves the sum over TCP's or UDP's payload to the device
        until then, and its field holds the sum over the pseudo header alone. Any other wrong sum is an error."""
        at = self._checksum_at()
        if self.sums_hold():
            return self.data
        if self.protocol not in (TCP, UDP) or self.fragment \
                or struct.unpack_from("!H", self.payload, at)[0] != ones_sum(self._pseudo_header()):
            raise ValueError("bad checksum: " + self.data.hex())
        blank = self.payload[:at] + b"\0\0" + self.payload[at + 2:]
        value = ~ones_sum(self._pseudo_header() + blank) & 0xFFFF
        if self.protocol == UDP and value == 0:
            value = 0xFFFF
        return self.data[:self.header] + blank[:at] + struct.pack("!H", value) + blank[at + 2:]

    def icmp(self):
        """(type, code) of ICMP or ICMPv6, else None."""
        return tuple(self.payload[:2]) if self.protocol in (ICMP, ICMP6) and not self.offset else None

    def is_icmp_error(self):
        kind = self.icmp()
        if kind is None:
            return False
        return kind[0] in (3, 4, 5, 11, 12) if self.protocol == ICMP else kind[0] < 128

    def is_reset(self):
        return self.protocol == TCP and not self.offset and bool(self.payload[13] & 4)

    def is_chatter(self):
        """What hosts tell each other about multicast groups and neighbours."""
        return self.protocol in (0, 2) or (self.protocol == ICMP6 and 130 <= self.payload[0] <= 143)
