"""Holds corpus/hosts to what its README says: verify.py DIRECTORY"""

import os
import re
import sys

import pcapng


def problems_of(story):
    """What is wrong with the records of one story."""
    packets = {}
    for name in ("entered", "left"):
        interfaces, packets[name] = pcapng.read(os.path.join(story, name + ".pcapng"))
        before = 0
        for number, (interface, micros, frame) in enumerate(packets[name]):
            if not pcapng.Ip(frame[pcapng.ETHERNET_HEADER:]).sums_hold():
                yield "%s packet %d: bad checksum" % (name, number)
            if pcapng.Ip(frame[pcapng.ETHERNET_HEADER:]).protocol in (0, 2):
                yield "%s packet %d: multicast chatter, not the story" % (name, number)
            if name == "entered" and micros < before:
                yield "%s packet %d: earlier than the one before it" % (name, number)
            before = micros
        if any(not interface for interface, _ in interfaces):
            yield name + ": an interface without a name"
    with open(os.path.join(story, "fate")) as f:
        fate = f.read().splitlines()
    if len(fate) != len(packets["entered"]):
        yield "fate has %d lines for %d packets" % (len(fate), len(packets["entered"]))
    told = [int(n) for line in fate for n in re.findall(r"[=,](\d+):", line)]
    if sorted(told) != list(range(len(packets["left"]))):
        yield "fate and left.pcapng differ: %s" % told
    for name in ("client.txt", "iptables.after", "conntrack.after", "clock"):
        if not os.path.exists(os.path.join(story, name)):
            yield "no " + name


def main(directory):
    count = bad = 0
    for path, _, files in sorted(os.walk(directory)):
        if "fate" in files:
            count += 1
            for problem in problems_of(path):
                bad += 1
                print("%s: %s" % (path, problem))
    print("%d stories, %d problems" % (count, bad))
    return 1 if bad or not count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
