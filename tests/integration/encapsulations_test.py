# SPDX-License-Identifier: Apache-2.0
"""The same traffic, captured as it is and in other clothes (QinQ, SLL2, doubled
by a bridge, BIG TCP, in several files), gives the same connections.

    a (client) --- p0 bridge p1 --- b (server)

Both captures of a comparison see the same packets, so also sequence numbers
and byte counts must be equal; times may differ, and how bytes were cut into
segments."""

import contextlib
import json
import os
import re
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

import harness

BULK = 4_000_000
ETH_P_ALL = 3
SO_RCVBUFFORCE = 33
# Differ between two places on one path, or are names of the record itself.
NOT_COMPARED = re.compile(
    r"(^|_)(id|connection|at|since|time|times|seen|first|last|age|rtt|duration|"
    r"segments?|packets|retransmissions?|duplicates?|history|seconds)(_|$)")


def comparable(value):
    if isinstance(value, dict):
        return {key: comparable(item) for key, item in value.items()
                if not NOT_COMPARED.search(key)}
    if isinstance(value, list):
        return [comparable(item) for item in value]
    return value


def connections(*files):
    """What --read.pcap makes of capture files, in an order of its own."""
    arguments = [word for file in files for word in ("--read.pcap", file)]
    output = subprocess.run(
        [harness.binary(), *arguments, "--output=ndjson",
         "--local-address", "192.0.2.2", "--local-address", "2001:db8::2"],
        check=True, text=True, stdout=subprocess.PIPE).stdout
    records = [comparable(json.loads(line)) for line in output.splitlines()]
    return sorted(json.dumps(record, sort_keys=True) for record in records)


def set_big_tcp_v4(index, size):
    """`ip link set gso_ipv4_max_size`, which Debian 12's ip does not know."""
    def attribute(kind):
        return struct.pack("=HHI", 8, kind, size)
    body = struct.pack("=BxHiII", 0, 0, index, 0, 0) + \
        attribute(63) + attribute(64)  # IFLA_GSO_..., IFLA_GRO_IPV4_MAX_SIZE
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as netlink:
        netlink.bind((0, 0))
        netlink.send(struct.pack("=IHHII", 16 + len(body), 16, 0x5, 1, 0) + body)
        answer = netlink.recv(4096)
    return struct.unpack_from("=i", answer, 16)[0] == 0


def receive_all(peer):
    while peer.recv(1 << 20):
        pass


def serve(listener, kept):
    """What each connection asks for with its first byte."""
    for _ in range(4):
        peer, _address = listener.accept()
        kept.append(peer)
        wish = peer.recv(1)
        if wish == b"p":  # polite: the client closes first
            peer.sendall(b"x" * 100)
            receive_all(peer)
            peer.close()
        elif wish == b"s":  # the server closes, the client never does
            peer.close()
        elif wish == b"b":
            receive_all(peer)
            peer.close()
        # "r": the client resets


def play(server, client, address):
    """Four connections and one that is refused; returns the open sockets."""
    kept = []
    with server.entered():
        listener = socket.create_server(
            (address, 8000),
            family=socket.AF_INET6 if ":" in address else socket.AF_INET)
    server_thread = threading.Thread(target=serve, args=(listener, kept),
                                     daemon=True)
    server_thread.start()

    def connect(wish, port=8000):
        with client.entered():
            peer = socket.create_connection((address, port), harness.DEADLINE)
        peer.sendall(wish)
        kept.append(peer)
        return peer

    polite = connect(b"p")
    harness.eventually(lambda: len(polite.recv(100)) == 100)
    polite.close()
    receive_all(connect(b"s"))
    reset = connect(b"r")
    reset.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     struct.pack("ii", 1, 0))
    reset.close()
    with contextlib.suppress(ConnectionRefusedError):
        connect(b"", port=8001)
    bulk = connect(b"b" + b"y" * BULK)
    bulk.shutdown(socket.SHUT_WR)
    receive_all(bulk)
    bulk.close()
    server_thread.join(harness.DEADLINE)
    listener.close()
    return kept


