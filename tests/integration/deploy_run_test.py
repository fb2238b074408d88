# SPDX-License-Identifier: Apache-2.0
"""deploy/run, as the README shows it: the first page, then a second terminal."""

import pathlib
import signal
import socket
import subprocess
import sys
import unittest
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]


class DeployRun(unittest.TestCase):
    def test_it_shows_the_first_page_and_serves_until_interrupted(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{probe.getsockname()[1]}"
        running = subprocess.Popen(
            [ROOT / "deploy/run", f"--web.listen-address={address}"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True)
        self.addCleanup(running.stdout.close)
        self.addCleanup(running.kill)
        printed = []
        for line in running.stdout:
            printed.append(line)
            if "second terminal" in line:
                break
        text = "".join(printed)
        for words in ("install packages", "build", f"$ curl {address}",
                      "Backends: sock_diag ok", "listen", "LEAKS"):
            self.assertIn(words, text)
        for path, words in (("/", "STATE"),
                            ("/metrics", "tcpstate_connections{")):
            with urllib.request.urlopen(f"http://{address}{path}",
                                        timeout=10) as answer:
                self.assertIn(words, answer.read().decode())
        running.send_signal(signal.SIGINT)
        self.assertEqual(running.wait(timeout=10), 0)


if __name__ == "__main__":
    sys.exit(unittest.main())
