# SPDX-License-Identifier: Apache-2.0
"""Slow, idle, many and malformed clients: good requests keep being answered,
and afterwards the daemon holds no descriptor more than before."""

import os
import select
import socket
import time

import harness

PORT = 19293
LISTEN = [f"--web.listen-address=127.0.0.1:{PORT}"]
GOOD = b"GET /-/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
BEGUN = b"GET / HTTP/1.1\r\nHost: localh"

# What a parser may stumble over; the whole catalogue is a unit test of http.
MALFORMED = [
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET / HTTP/1.1\nHost: a\n\n",
    b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n",
    b"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10, 10\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"0\r\nhello",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: "
    + b"y" * 70_000 + b"\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 20_000 + b"\r\n\r\n",
    b"GET /" + b"y" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"\x00" * 9000,
    os.urandom(9000).replace(b"\n", b"") + b"\r\n\r\n",
]


def send_all(client, data):
    try:
        client.sendall(data)
    except OSError:
        pass  # refused before it had all arrived


def receive_all(client):
    received = b""
    try:
        while chunk := client.recv(65536):
            received += chunk
    except ConnectionResetError:
        pass
    return received


class HostileClients(harness.Case):
    def setUp(self):
        self.net = self.namespace()

    def start(self, **how):
        self.watcher = self.daemon(self.net, arguments=LISTEN, **how)
        self.ask()
        self.descriptors_before = self.descriptors()

    def ask(self):
        """A good request as a stranger sends it."""
        with self.net.connect(PORT) as client:
            client.sendall(GOOD)
            answer = receive_all(client)
        self.assertTrue(answer.startswith(b"HTTP/1.1 200 OK\r\n"), answer)

    def descriptors(self):
        """What each of the daemon's descriptors is."""
        folder = f"/proc/{self.watcher.process.pid}/fd"
        found = []
        for number in os.listdir(folder):
            try:
                found.append(os.readlink(f"{folder}/{number}"))
            except FileNotFoundError:
                pass  # closed meanwhile
        return sorted(found)

    def close_wait_of_the_daemon(self):
        listed = self.net.output("ss", "-tanH", "state", "close-wait")
        return sum(f":{PORT}" in line.split()[2] for line in
                   listed.splitlines())

    def check_that_nothing_stays(self):
        harness.eventually(
            lambda: len(self.descriptors()) <= len(self.descriptors_before),
            within=20, what=lambda: f"no descriptor more than "
            f"{self.descriptors_before}, now {self.descriptors()}")
        self.assertEqual(self.close_wait_of_the_daemon(), 0)
        self.watcher.stop()

    def connect_many(self, count, begin=b""):
        clients = []
        for _ in range(count):
            client = self.net.connect(PORT)
            self.addCleanup(client.close)
            send_all(client, begin)
            clients.append(client)
        return clients

    def test_200_slow_clients(self):
        self.start()
        clients = self.connect_many(200, BEGUN)
        waiting = {client.fileno(): client for client in clients}
        asked = 0
        end = time.monotonic() + 20
        while waiting and time.monotonic() < end:
            self.ask()
            asked += 1
            # A byte now and then, as slow clients do.
            for client in list(waiting.values()):
                send_all(client, b"o")
            closed, _, _ = select.select(list(waiting.values()), [], [], 0.2)
            for client in closed:
                if b"408" in (answer := receive_all(client)) or not answer:
                    del waiting[client.fileno()]
        self.assertEqual(len(waiting), 0, "slow clients that are still held")
        self.assertGreater(asked, 5)
        self.check_that_nothing_stays()

    def test_1000_idle_clients(self):
        self.start()
        clients = self.connect_many(1000)
        for _ in range(50):
            self.ask()
        status = self.watcher.metrics("tcpstated_http_connections")
        self.assertLessEqual(status[frozenset()], 512)
        for client in clients:
            client.close()
        self.check_that_nothing_stays()

    def test_a_limit_of_64_descriptors(self):
        self.start(prefix=("prlimit", "--nofile=64"))
        clients = []
        for begin in (b"", BEGUN):
            clients += self.connect_many(100, begin)
            for _ in range(20):
                self.ask()
        # Evicted clients that have not closed: the counts still move.
        harness.eventually(lambda: self.watcher.json("/api/v1/states")
                           ["states"]["close_wait"] > 50)
        for backend in self.watcher.json("/api/v1/status")["backends"]:
            self.assertEqual(backend["wanted"], backend["up"], backend)
        for client in clients:
            client.close()
        self.check_that_nothing_stays()

    def test_malformed_requests_are_refused_and_the_daemon_lives(self):
        self.start()
        for request in MALFORMED:
            for pieces in ([request], [request[i:i + 1] for i in
                                       range(min(len(request), 300))]):
                with self.net.connect(PORT) as client:
                    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY,
                                      1)
                    for piece in pieces:
                        send_all(client, piece)
                    send_all(client, request[len(b"".join(pieces)):])
                    client.shutdown(socket.SHUT_WR)
                    answer = receive_all(client)
                self.assertRegex(answer, rb"\A(HTTP/1.1 [45]\d\d |\Z)",
                                 request[:80])
                self.assertNotIn(b"HTTP/1.1 2", answer, request[:80])
        self.ask()
        self.check_that_nothing_stays()


if __name__ == "__main__":
    harness.require_root_and_tools("prlimit")
    harness.main()
