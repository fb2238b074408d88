# SPDX-License-Identifier: Apache-2.0
"""A frozen mix of sockets in every state: the daemon's counts are those of ss,
state by state."""

import collections

import harness
from harness import eventually

STATES = ("closed", "listen", "syn_sent", "syn_received", "established",
          "fin_wait_1", "fin_wait_2", "close_wait", "closing", "last_ack",
          "time_wait")
OF_SS = {"LISTEN": "listen", "SYN-SENT": "syn_sent",
         "SYN-RECV": "syn_received", "ESTAB": "established",
         "FIN-WAIT-1": "fin_wait_1", "FIN-WAIT-2": "fin_wait_2",
         "CLOSE-WAIT": "close_wait", "CLOSING": "closing",
         "LAST-ACK": "last_ack", "TIME-WAIT": "time_wait"}
CONFIG = "backends: {sock_diag: {interval: 250ms}}\n"


def make_device(net):
    """The TUN device of TunPeer, and a kernel that is patient."""
    net.ip("tuntap", "add", "lab0", "mode", "tun")
    net.ip("address", "add", "10.99.0.1/16", "dev", "lab0")
    net.ip("address", "add", "fd99::1/64", "dev", "lab0", "nodad")
    net.ip("link", "set", "lab0", "up")
    for name, value in (("tcp_orphan_retries", 15), ("tcp_retries2", 15),
                        ("tcp_synack_retries", 8), ("tcp_syn_retries", 8),
                        ("tcp_syncookies", 0)):
        net.set_sysctl(f"net.ipv4.{name}", value)


def count_by_ss(net, flag):
    """Sockets per state as ss -tan or ss -Man shows them, all 11 states."""
    counts = dict.fromkeys(STATES, 0)
    for line in net.output("ss", "-Han", flag).splitlines():
        counts[OF_SS[line.split()[0]]] += 1
    return counts


class ExactCounts(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.net = harness.Namespace()
        cls.addClassCleanup(cls.net.remove)
        make_device(cls.net)
        cls.mix = harness.Lab(cls.net, "mixlab", "lab0")
        cls.addClassCleanup(cls.mix.end)
        cls.watcher = harness.Daemon(cls.net, CONFIG)
        cls.addClassCleanup(cls.watcher.kill)

    def settled(self, flag):
        """What ss says twice in a row, with a sweep in between."""
        def same_twice():
            before = count_by_ss(self.net, flag)
            sweeps = self.sweeps()
            eventually(lambda: self.sweeps() >= sweeps + 2)
            states = self.watcher.json("/api/v1/states")
            return count_by_ss(self.net, flag) == before and (before, states)
        return eventually(same_twice, what="two equal runs of ss")

    def sweeps(self):
        return self.watcher.json("/api/v1/states")["sweep"]["count"]

    def test_tcp_counts_equal_those_of_ss(self):
        by_ss, document = self.settled("-t")
        self.assertEqual(by_ss, document["states"])
        # The lab is what it set out to be, or equality would prove little.
        self.assertEqual(self.mix.ready["tcp"],
                         {state: n for state, n in by_ss.items() if n})
        self.assertGreaterEqual(sum(by_ss.values()), 2000)
        self.assertEqual({"closed"}, {s for s, n in by_ss.items() if n == 0})

    def test_mptcp_counts_equal_those_of_ss(self):
        if not self.mix.ready["mptcp"]:
            harness.skip("kernel without MPTCP")
        by_ss, document = self.settled("-M")
        self.assertEqual(by_ss, document["mptcp"])
        self.assertEqual(self.mix.ready["mptcp"],
                         {state: n for state, n in by_ss.items() if n})

    def test_metrics_have_every_state_and_the_same_numbers(self):
        by_ss, _ = self.settled("-t")
        for family, wanted in (
                ("tcpstate_connections", by_ss),
                ("tcpstate_mptcp_connections", count_by_ss(self.net, "-M"))):
            found = self.watcher.metrics(family)
            self.assertEqual(
                {frozenset({("state", state)}): float(n)
                 for state, n in wanted.items()}, found, family)

    def test_the_list_has_as_many_rows_as_the_counts_say(self):
        def listed():
            counts = collections.Counter()
            target = "/api/v1/connections?limit=1000&protocol=tcp"
            after = ""
            while after is not None:
                page = self.watcher.json(target + after)
                counts.update(row["state"] for row in page["items"])
                after = page["next"] and f"&after={page['next']}"
            return counts
        by_ss, _ = self.settled("-t")
        self.assertEqual({state: n for state, n in by_ss.items() if n},
                         dict(listed()))

    def test_minisocks_in_fin_wait_2_are_told_apart(self):
        _, document = self.settled("-t")
        orphans = 40 + 40 // 2 + 40 // 4  # Step::Closes in mixlab.cpp
        self.assertEqual({"fin_wait_2": orphans},
                         document["time_wait_minisocks"])
        self.assertEqual(0, self.watcher.json("/api/v1/status")
                         ["counts_clamped"])


if __name__ == "__main__":
    harness.require_root_and_tools()
    harness.main()
