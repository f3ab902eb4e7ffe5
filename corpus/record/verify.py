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
            if pcapng.Ip(frame[pcapng.ETHERNET_HEADER:]).is_chatter():
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
    for name in ("client.txt", "conntrack.after", "clock"):
        if not os.path.exists(os.path.join(story, name)):
            yield "no " + name
    if not any(os.path.exists(os.path.join(story, f + "tables.after")) for f in ("ip", "ip6")):
        yield "no counters"


def problems_of_host(host):
    """What is wrong with a host's dumps."""
    for name in os.listdir(host):
        if name.endswith("tables.save"):
            with open(os.path.join(host, name)) as f:
                if re.search(r"\[\d+:[1-9]", f.read()):
                    yield name + ": the counters are not zero"
    if os.path.exists(os.path.join(host, "conntrack")):
        yield "conntrack is not empty"


def main(directory):
    hosts = stories = bad = 0
    for path, _, files in sorted(os.walk(directory)):
        if "fate" in files:
            stories, problems = stories + 1, problems_of(path)
        elif "sysctl" in files:
            hosts, problems = hosts + 1, problems_of_host(path)
        else:
            continue
        for problem in problems:
            bad += 1
            print("%s: %s" % (path, problem))
    print("%d hosts, %d stories, %d problems" % (hosts, stories, bad))
    return 1 if bad or not stories else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
