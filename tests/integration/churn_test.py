# SPDX-License-Identifier: Apache-2.0
"""While thousands of connections come and go, every view is consistent with
itself, and what does not change is never counted wrong."""

import json
import os

import harness
from harness import eventually

SECONDS = int(os.environ.get("TCPSTATED_CHURN_SECONDS", "10"))
CONFIG = """
backends: {sock_diag: {interval: 100ms}}
leaks: {close_wait: {threshold: 1s}}
"""


class Churn(harness.Case):
    def setUp(self):
        self.net = self.namespace()
        self.churn = self.lab(self.net, "churnlab", str(SECONDS))
        self.watcher = self.daemon(self.net, CONFIG)

    def views(self):
        """Every new view until the churn is over."""
        last = None
        while not self.churn.said("DONE"):
            document = self.watcher.json("/api/v1/states")
            if document["time"] == last:
                continue
            last = document["time"]
            yield document

    def check(self, document):
        states = document["states"]
        counters = document["counters"]
        minisocks = document["time_wait_minisocks"]["fin_wait_2"]
        for name, number in (*states.items(), *counters.items()):
            self.assertGreaterEqual(number, 0, f"{name}: {document}")
        self.assertEqual(counters["curr_estab"],
                         states["established"] + states["close_wait"],
                         document)
        self.assertEqual(counters["time_wait_sockets"],
                         states["time_wait"] + minisocks, document)
        # What the lab holds still is there in each view.
        self.assertEqual(self.churn.ready["listeners"], states["listen"])
        self.assertGreaterEqual(states["close_wait"],
                                self.churn.ready["leaks"], document)

    def test_every_view_is_consistent(self):
        eventually(lambda: self.watcher.json("/api/v1/leaks")["total"]
                   == self.churn.ready["leaks"], what="the lab's leaks")
        sweeps = set()
        seen = 0
        for seen, document in enumerate(self.views(), start=1):
            self.check(document)
            sweeps.add(document["sweep"]["count"])
            leaks = self.watcher.json("/api/v1/leaks")
            self.assertEqual(self.churn.ready["leaks"], leaks["total"], leaks)
        done = json.loads(self.churn.hear("DONE"))
        status = self.watcher.json("/api/v1/status")
        print(f"\n{done['connections']} connections, {seen} views of "
              f"{len(sweeps)} sweeps, clamped {status['counts_clamped']}, "
              f"failed sweeps {status['sweep']['failed']}")
        self.assertGreater(done["connections"], 500 * SECONDS)
        # Sweeps make themselves rarer, so that they cost little.
        self.assertGreater(len(sweeps), SECONDS / 2)
        self.assertEqual(0, status["table"]["refused"], status)
        self.settles()
        self.watcher.stop()

    def settles(self):
        """When all is quiet again, nothing has drifted."""
        def as_ss_says():
            rows = self.net.output("ss", "-Htan").splitlines()
            states = self.watcher.json("/api/v1/states")["states"]
            return all(
                sum(row.startswith(name) for row in rows) == states[state]
                for name, state in (
                    ("LISTEN", "listen"), ("ESTAB", "established"),
                    ("CLOSE-WAIT", "close_wait"),
                    ("TIME-WAIT", "time_wait"), ("FIN-WAIT-2", "fin_wait_2")))
        eventually(as_ss_says, what="counts as those of ss")


if __name__ == "__main__":
    harness.require_root_and_tools()
    harness.main()
