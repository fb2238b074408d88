# SPDX-License-Identifier: Apache-2.0
"""`tcpstated --read.pcap` as a citizen of a shell: in a pipe, on a terminal, and
in the commands of the README."""

import contextlib
import os
import pty
import re
import signal
import subprocess
import threading
import time
import unittest

import harness
from reading import FORMATS, ROOT, RUN, Folder, command, records


class Pipes(Folder):
    def big(self):
        """More than fits in a pipe of what is printed."""
        header, packets = records(RUN)
        return self.file("big.pcap", header + b"".join(packets) * 50)

    def head(self, output, **how):
        """What it says and how it ends when only a line is wanted."""
        with subprocess.Popen(command(self.big(), output),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              **how) as process:
            self.assertTrue(process.stdout.readline())
            process.stdout.close()
            said = process.stderr.read()
            return said, process.wait(timeout=harness.DEADLINE)

    def test_a_reader_that_has_enough_ends_it_quietly(self):
        for output in ("events", "ndjson"):
            self.assertEqual(self.head(output), (b"", -signal.SIGPIPE))

    def test_also_if_sigpipe_is_ignored(self):
        ignored = {"restore_signals": False}  # as Python itself has it
        self.assertEqual(self.head("events", **ignored), (b"", 1))

    def test_a_full_disk_is_complained_about(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(command(RUN, "events"), check=False,
                                  stdout=full, stderr=subprocess.PIPE)
        self.assertEqual((done.returncode, done.stderr), (
            1, b"tcpstated: cannot write to standard output: "
               b"No space left on device\n"))


class Screen:
    """A terminal; `text` is all that it was told."""

    def __init__(self):
        self.text = b""
        self._terminal, self.device = pty.openpty()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        with contextlib.suppress(OSError):  # nobody is left to tell anything
            while True:
                self.text += os.read(self._terminal, 65536)

    def leave_to(self, process):
        """Nobody but `process` has it now: the end of that is its end."""
        os.close(self.device)
        status = process.wait(timeout=harness.DEADLINE)
        self._reader.join(timeout=harness.DEADLINE)
        os.close(self._terminal)
        return status


class Terminal(unittest.TestCase):
    """Whoever waits at a terminal sees how far it has come."""

    def start(self, output, stdout, stderr):
        process = subprocess.Popen(command("-", output), stdout=stdout,
                                   stderr=stderr, stdin=subprocess.PIPE)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    @staticmethod
    def feed(process, until):
        """Packets into its standard input until the predicate holds."""
        header, packets = records(RUN)
        process.stdin.write(header)

        def fed():
            process.stdin.write(b"".join(packets))
            process.stdin.flush()
            return until()
        harness.eventually(fed, what=until.__name__)
        process.stdin.close()

    @classmethod
    def feed_until_a_bar_is_due(cls, process):
        end = time.monotonic() + 1.3
        cls.feed(process, lambda: time.monotonic() > end)

    def test_a_bar_is_shown_and_wiped(self):
        screen = Screen()
        began = time.monotonic()
        process = self.start("ndjson", subprocess.DEVNULL, screen.device)
        self.feed(process, lambda: b"packets" in screen.text)
        self.assertGreater(time.monotonic() - began, 0.9)
        self.assertEqual(screen.leave_to(process), 0)
        self.assertRegex(screen.text,
                         rb"\A\r\d+ MB/s  \d+\.\d M packets\x1b\[K")
        self.assertTrue(screen.text.endswith(b"\r\x1b[K"), screen.text[-80:])

    def test_there_is_no_bar_without_a_terminal(self):
        process = self.start("ndjson", subprocess.DEVNULL, subprocess.PIPE)
        self.feed_until_a_bar_is_due(process)
        with process.stderr:
            self.assertEqual(process.stderr.read(), b"")
        self.assertEqual(process.wait(timeout=harness.DEADLINE), 0)

    def test_no_bar_runs_through_lines_on_the_same_terminal(self):
        screen = Screen()
        process = self.start("events", screen.device, screen.device)
        self.feed_until_a_bar_is_due(process)
        self.assertEqual(screen.leave_to(process), 0)
        self.assertIn(b'"type":"transition"', screen.text)
        self.assertNotIn(b"MB/s", screen.text)


class Readme(Folder):
    """The commands of "Reading captures" do what they say there."""

    def setUp(self):
        super().setUp()
        self.file("web1.pcap", RUN.read_bytes())
        subprocess.run(["gzip", "-k", "web1.pcap"], cwd=self.folder, check=True)
        subprocess.run(["ln", "-s", harness.binary(), "tcpstated"],
                       cwd=self.folder, check=True)

    def commands(self):
        text = (ROOT / "README.md").read_text(encoding="utf-8")
        section = text.partition("## Reading captures\n")[2].partition("\n## ")[0]
        blocks = re.findall(r"^```console\n(.*?)^```", section, re.M | re.S)
        return re.findall(r"^\$ (.*)$", "".join(blocks), re.M)

    def shell(self, line):
        return subprocess.run(
            line, shell=True, cwd=self.folder, check=True, text=True,
            env={**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}"},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def test_every_command_works(self):
        commands = self.commands()
        self.assertGreaterEqual(len(commands), 4)
        for line in commands:
            self.assertIn("tcpstated --read.pcap", line)
            done = self.shell(line)
            self.assertTrue(done.stdout.strip(), line)
            self.assertEqual(done.stderr, "", line)

    def test_every_format_is_mentioned(self):
        text = (ROOT / "README.md").read_text(encoding="utf-8")
        section = text.partition("## Reading captures\n")[2].partition("\n## ")[0]
        for output in FORMATS:
            self.assertIn(output, section)


if __name__ == "__main__":
    harness.main()
