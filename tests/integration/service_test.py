# SPDX-License-Identifier: Apache-2.0
"""The daemon as a service manager and an operator see it: start, reload, stop,
exit codes, notification."""

import os
import signal
import socket
import subprocess
import tempfile

import harness

GOOD = "leaks: {close_wait: {threshold: 7s}}\n"
BETTER = "leaks: {close_wait: {threshold: 9s}}\n"
BAD = "leaks: {close_wait: {treshold: 9s}}\n"


def run(*arguments):
    """A daemon that should end by itself."""
    return subprocess.run([harness.binary(), *arguments], text=True,
                          capture_output=True, timeout=20, check=False)


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


class ManagerSocket:
    """What systemd is to a service of Type=notify."""

    def __init__(self, case):
        files = tempfile.TemporaryDirectory(prefix="tcpstated-notify-")
        case.addCleanup(files.cleanup)
        self.path = os.path.join(files.name, "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        case.addCleanup(self._socket.close)
        self._socket.bind(self.path)
        self._socket.settimeout(harness.DEADLINE)

    def hear(self, line):
        """Waits for a message with this line; AssertionError if none comes."""
        heard = []
        while line not in heard:
            try:
                heard += self._socket.recv(4096).decode().split("\n")
            except TimeoutError:
                raise AssertionError(f"no {line} in {heard}") from None


class Service(harness.Case):
    def threshold(self, watcher):
        return watcher.json("/api/v1/config")["leaks"]["close_wait"][
            "threshold"]

    def test_hangup_loads_a_good_configuration_and_keeps_what_it_knows(self):
        watcher = self.daemon(self.namespace(), GOOD)
        self.assertEqual(self.threshold(watcher), "7s")
        write(watcher.config, BETTER)
        watcher.process.send_signal(signal.SIGHUP)
        harness.eventually(lambda: self.threshold(watcher) == "9s")
        self.assertEqual(
            watcher.metrics("tcpstated_config_last_reload_successful"),
            {frozenset(): 1.0})
        watcher.stop()

    def test_hangup_keeps_the_old_configuration_if_the_new_one_is_bad(self):
        watcher = self.daemon(self.namespace(), GOOD)
        write(watcher.config, BAD)
        watcher.process.send_signal(signal.SIGHUP)
        harness.eventually(lambda: watcher.metrics(
            "tcpstated_config_last_reload_successful") == {frozenset(): 0.0})
        self.assertEqual(self.threshold(watcher), "7s")
        self.assertIn(":1:22: leaks.close_wait.treshold: unknown key. "
                      "Did you mean 'threshold'?", watcher.log())
        watcher.stop()

    def test_a_key_that_needs_a_restart_is_said_to(self):
        watcher = self.daemon(self.namespace(), GOOD)
        write(watcher.config, "table: {max_connections: 5000}\n")
        watcher.process.send_signal(signal.SIGHUP)
        harness.eventually(
            lambda: "table.max_connections" in watcher.log())
        self.assertEqual(self.threshold(watcher), "1m")
        watcher.stop()

    def test_the_service_manager_hears_every_step(self):
        manager = ManagerSocket(self)
        watcher = self.daemon(
            self.namespace(), GOOD, environment={
                "NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "800000"})
        manager.hear("READY=1")
        manager.hear("WATCHDOG=1")
        watcher.process.send_signal(signal.SIGHUP)
        manager.hear("RELOADING=1")
        manager.hear("READY=1")
        watcher.stop()
        manager.hear("STOPPING=1")

    def test_lifecycle_requests_exist_only_if_asked_for(self):
        watcher = self.daemon(self.namespace(), GOOD)
        self.assertEqual(watcher.request("POST", "/-/reload")[0], 404)
        watcher.stop()
        watcher = self.daemon(self.namespace(), GOOD,
                              ["--web.enable-lifecycle"])
        write(watcher.config, BETTER)
        self.assertEqual(watcher.request("GET", "/-/reload")[0], 405)
        self.assertEqual(watcher.request("POST", "/-/reload")[0], 200)
        self.assertEqual(self.threshold(watcher), "9s")
        write(watcher.config, BAD)
        self.assertEqual(watcher.request("POST", "/-/reload")[0], 500)
        self.assertEqual(watcher.request("POST", "/-/quit")[0], 200)
        self.assertEqual(watcher.process.wait(timeout=2), 0)

    def test_a_port_in_use_is_an_error_at_the_start(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            ended = run(f"--web.listen-address=127.0.0.1:{port}")
        self.assertEqual(ended.returncode, 1)
        self.assertIn(f"cannot listen on '127.0.0.1:{port}': "
                      "Address already in use", ended.stderr)

    def test_bad_usage_and_bad_configuration_end_with_2(self):
        ended = run("--web.listen-adress=:1")
        self.assertEqual(ended.returncode, 2)
        self.assertIn("did you mean '--web.listen-address'?", ended.stderr)
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            file.write(BAD)
            file.flush()
            for also in ([], ["--config.check"], ["--config.print"]):
                ended = run(f"--config.file={file.name}", *also)
                self.assertEqual(ended.returncode, 2)
                self.assertIn(f"{file.name}:1:22: ", ended.stderr)

    def test_help_and_version_go_to_standard_output(self):
        for flag, words in (("--help", "--config.file"),
                            ("--version", "tcpstated, version ")):
            ended = run(flag)
            self.assertEqual((ended.returncode, ended.stderr), (0, ""))
            self.assertIn(words, ended.stdout)


if __name__ == "__main__":
    harness.require_root_and_tools()
    harness.main()
