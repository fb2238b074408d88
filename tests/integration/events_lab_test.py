# SPDX-License-Identifier: Apache-2.0
"""Leaks with events: exact ages, holders without the capabilities that /proc
needs, sockets that ss does not show, other namespaces, and what is left when
something is missing."""

import json
import os
import socket
import struct
import subprocess
import time

import harness
from harness import eventually

CONFIG = """
backends: {sock_diag: {interval: 250ms}, ebpf: {enabled: auto}}
leaks: {close_wait: {threshold: 1s}}
"""
EXACTNESS = 0.005
ONLY_BPF = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
            "--inh-caps=-all,+bpf,+perfmon", "--ambient-caps=+bpf,+perfmon")
NO_LINGER = struct.pack("ii", 1, 0)
PROGRAMS = {"first", "second", "destroyed", "held_sockets"}


def loaded_programs():
    """Names of our programs in the kernel, as often as they are loaded."""
    listed = subprocess.run(["bpftool", "-j", "prog", "show"], check=True,
                            capture_output=True, text=True).stdout
    return sorted(program["name"] for program in json.loads(listed)
                  if program.get("name") in PROGRAMS)


class Connected:
    """Both ends of a connection within a namespace."""

    def __init__(self, net):
        with net.entered():
            self.listener = socket.create_server(("127.0.0.1", 0))
            self.client = socket.create_connection(self.listener.getsockname())
        self.server, _ = self.listener.accept()
        self.port = self.listener.getsockname()[1]

    def reset_client(self):
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        self.client.close()

    def close(self):
        for end in (self.client, self.server, self.listener):
            end.close()


