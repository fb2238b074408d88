# SPDX-License-Identifier: Apache-2.0
"""Runs the daemon and the lab programs in network namespaces of their own.

    class Example(harness.Case):
        def test_something(self):
            net = self.namespace()
            daemon = self.daemon(net)
            daemon.json("/api/v1/states")

Everything a test starts is ended after it, also if it fails.
"""

import contextlib
import ctypes
import ctypes
import datetime
import http.client
import itertools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

DEADLINE = 10.0
_numbers = itertools.count(1)


def eventually(predicate, within=DEADLINE, what=None):
    """The first true value of predicate(); AssertionError after `within` s,
    which says `what`, or what that returns then."""
    end = time.monotonic() + within
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() >= end:
            name = (what() if callable(what) else what
                    or getattr(predicate, "__name__", "it"))
            raise AssertionError(f"not within {within} s: {name}")
        time.sleep(0.02)


def skip(reason):
    """Ends the program as skipped; in CI only a missing kernel feature may."""
    allowed = reason.startswith("kernel without")
    if os.environ.get("TCPSTATED_NO_SKIP") == "1" and not allowed:
        print(f"FAILED: may not be skipped here: {reason}", flush=True)
        sys.exit(1)
    print(f"SKIPPED: {reason}", flush=True)
    sys.exit(77)


def remove_stale_namespaces():
    """Those of test programs that were killed."""
    listed = subprocess.run(["ip", "netns", "list"], check=False, text=True,
                            stdout=subprocess.PIPE).stdout
    for name, pid in re.findall(r"^(tsd-(\d+)-\d+)", listed, re.MULTILINE):
        if not os.path.exists(f"/proc/{pid}"):
            subprocess.run(["ip", "netns", "del", name], check=False,
                           stderr=subprocess.DEVNULL)


