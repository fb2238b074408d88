# SPDX-License-Identifier: Apache-2.0
"""What programs do with TCP connections, good and bad, as a client and a server
of real processes: `behaviours.py server ADDRESS SECONDS` and `behaviours.py
client ADDRESS SECONDS`. Each behaviour has a port of its own."""

import random
import socket
import struct
import sys
import threading
import time

FIRST_PORT = 7000
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def read_all(connection):
    while connection.recv(65536):
        pass


def pause(most=0.15):
    time.sleep(random.uniform(0, most))


class Behaviour:
    """Both sides of one kind of conversation. The server's side gets an accepted
    connection; what it returns it keeps until the end."""

    options = ()

    def serve(self, connection):
        read_all(connection)
        connection.close()

    def ask(self, connection):
        connection.sendall(b"x" * random.randint(1, 5000))
        connection.close()


class Echo(Behaviour):
    def serve(self, connection):
        while data := connection.recv(65536):
            connection.sendall(data)
        connection.close()

    def ask(self, connection):
        connection.sendall(b"x" * 300)
        connection.recv(65536)
        pause()
        connection.close()


class ServerFirst(Behaviour):
    def serve(self, connection):
        connection.sendall(b"x" * 500)
        connection.close()

    def ask(self, connection):
        read_all(connection)
        pause()
        connection.close()


class LateClose(Behaviour):
    def serve(self, connection):
        read_all(connection)
        pause(0.5)
        connection.close()


class Forgotten(Behaviour):
    """A CLOSE_WAIT leak."""

    def serve(self, connection):
        read_all(connection)
        return connection


class NeverAccepted(Behaviour):
    accepts = False


class HalfClose(Behaviour):
    def serve(self, connection):
        read_all(connection)
        for _ in range(6):
            connection.sendall(b"x" * 1000)
            time.sleep(0.05)
        connection.close()

    def ask(self, connection):
        connection.sendall(b"x" * 200)
        connection.shutdown(socket.SHUT_WR)
        read_all(connection)
        connection.close()


class UnreadData(Behaviour):
    """close() with unread data answers with RST."""

    def serve(self, connection):
        pause(0.3)
        connection.close()

    def ask(self, connection):
        connection.sendall(b"x" * 2000)
        time.sleep(0.4)
        connection.close()


class ServerAborts(Behaviour):
    def serve(self, connection):
        pause()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                              RESET_ON_CLOSE)
        connection.close()

    def ask(self, connection):
        connection.settimeout(5)
        read_all(connection)
        connection.close()


class ClientAborts(Behaviour):
    def ask(self, connection):
        connection.sendall(b"x" * 100)
        pause()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                              RESET_ON_CLOSE)
        connection.close()


class Simultaneous(Behaviour):
    """Both close at the full tenth of a second."""

    def serve(self, connection):
        time.sleep(0.1 - time.time() % 0.1)
        connection.close()

    ask = serve


class Orphan(Behaviour):
    """The server closes, the client never does: FIN-WAIT-2 without a process."""

    def serve(self, connection):
        connection.sendall(b"x" * 10)
        connection.close()

    def ask(self, connection):
        read_all(connection)
        return connection


class SlowReader(Behaviour):
    options = ((socket.SOL_SOCKET, socket.SO_RCVBUF, 8192),)

    def serve(self, connection):
        while connection.recv(4096):
            time.sleep(0.01)
        connection.close()

    def ask(self, connection):
        connection.sendall(b"x" * 200_000)
        connection.close()


class ServerShutsDown(Behaviour):
    def serve(self, connection):
        connection.sendall(b"x" * 100)
        connection.shutdown(socket.SHUT_WR)
        read_all(connection)
        connection.close()

    def ask(self, connection):
        read_all(connection)
        connection.sendall(b"x" * 3000)
        pause()
        connection.close()


class Keepalive(Behaviour):
    options = ((socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
               (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1),
               (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1))

    def ask(self, connection):
        connection.sendall(b"x")
        time.sleep(4)
        connection.close()


class Refused(Behaviour):
    listens = False


class FastOpen(Behaviour):
    options = ((socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 16),)
    fast = True


class Reuse(Behaviour):
    """One port of the client again and again, the server in TIME-WAIT."""

    source_ports = (42000, 42001, 42002)

    def serve(self, connection):
        connection.sendall(b"bye")
        connection.close()

    def ask(self, connection):
        read_all(connection)
        connection.close()


class Lost(Behaviour):
    """The test drops what comes to this port behind the capture."""


BEHAVIOURS = [Echo(), ServerFirst(), LateClose(), Forgotten(), NeverAccepted(),
              HalfClose(), UnreadData(), ServerAborts(), ClientAborts(),
              Simultaneous(), Orphan(), SlowReader(), ServerShutsDown(),
              Keepalive(), Refused(), FastOpen(), Reuse(), Lost()]
LOST_PORT = FIRST_PORT + len(BEHAVIOURS) - 1


class Program:
    """Runs conversations in threads for a while; keeps what they leave open."""

    def __init__(self, address, seconds):
        self.address = address
        self.end = time.monotonic() + seconds
        self.kept = []

    def run(self, work, *arguments):
        def guarded():
            try:
                self.kept.append(work(*arguments))
            except OSError:
                pass  # the other side, or the path, had other ideas
        threading.Thread(target=guarded, daemon=True).start()

    def wait(self):
        while time.monotonic() < self.end:
            time.sleep(0.1)


def serve(address, seconds):
    program = Program(address, seconds)

    def accept(listener, behaviour):
        while True:
            connection, _ = listener.accept()
            program.run(behaviour.serve, connection)

    for number, behaviour in enumerate(BEHAVIOURS):
        if not getattr(behaviour, "listens", True):
            continue
        listener = socket.create_server((address, FIRST_PORT + number),
                                        backlog=128)
        for option in behaviour.options:
            listener.setsockopt(*option)
        program.kept.append(listener)
        if getattr(behaviour, "accepts", True):
            program.run(accept, listener, behaviour)
    print("READY", flush=True)
    program.wait()


def open_to(address, port, behaviour, turn):
    connection = socket.socket()
    ports = getattr(behaviour, "source_ports", None)
    if ports:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        connection.bind(("", ports[turn % len(ports)]))
    if getattr(behaviour, "fast", False):
        connection.sendto(b"x" * 100, socket.MSG_FASTOPEN, (address, port))
    else:
        connection.connect((address, port))
    return connection


def ask(address, seconds):
    """A conversation of every kind each 0.4 s, until there is time for one
    more."""
    program = Program(address, seconds)

    def converse(number, behaviour, turn):
        pause(0.3)
        return behaviour.ask(open_to(address, FIRST_PORT + number, behaviour,
                                     turn))

    turn = 0
    while time.monotonic() < program.end - 2:
        for number, behaviour in enumerate(BEHAVIOURS):
            program.run(converse, number, behaviour, turn)
        turn += 1
        time.sleep(0.4)
    program.wait()


if __name__ == "__main__":
    role, where, how_long = sys.argv[1:]
    {"server": serve, "client": ask}[role](where, float(how_long))
