# SPDX-License-Identifier: Apache-2.0
"""States inferred from captures against what the kernels said meanwhile."""

import pathlib
import subprocess
import unittest

import harness
import state_score

LABELLED = (pathlib.Path(__file__).parent.parent / "data" / "captures"
            / "labelled")
HOSTS = {"a": "10.9.0.1", "b": "10.9.0.2"}
EDGE_HOST = "192.168.0.1"
EDGE_GUARD = 0.0006
RUN_GUARD = 0.02


def score(capture, local, guard):
    events = subprocess.run(
        [harness.binary(), f"--read.pcap={capture}",
         f"--local-address={local}", "--output=events"],
        check=True, text=True, stdout=subprocess.PIPE).stdout
    return state_score.score(capture, capture.with_suffix(".truth.tsv"),
                             events.splitlines(), local, guard)


def score_host(run, side):
    return score(LABELLED / run / f"{side}.pcap", HOSTS[side], RUN_GUARD)


class TwoHosts(unittest.TestCase):
    def test_the_server_is_always_right(self):
        for run in ("two_hosts_loss0", "two_hosts_loss5"):
            result = score_host(run, "b")
            self.assertEqual(result.percent, 100, f"{run}/b: {result}")

    def test_the_client_is_right_but_for_what_no_packet_shows(self):
        for run, least in (("two_hosts_loss0", 98.8), ("two_hosts_loss5", 98.4)):
            result = score_host(run, "a")
            self.assertGreaterEqual(result.percent, least, f"{run}/a: {result}")

    def test_no_close_wait_is_false(self):
        for run in ("two_hosts_loss0", "two_hosts_loss5"):
            for side in HOSTS:
                result = score_host(run, side)
                self.assertGreater(result.samples, 8000)
                for (_, inferred), count in result.wrong.items():
                    self.assertNotEqual(inferred, "close_wait",
                                        f"{run}/{side}: {count}")


class EdgeCases(unittest.TestCase):
    def setUp(self):
        self.scores = {
            capture.stem: score(capture, EDGE_HOST, EDGE_GUARD)
            for capture in sorted((LABELLED / "edge42").glob("*.pcap"))}
        self.assertEqual(len(self.scores), 42)

    def test_all_are_exact_but_defer_accept(self):
        # There the kernel stays in SYN-RECEIVED until data comes.
        for name, result in self.scores.items():
            if result.wrong:
                print(f"{name}: {result}")
        wrong = {name: str(result) for name, result in self.scores.items()
                 if result.wrong and name != "defer_accept"}
        self.assertEqual(wrong, {})

    def test_every_one_has_samples_but_synfin_listen(self):
        # That must only not be taken for a connection.
        empty = [name for name, result in self.scores.items()
                 if not result.samples]
        self.assertEqual(empty, ["synfin_listen"])

    def test_no_close_wait_is_false(self):
        for name, result in self.scores.items():
            for _, inferred in result.wrong:
                self.assertNotEqual(inferred, "close_wait", name)


if __name__ == "__main__":
    harness.main()