def end_with_parent():
    """For a child before it execs: SIGKILL when this program ends."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def require_root_and_tools(*tools):
    if os.geteuid() != 0:
        skip("needs root for network namespaces")
    for tool in ("ip", "ss", *tools):
        if shutil.which(tool) is None:
            skip(f"needs {tool}")
    remove_stale_namespaces()
    probe = f"tsd-{os.getpid()}-0"
    made = subprocess.run(["ip", "netns", "add", probe], capture_output=True)
    if made.returncode != 0:
        skip(f"cannot make network namespaces: {made.stderr.decode().strip()}")
    subprocess.run(["ip", "netns", "del", probe], check=True)


def main():
    """unittest.main() with the exit code of ctest for all-skipped."""
    result = unittest.main(exit=False).result
    if not result.wasSuccessful():
        sys.exit(1)
    if result.testsRun and result.testsRun == len(result.skipped):
        skip(result.skipped[0][1])


def binary():
    return os.environ["TCPSTATED_BINARY"]


def lab_program(name):
    return os.path.join(os.environ["TCPSTATED_LAB"], name)


def boottime_of(wall_text):
    """An RFC 3339 time in UTC as seconds of CLOCK_BOOTTIME."""
    wall = datetime.datetime.fromisoformat(wall_text.replace("Z", "+00:00"))
    offset = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    return wall.timestamp() - offset


class Namespace:
    def __init__(self):
        self.name = f"tsd-{os.getpid()}-{next(_numbers)}"
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        self.ip("link", "set", "lo", "up")

    def ip(self, *arguments):
        subprocess.run(["ip", "-n", self.name, *arguments], check=True)

    def command(self, *command):
        return ["ip", "netns", "exec", self.name, *command]

    def output(self, *command):
        return subprocess.run(self.command(*command), check=True, text=True,
                              stdout=subprocess.PIPE).stdout

    @contextlib.contextmanager
    def entered(self):
        """This thread is in the namespace; sockets that it makes stay there."""
        setns = ctypes.CDLL(None, use_errno=True).setns
        with open("/proc/thread-self/ns/net", "rb") as home, \
                open(f"/run/netns/{self.name}", "rb") as there:
            assert setns(there.fileno(), 0) == 0, os.strerror(ctypes.get_errno())
            try:
                yield
            finally:
                assert setns(home.fileno(), 0) == 0

    def connect(self, port, timeout=DEADLINE):
        with self.entered():
            return socket.create_connection(("127.0.0.1", port), timeout)

    def set_sysctl(self, key, value):
        self.output("sysctl", "-qw", f"{key}={value}")

    def remove(self):
        subprocess.run(["ip", "netns", "del", self.name], check=False)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def in_one_namespace(config):
    """The programs in the kernel see what other tests do at the same time: they
    are off, unless a test speaks of them."""
    if "ebpf" in config:
        return config
    off = "ebpf: {enabled: false}"
    if "backends: {" in config:
        return config.replace("backends: {", f"backends: {{{off}, ", 1)
    return f"backends: {{{off}}}\n" + config


class Daemon:
    """tcpstated in a namespace, asked through a unix socket. `prefix` is a
    command that runs it (setpriv, prlimit)."""

    def __init__(self, net, config="", arguments=(), prefix=(), environment=()):
        self._files = tempfile.TemporaryDirectory(prefix="tcpstated-test-")
        os.chmod(self._files.name, 0o777)  # the daemon may be somebody else
        self.socket = os.path.join(self._files.name, "api.sock")
        self.config = os.path.join(self._files.name, "tcpstated.yaml")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(in_one_namespace(config))
        self._stderr = open(os.path.join(self._files.name, "log"), "w+b")
        self.process = subprocess.Popen(
            net.command(*prefix, binary(), f"--config.file={self.config}",
                        f"--web.listen-address=unix:{self.socket}",
                        *arguments),
            stdin=subprocess.DEVNULL, stderr=self._stderr,
            preexec_fn=end_with_parent,
            env={**os.environ, **dict(environment)})
        try:
            eventually(self._is_ready, what="ready")
        except BaseException:
            self.kill()
            print(self.log(), file=sys.stderr)
            raise

    def _is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"ended with {self.process.returncode}:\n"
                                 + self.log())
        try:
            return self.get("/-/ready")[0] == 200
        except OSError:
            return False

    def get(self, target, accept=None, timeout=DEADLINE):
        """Status and body as text."""
        return self.request("GET", target, accept, timeout)

    def request(self, method, target, accept=None, timeout=DEADLINE):
        connection = _UnixConnection(self.socket, timeout)
        try:
            connection.request(method, target,
                               headers={"Accept": accept} if accept else {})
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def text(self, target):
        status, body = self.get(target)
        assert status == 200, f"{target}: {status} {body}"
        return body

    def json(self, target):
        return json.loads(self.text(target))

    def metrics(self, name):
        """{frozenset of (label, value): number} of one family."""
        pattern = re.compile(
            rf"^{re.escape(name)}(?:{{(.*)}})? (\S+)$", re.MULTILINE)
        found = {}
        for labels, value in pattern.findall(self.text("/metrics")):
            pairs = re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels)
            found[frozenset(pairs)] = float(value)
        return found

    def log(self):
        self._stderr.flush()
        self._stderr.seek(0)
        return self._stderr.read().decode(errors="replace")

    def stop(self):
        """SIGTERM; asserts that it ends well, soon and without complaints."""
        if self.process.poll() is not None:
            raise AssertionError(f"ended by itself with "
                                 f"{self.process.returncode}:\n{self.log()}")
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("did not stop within 2 s of SIGTERM") from None
        log = self.log()
        self._clean()
        assert status == 0, f"exit code {status}:\n{log}"
        for mark in ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer",
                     "WARNING: ThreadSanitizer", "runtime error:"):
            assert mark not in log, log

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def _clean(self):
        self._stderr.close()
        self._files.cleanup()


class KernelLacks(Exception):
    """What a lab program needs is not in this kernel."""


class Lab:
    """A lab program; `ready` is what it said about itself."""

    def __init__(self, net, program, *arguments):
        self.name = " ".join([program, *arguments])
        self.process = subprocess.Popen(
            net.command(lab_program(program), *arguments),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._lines = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self.ready = json.loads(self.hear("READY", within=20))
        except BaseException:
            self.end()
            raise

    def _read(self):
        for line in self.process.stdout:
            self._lines.append(line.rstrip("\n"))

    def said(self, word):
        """The rest of a line that starts with `word`, None if there is none
        yet."""
        for line in list(self._lines):
            if line.startswith("SKIP "):
                raise KernelLacks(line.removeprefix("SKIP "))
            if line.split(" ", 1)[0] == word:
                return line.partition(" ")[2]
        return None

    def hear(self, word, within=DEADLINE):
        """Waits for a line that starts with `word`; the rest of it."""
        def heard():
            running = self._reader.is_alive()
            rest = self.said(word)
            if rest is None and not running:
                raise AssertionError(f"{self.name} ended without {word}")
            return None if rest is None else (rest,)
        return eventually(heard, within, f"{word} of {self.name}")[0]

    def cure(self):
        self.process.stdin.write("cure\n")
        self.process.stdin.flush()
        self.hear("CURED")

    def end(self):
        """Its children see the end of their control sockets."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self._reader.join(timeout=5)
        self.process.stdout.close()


class Case(unittest.TestCase):
    """Ends what a test started, the last first."""

    maxDiff = None

    def namespace(self):
        net = Namespace()
        self.addCleanup(net.remove)
        return net

    def daemon(self, net, config="", arguments=(), **how):
        daemon = Daemon(net, config, arguments, **how)
        self.addCleanup(daemon.kill)
        return daemon

    def lab(self, net, program, *arguments):
        lab = Lab(net, program, *arguments)
        self.addCleanup(lab.end)
        return lab