class Encapsulations(harness.Case):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tcpstated-test-")
        self.addCleanup(self.folder.cleanup)
        self.client, self.middle, self.server = (
            self.namespace() for _ in range(3))
        for end, port, name in ((self.client, "p0", "a0"),
                                (self.server, "p1", "b0")):
            self.middle.ip("link", "add", port, "type", "veth", "peer", name,
                           "netns", end.name)
        self.middle.ip("link", "add", "br0", "type", "bridge")
        for port in ("p0", "p1"):
            self.middle.ip("link", "set", port, "master", "br0", "up")
        self.middle.ip("link", "set", "br0", "up")
        self.address(self.client, "a0", 1)
        self.address(self.server, "b0", 2)

    def address(self, net, device, host):
        net.ip("link", "set", device, "up")
        net.ip("address", "add", f"192.0.2.{host}/24", "dev", device)
        net.ip("address", "add", f"2001:db8::{host}/64", "dev", device, "nodad")

    def capture(self, net, name, *arguments):
        """Starts one; the returned function ends it and names the file."""
        file = os.path.join(self.folder.name, name)
        process = subprocess.Popen(
            net.command("tcpdump", "--immediate-mode", "-U", "-Z", "root",
                        # A place in its ring is as large as a packet can be.
                        "-s", "512", "-B", "65536", "-w", file, *arguments),
            stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        while "listening on" not in (line := process.stderr.readline()):
            self.assertTrue(line, "tcpdump ended")

        def end():
            sizes = [-1]
            while sizes[-1] != (size := os.path.getsize(file)):
                sizes.append(size)
                time.sleep(0.3)  # it would leave what waits in its buffer
            process.send_signal(signal.SIGINT)
            said = process.communicate(timeout=harness.DEADLINE)[1]
            self.assertIn("0 packets dropped by kernel", said)
            return file
        return end

    def compare(self, plain, other, address="192.0.2.2"):
        """Plays while both captures run; their tables must be the same."""
        kept = play(self.server, self.client, address)
        files = [plain(), other()]
        for peer in kept:
            peer.close()
        expected, found = map(connections, files)
        self.assertEqual(len(expected), 5)
        self.assertEqual(found, expected)
        return files

    def test_qinq(self):
        # A mirror port that puts two tags on what it copies: not every kernel
        # has VLAN devices.
        for net, device in ((self.client, "a0"), (self.server, "b0")):
            net.output("ethtool", "-K", device, "tso", "off", "gso", "off")
        self.middle.ip("link", "add", "mirror", "type", "veth",
                       "peer", "monitor")
        for device in ("mirror", "monitor"):
            self.middle.ip("link", "set", device, "mtu", "1600", "up")
        with self.middle.entered():
            tap, mirror = (socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
                           for _ in range(2))
        self.addCleanup(tap.close)
        self.addCleanup(mirror.close)
        tap.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        tap.bind(("p1", ETH_P_ALL))
        mirror.bind(("mirror", 0))
        stop = threading.Event()

        def copy():
            tap.settimeout(0.1)
            while not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    frame = tap.recv(2048)
                    mirror.send(frame[:12] + bytes.fromhex("88a80064810000c8")
                                + frame[12:])
        copier = threading.Thread(target=copy)
        copier.start()
        try:
            self.compare(
                self.capture(self.middle, "plain", "-i", "p1"),
                self.capture(self.middle, "qinq", "-i", "monitor", "-s128"))
        finally:
            stop.set()
            copier.join()

    def test_linux_cooked(self):
        _, cooked = self.compare(
            self.capture(self.server, "plain", "-i", "b0"),
            self.capture(self.server, "cooked", "-i", "any", "-s128",
                         "-y", "LINUX_SLL2"))
        with open(cooked, "rb") as file:
            self.assertEqual(struct.unpack_from("=I", file.read(24), 20)[0],
                             276)

    def test_a_bridge_that_shows_each_packet_twice(self):
        plain, doubled = self.compare(
            self.capture(self.middle, "plain", "-i", "p1"),
            self.capture(self.middle, "doubled", "-i", "any", "-s128"))
        self.assertGreater(os.path.getsize(doubled), 0)

    def test_the_two_ports_of_a_bridge_as_two_files(self):
        captures = [
            self.capture(self.middle, "plain", "-i", "p1"),
            self.capture(self.middle, "one", "-i", "p0", "-s128"),
            self.capture(self.middle, "two", "-i", "p1", "-s128")]
        kept = play(self.server, self.client, "192.0.2.2")
        plain, one, two = (end() for end in captures)
        for peer in kept:
            peer.close()
        self.assertEqual(connections(one, two), connections(plain))

    def big_tcp(self, address):
        # Packets of 100 kB and more towards the bridge; it cuts them, so the
        # server sees packets of 1514 bytes.
        for net, device in ((self.client, "a0"), (self.middle, "p0"),
                            (self.middle, "br0"), (self.middle, "p1")):
            net.ip("link", "set", device, "gso_max_size", "185000",
                   "gro_max_size", "185000")
        with self.client.entered():
            if not set_big_tcp_v4(socket.if_nametoindex("a0"), 185000):
                self.skipTest("kernel without BIG TCP for IPv4")
        self.middle.output("ethtool", "-K", "p1", "tso", "off", "gso", "off")
        self.server.output("ethtool", "-K", "b0", "gro", "off")
        _, big = self.compare(
            self.capture(self.server, "plain", "-i", "b0", "-s128"),
            self.capture(self.client, "big", "-i", "a0", "-s128"), address)
        longest = 0
        with open(big, "rb") as file:
            file.read(24)
            while header := file.read(16):
                _, _, captured, length = struct.unpack("=IIII", header)
                longest = max(longest, length)
                file.read(captured)
        self.assertGreater(longest, 66_000, "no packet was big")

    def test_big_tcp_over_ipv4(self):
        self.big_tcp("192.0.2.2")

    def test_big_tcp_over_ipv6(self):
        self.big_tcp("2001:db8::2")


if __name__ == "__main__":
    harness.require_root_and_tools("tcpdump", "ethtool")
    harness.main()
