# SPDX-License-Identifier: Apache-2.0
"""How often inferred states are those that the kernel had.

A truth file says what the kernel of one host answered, tab separated, times
in Unix seconds:

    T <begin> <end>                a look at its socket table, and below it
    S <local> <remote> <state>     each socket that was there

A connection at a look is a sample, unless a packet of it passed within the
guard time: nobody can say what the kernel had seen by then. A socket that is
not there is closed, and so is, for a connection, one that listens.
"""

import bisect
import collections
import dataclasses
import datetime
import ipaddress
import itertools
import json
import struct

# Where IP begins, by link type.
IP_OFFSET = {1: 14, 101: 0, 113: 16, 276: 20}
# The kernel answers a look while it goes on, but not for long.
GUARD_BEHIND = 0.002


@dataclasses.dataclass
class Look:
    begin: float
    end: float
    states: dict  # (local, remote): state


@dataclasses.dataclass
class Score:
    exact: int = 0
    # (kernel, inferred): how many
    wrong: collections.Counter = dataclasses.field(
        default_factory=collections.Counter)

    @property
    def samples(self):
        return self.exact + self.wrong.total()

    @property
    def percent(self):
        return 100 * self.exact / self.samples if self.samples else 0.0

    def __str__(self):
        wrong = "".join(f"\n  kernel {kernel}, inferred {inferred}: {count}"
                        for (kernel, inferred), count
                        in self.wrong.most_common())
        return (f"{self.exact} of {self.samples} samples exact, "
                f"{self.percent:.3f} %{wrong}")


def endpoint(text):
    host, _, port = text.rpartition(":")
    address = ipaddress.ip_address(host.strip("[]"))
    return getattr(address, "ipv4_mapped", None) or address, int(port)


def seconds(text):
    """An RFC 3339 time in UTC with nanoseconds, as Unix time."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    moment = datetime.datetime.fromisoformat(whole + "+00:00")
    return moment.timestamp() + float(f"0.{fraction or 0}")


def read_truth(path):
    looks = []
    with open(path, encoding="ascii") as file:
        for line in file:
            kind, *fields = line.split()
            if kind == "T":
                looks.append(Look(float(fields[0]), float(fields[1]), {}))
            else:
                pair = endpoint(fields[0]), endpoint(fields[1])
                looks[-1].states[pair] = fields[2]
    return looks


def read_packets(path):
    """(time, from, to) of every TCP packet of a little-endian pcap file."""
    with open(path, "rb") as file:
        content = file.read()
    magic, link = struct.unpack("<I16xI", content[:24])
    tick = {0xA1B2C3D4: 1e-6, 0xA1B23C4D: 1e-9}[magic]
    at = 24
    while at < len(content):
        whole, fraction, length = struct.unpack_from("<3I", content, at)
        ip = content[at + 16 + IP_OFFSET[link]:at + 16 + length]
        at += 16 + length
        addresses, tcp = split_ip(ip)
        if tcp:
            yield (whole + fraction * tick,
                   *zip(addresses, struct.unpack(">HH", tcp[:4])))


def split_ip(ip):
    """Both addresses and the TCP segment, empty if there is none."""
    if ip[0] >> 4 == 4 and ip[9] == 6:
        raw, tcp = (ip[12:16], ip[16:20]), ip[(ip[0] & 15) * 4:]
    elif ip[0] >> 4 == 6 and ip[6] == 6:
        raw, tcp = (ip[8:24], ip[24:40]), ip[40:]
    else:
        return (), b""
    return [ipaddress.ip_address(address) for address in raw], tcp


def read_events(lines):
    """{(endpoint, peer): ([time ...], [state since then ...])}"""
    changes = collections.defaultdict(lambda: ([], []))
    for line in lines:
        event = json.loads(line)
        times, states = changes[endpoint(event["endpoint"]),
                                endpoint(event["peer"])]
        times.append(seconds(event["time"]))
        states.append(event["to"])
    return changes


def score(capture, truth, lines, local, guard):
    """Of the ends at the address `local`."""
    local = ipaddress.ip_address(local)
    passed = collections.defaultdict(list)
    last = 0.0
    for time, *ends in read_packets(capture):
        last = max(last, time)
        for pair in itertools.permutations(ends):
            passed[pair].append(time)
    changes = read_events(lines)
    result = Score()
    for look in read_truth(truth):
        if look.begin > last:
            break
        for pair, times in passed.items():
            if pair[0][0] != local:
                continue
            near = bisect.bisect_left(times, look.begin - guard)
            until = look.end + min(guard, GUARD_BEHIND)
            if near < len(times) and times[near] <= until:
                continue
            kernel = look.states.get(pair, "closed")
            since, states = changes.get(pair, ((), ()))
            known = bisect.bisect_right(since, look.begin)
            inferred = states[known - 1] if known else "closed"
            kernel, inferred = ("closed" if state == "listen" else state
                                for state in (kernel, inferred))
            if kernel != inferred:
                result.wrong[kernel, inferred] += 1
            elif kernel != "closed":
                result.exact += 1
    return result
