# SPDX-License-Identifier: Apache-2.0
"""As nobody the counts are right, and what is missing is said."""

import harness

NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
          "--inh-caps=-all")
CONFIG = """
backends: {sock_diag: {interval: 250ms}, ebpf: {enabled: auto}}
leaks: {close_wait: {threshold: 1s}}
"""


class Unprivileged(harness.Case):
    def setUp(self):
        self.net = self.namespace()
        self.watcher = self.daemon(self.net, CONFIG, prefix=NOBODY)

    def test_it_runs_as_nobody(self):
        with open(f"/proc/{self.watcher.process.pid}/status",
                  encoding="utf-8") as file:
            status = dict(line.split(":\t", 1) for line in file)
        self.assertEqual(status["Uid"].split()[1], "65534")
        self.assertEqual(int(status["CapEff"], 16), 0)
        self.watcher.stop()

    def test_counts_and_causes_are_right(self):
        lab = self.lab(self.net, "leaklab", "unread_data")
        harness.eventually(
            lambda: self.watcher.json("/api/v1/leaks")["total"] == 1)
        states = self.watcher.json("/api/v1/states")["states"]
        self.assertEqual(states["close_wait"], 1)
        self.assertEqual(states["listen"], 1)
        leak = self.watcher.json("/api/v1/leaks")["items"][0]
        self.assertEqual(leak["cause"], "unread_data")
        # Root holds the socket, and nobody may not look at what root holds.
        harness.eventually(
            lambda: self.watcher.json("/api/v1/leaks")["items"][0]
            ["attribution"] == "not_permitted")
        self.assertEqual(
            self.watcher.json("/api/v1/leaks")["items"][0]["holders"], [])
        lab.cure()
        self.watcher.stop()

    def test_the_missing_ability_and_its_cure_are_named(self):
        missing = "CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH"
        self.assertIn(missing, self.watcher.text("/"))
        ability, events = self.watcher.json("/api/v1/status")["abilities"]
        self.assertFalse(events["available"])
        self.assertIn("CAP_BPF and CAP_PERFMON", events["missing"])
        self.assertEqual(self.watcher.metrics("tcpstated_backend_up")[
            frozenset({("backend", "ebpf")})], 0)
        self.assertEqual(ability["name"], "process names")
        self.assertFalse(ability["available"])
        self.assertEqual(ability["missing"], missing)
        self.assertIn("AmbientCapabilities", ability["how"])
        self.assertIn("See /status", self.watcher.text("/processes"))
        self.assertIn(missing, self.watcher.text("/status"))
        self.watcher.stop()


if __name__ == "__main__":
    harness.require_root_and_tools("setpriv")
    harness.main()