class EventsLab(harness.Case):
    def setUp(self):
        self.net = self.namespace()

    def watch(self, net=None, config=CONFIG, **how):
        watcher = self.daemon(net or self.net, config, **how)
        backends = {backend["name"]: backend for backend in
                    watcher.json("/api/v1/status")["backends"]}
        if not how and not backends["ebpf"]["up"]:
            harness.skip("kernel without eBPF: " + backends["ebpf"]["detail"])
        return watcher

    def connect(self, net=None):
        made = Connected(net or self.net)
        self.addCleanup(made.close)
        return made

    def leak_at(self, watcher, port):
        found = [leak for leak in watcher.json("/api/v1/leaks")["items"]
                 if leak["local"]["port"] == port]
        return found[0] if found else None

    def wait_for_leak(self, watcher, port, **wanted):
        def there():
            leak = self.leak_at(watcher, port)
            return leak and all(leak[key] == value
                                for key, value in wanted.items()) and leak
        return eventually(there, what=f"a leak at {port} with {wanted}")

    def test_since_is_the_moment_of_the_fin(self):
        watcher = self.watch()
        pair = self.connect()
        time.sleep(0.1)
        before = time.clock_gettime(time.CLOCK_BOOTTIME)
        pair.client.shutdown(socket.SHUT_WR)
        after = time.clock_gettime(time.CLOCK_BOOTTIME)
        leak = self.wait_for_leak(watcher, pair.port)
        since = harness.boottime_of(leak["since"])
        self.assertEqual(leak["age_quality"], "exact")
        self.assertGreaterEqual(since, before - EXACTNESS)
        self.assertLessEqual(since, after + EXACTNESS)
        watcher.stop()

    def test_holders_are_right_without_the_capabilities_of_proc(self):
        watcher = self.watch(config=CONFIG + "attribution: {method: ebpf}\n",
                             prefix=ONLY_BPF)
        status = watcher.json("/api/v1/status")
        self.assertTrue(all(a["available"] for a in status["abilities"]),
                        status["abilities"])
        self.assertFalse({"CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH"}
                         & set(status["capabilities"]["effective"]))
        pair = self.connect()
        pair.client.close()
        leak = self.wait_for_leak(watcher, pair.port, attribution="found")
        (holder,) = leak["holders"]
        self.assertEqual((holder["pid"], holder["fd"]),
                         (os.getpid(), pair.server.fileno()))
        # Give or take the connection that asks.
        self.assertAlmostEqual(holder["open_fds"],
                               len(os.listdir("/proc/self/fd")), delta=3)
        watcher.stop()

    def test_a_leak_that_is_reset_is_reported_until_it_is_closed(self):
        watcher = self.watch()
        pair = self.connect()
        pair.client.shutdown(socket.SHUT_WR)
        self.wait_for_leak(watcher, pair.port, cause="unread_eof")
        before = time.clock_gettime(time.CLOCK_BOOTTIME)
        pair.reset_client()
        leak = self.wait_for_leak(watcher, pair.port, cause="detached",
                                  attribution="found")
        self.assertEqual(leak["state"], "closed")
        self.assertEqual(leak["holders"][0]["fd"], pair.server.fileno())
        self.assertAlmostEqual(harness.boottime_of(leak["since"]), before,
                               delta=0.05)
        self.assertNotIn(f":{pair.port} ", self.net.output("ss", "-tan").replace(
            f"LISTEN 0      128        127.0.0.1:{pair.port} ", ""))
        self.assertEqual(sum(watcher.metrics(
            "tcpstate_detached_sockets").values()), 1)
        self.assertEqual(watcher.json("/api/v1/states")["states"]["closed"], 1)
        time.sleep(2)
        self.assertNotIn("a leaked socket is gone", watcher.log())
        pair.server.close()
        eventually(lambda: self.leak_at(watcher, pair.port) is None, within=3)
        watcher.stop()

    def test_a_detached_socket_older_than_the_daemon_is_found(self):
        pair = self.connect()
        pair.reset_client()
        watcher = self.watch()
        leak = self.wait_for_leak(watcher, pair.port, cause="detached")
        self.assertEqual(leak["age_quality"], "at_least")
        pair.server.close()
        eventually(lambda: self.leak_at(watcher, pair.port) is None)
        watcher.stop()

    def test_leaks_of_other_namespaces_are_named(self):
        watcher = self.watch()
        other = self.namespace()
        held = self.connect(other)
        held.client.close()
        queued = Connected(other)
        self.addCleanup(queued.close)
        with other.entered():
            waiting = socket.create_connection(queued.listener.getsockname())
        waiting.close()
        leak = self.wait_for_leak(watcher, held.port, attribution="found")
        self.assertEqual(leak["network_namespace"],
                         str(os.stat(f"/run/netns/{other.name}").st_ino))
        self.assertEqual(leak["age_quality"], "exact")
        self.assertEqual(leak["cause"], "unread_eof")
        self.assertEqual(leak["holders"][0]["fd"], held.server.fileno())
        unaccepted = self.wait_for_leak(watcher, queued.port,
                                        cause="never_accepted",
                                        attribution="found")
        self.assertEqual(unaccepted["holders"][0]["fd"],
                         queued.listener.fileno())
        self.assertIn(f" in {other.name}", watcher.text("/leaks"))
        (namespace,) = [item for item in watcher.json("/api/v1/status")
                        ["network_namespaces"] if item["name"] == other.name]
        self.assertEqual(namespace["close_wait"], 2)
        states = watcher.json("/api/v1/states")["states"]
        self.assertEqual(states["close_wait"], 0)
        held.server.close()
        eventually(lambda: self.leak_at(watcher, held.port) is None)
        watcher.stop()

    def test_a_short_close_wait_is_counted(self):
        watcher = self.watch()
        moved = ("tcpstate_transitions_total", frozenset(
            {("from", "close_wait"), ("to", "last_ack")}))

        def count():
            return watcher.metrics(moved[0]).get(moved[1])
        before = eventually(lambda: (count(),) if count() is not None
                            else None)[0]
        for _ in range(20):
            pair = self.connect()
            pair.client.close()
            pair.server.close()
        eventually(lambda: count() >= before + 20, within=5)
        eventually(lambda: watcher.metrics(
            "tcpstate_state_duration_seconds_count").get(
                frozenset({("state", "close_wait")}), 0) >= 20, within=5)
        watcher.stop()

    def test_nothing_is_left_in_the_kernel(self):
        before = loaded_programs()
        watcher = self.watch()
        self.assertEqual(sorted(before + list(PROGRAMS) + ["held_sockets"]),
                         loaded_programs())
        watcher.kill()
        eventually(lambda: loaded_programs() == before, within=10)
        again = self.watch()
        again.stop()
        eventually(lambda: loaded_programs() == before, within=10)

    def test_without_the_kernels_types_it_says_so_and_goes_on(self):
        watcher = self.watch(prefix=(
            "unshare", "-m", "sh", "-c",
            "mount --bind /dev/null /sys/kernel/btf/vmlinux && exec \"$@\"",
            "sh"))
        (ebpf,) = [b for b in watcher.json("/api/v1/status")["backends"]
                   if b["name"] == "ebpf"]
        self.assertFalse(ebpf["up"])
        self.assertIn("BTF", ebpf["detail"])
        self.assertIn("BTF", watcher.log())
        self.assertEqual(watcher.metrics("tcpstated_backend_up")[
            frozenset({("backend", "ebpf")})], 0)
        pair = self.connect()
        pair.client.close()
        leak = self.wait_for_leak(watcher, pair.port, attribution="found")
        self.assertEqual(leak["holders"][0]["pid"], os.getpid())
        watcher.stop()

    def test_in_a_pid_namespace_nobody_is_blamed_by_a_foreign_number(self):
        watcher = self.watch(prefix=("unshare", "-pf", "--mount-proc",
                                     "--kill-child"))
        pair = self.connect()
        pair.client.close()
        leak = self.wait_for_leak(watcher, pair.port)
        time.sleep(1)
        leak = self.leak_at(watcher, pair.port)
        self.assertEqual(leak["holders"], [])


if __name__ == "__main__":
    harness.require_root_and_tools("setpriv", "bpftool", "unshare")
    harness.main()
