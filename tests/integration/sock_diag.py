# SPDX-License-Identifier: Apache-2.0
"""The kernel's own list of TCP sockets, by netlink: the oracle of tests, with
no code in common with the daemon."""

import socket
import struct

NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20
NLM_F_REQUEST_DUMP = 0x301
NLMSG_ERROR, NLMSG_DONE = 2, 3
STATES = {1: "established", 2: "syn_sent", 3: "syn_received", 4: "fin_wait_1",
          5: "fin_wait_2", 6: "time_wait", 7: "closed", 8: "close_wait",
          9: "last_ack", 10: "listen", 11: "closing", 12: "syn_received"}


class SockDiag:
    """Of the namespace in which it is made. IPv4 only."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                                     NETLINK_SOCK_DIAG)
        self._socket.bind((0, 0))

    def close(self):
        self._socket.close()

    def connections(self):
        """{(local, remote): state} without listeners; ends are (ip, port)."""
        body = struct.pack("=BBBxI", socket.AF_INET, socket.IPPROTO_TCP, 0,
                           0xFFFFFFFF) + bytes(48)
        self._socket.send(struct.pack("=IHHII", 16 + len(body),
                                      SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST_DUMP,
                                      1, 0) + body)
        found = {}
        while True:
            data = self._socket.recv(1 << 17)
            at = 0
            while at < len(data):
                length, kind = struct.unpack_from("=IH", data, at)
                if kind == NLMSG_DONE:
                    return found
                assert kind != NLMSG_ERROR, data[at:at + length]
                self._read(data[at + 16:at + length], found)
                at += (length + 3) & ~3

    @staticmethod
    def _read(row, found):
        state = STATES[row[1]]
        if state == "listen":
            return
        ports = struct.unpack_from(">HH", row, 4)
        addresses = [socket.inet_ntoa(row[at:at + 4]) for at in (8, 24)]
        found[tuple(zip(addresses, ports))] = state
