# SPDX-License-Identifier: Apache-2.0
"""The packet view of a server against that server's kernel, on a live path with
and without loss: what is settled must be equal, state by state."""

import collections
import os
import socket
import struct
import subprocess
import sys
import threading
import time

import behaviours
import harness
from sock_diag import SockDiag

SECONDS = float(os.environ.get("TCPSTATED_PACKET_SECONDS", "12"))
SETTLED = 0.020
SO_TIMESTAMPNS = 35
CLIENT, SERVER = "10.9.0.1", "10.9.0.2"
PACKETS_ONLY = """
backends:
  sock_diag: {enabled: false}
  ebpf: {enabled: false}
  pcap: {enabled: true}
"""


class Path:
    """A client and a server with a router between them that loses packets."""

    def __init__(self, case, loss_percent):
        self.client, self.router, self.server = (case.namespace()
                                                 for _ in range(3))
        for end, address, port in ((self.client, CLIENT, "c"),
                                   (self.server, SERVER, "s")):
            self.router.ip("link", "add", port, "type", "veth", "peer", "name",
                           "eth0", "netns", end.name)
            end.ip("address", "add", f"{address}/24", "dev", "eth0")
            end.ip("link", "set", "eth0", "up")
        self.router.ip("link", "add", "bridge", "type", "bridge")
        for port in ("c", "s"):
            self.router.ip("link", "set", port, "master", "bridge", "up")
        self.router.ip("link", "set", "bridge", "up")
        if loss_percent:
            self.drop(self.router, "bridge", "forward",
                      f"ip protocol tcp numgen random mod 100 < {loss_percent}")
        self.drop(self.server, "inet", "input",
                  f"tcp dport {behaviours.LOST_PORT}")
        self.server.set_sysctl("net.ipv4.tcp_fastopen", "3")
        self.client.set_sysctl("net.ipv4.tcp_fastopen", "1")

    @staticmethod
    def drop(net, family, hook, what):
        rules = (f"add table {family} loss\n"
                 f"add chain {family} loss {hook} "
                 f"{{ type filter hook {hook} priority 0; }}\n"
                 f"add rule {family} loss {hook} {what} drop\n")
        subprocess.run(net.command("nft", "-f", "-"), input=rules, text=True,
                       check=True)


class Wiretap:
    """When a packet of each connection passed the server last, and all before."""

    def __init__(self, net):
        with net.entered():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM,
                                         socket.htons(3))
        self._socket.bind(("eth0", 3))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.settimeout(0.2)
        self.passed = collections.defaultdict(list)
        self._open = True
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        while self._open:
            try:
                packet, extra, _, _ = self._socket.recvmsg(128, 64)
            except TimeoutError:
                continue
            at = float(sum(part / scale for part, scale in zip(
                struct.unpack("qq", extra[0][2]), (1, 1e9))))
            if len(packet) < 40 or packet[0] >> 4 != 4 or packet[9] != 6:
                continue
            tcp = packet[(packet[0] & 15) * 4:]
            ends = [(socket.inet_ntoa(packet[12 + 4 * i:16 + 4 * i]),
                     int.from_bytes(tcp[2 * i:2 * i + 2], "big"))
                    for i in (0, 1)]
            if ends[0][0] != SERVER:
                ends.reverse()
            self.passed[tuple(ends)].append(at)

    def close(self):
        self._open = False
        self._thread.join()
        self._socket.close()

    def is_quiet(self, connection, begin, end):
        return not any(begin - SETTLED <= at <= end
                       for at in self.passed[connection])


def inferred(document):
    """{(local, remote): (state, quality)} of the server's ends."""
    def end(value):
        return value["address"], value["port"]
    return {(end(row["local"]), end(row["remote"])):
            (row["state"], row["quality"])
            for row in document["items"] if row["local"]["address"] == SERVER}


class PacketView(harness.Case):
    def play(self, path, role):
        program = subprocess.Popen(
            path.command(sys.executable, behaviours.__file__, role, SERVER,
                         str(SECONDS)), stdout=subprocess.PIPE, text=True)

        def end():
            program.kill()
            program.wait()
            program.stdout.close()
        self.addCleanup(end)
        if role == "server":
            self.assertEqual(program.stdout.readline(), "READY\n")
        return program

    def sample(self, daemon, kernel, seconds):
        """(begin, end, kernel's states, inferred states) where the kernel said
        the same before and after."""
        samples = []
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            begin = time.time()
            before = kernel.connections()
            seen = daemon.json("/api/v1/connections?limit=10000")
            after = kernel.connections()
            samples.append((begin, time.time(), before, after,
                            inferred(seen)))
            time.sleep(0.03)
        return samples

    def compare(self, samples, tap):
        """Settled samples, those that differ, and lasting differences: a busy
        machine may run the daemon later than 20 ms after a packet, but then
        the next sample agrees."""
        settled, late, wrong, false_alarms = 0, 0, collections.Counter(), []
        previous, differ = set(), set()
        for begin, end, before, after, seen in samples:
            previous, differ = differ, set()
            for connection in {*before, *after, *seen}:
                state = before.get(connection, "closed")
                if state != after.get(connection, "closed"):
                    continue
                if not tap.is_quiet(connection, begin, end):
                    continue
                settled += 1
                got, quality = seen.get(connection, ("closed", ""))
                if got == state:
                    continue
                late += 1
                differ.add((connection, state, got))
                if (connection, state, got) not in previous:
                    continue
                wrong[connection, state, got] += 1
                if got == "close_wait" and quality == "confirmed":
                    false_alarms.append((connection, state))
        return settled, late, wrong, false_alarms

    def check(self, loss_percent):
        path = Path(self, loss_percent)
        daemon = self.daemon(path.server, PACKETS_ONLY)
        tap = Wiretap(path.server)
        with path.server.entered():
            kernel = SockDiag()
        self.play(path.server, "server")
        self.play(path.client, "client")
        samples = self.sample(daemon, kernel, SECONDS - 1)
        tap.close()
        kernel.close()
        settled, late, wrong, false_alarms = self.compare(samples, tap)
        states = collections.Counter(
            state for sample in samples for state in sample[2].values())
        print(f"{loss_percent} % loss: {settled} settled samples of "
              f"{len(tap.passed)} connections, {late} differ, {sum(wrong.values())} "
              f"again in the next; "
              f"kernel's states: {dict(states)}", flush=True)
        self.assertGreater(settled, 100 * SECONDS)
        self.assertGreater(states["close_wait"], 0)
        self.assertEqual([], false_alarms)
        self.assertEqual({}, dict(wrong))
        daemon.stop()

    def test_a_path_without_loss(self):
        self.check(0)

    def test_a_path_that_loses_every_twentieth_packet(self):
        self.check(5)


if __name__ == "__main__":
    harness.require_root_and_tools("nft", "sysctl")
    harness.main()
