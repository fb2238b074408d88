# SPDX-License-Identifier: Apache-2.0
"""What it costs a host to be watched by events: a connect/close loop under
each way of watching, in turns, and the holders of many leaks.

Ratios are to the unwatched run of the same round.
"""

import contextlib
import json
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

import world

EVENTS_PER_CONNECTION = 10  # transitions, both ends


@contextlib.contextmanager
def nobody():
    yield {}


@contextlib.contextmanager
def our_programs(program, mode):
    """eventwatch; fills in what it says at the end."""
    process = subprocess.Popen([program, mode], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    result = {}
    try:
        process.stdout.readline()
        yield result
    finally:
        process.stdin.close()
        text = process.stdout.read()
        process.wait()
        if text:
            result.update(json.loads(text))


@contextlib.contextmanager
def the_daemon(program):
    with (world.scratch() as directory,
          world.Daemon(program, directory, "5s", "60s",
                       events="true") as daemon):
        result = {}
        before = world.cpu_of_process(daemon.pid)
        yield result
        result["cpu_seconds"] = world.cpu_of_process(daemon.pid) - before
        time.sleep(1.2)
        for backend in daemon.json("/api/v1/status")["backends"]:
            if backend["name"] == "ebpf":
                result["events"] = backend["received"]
                result["lost"] = backend["lost"]


@contextlib.contextmanager
def tcpstates():
    with tempfile.TemporaryFile("w+") as out:
        # In a mount namespace of its own it has the tracefs that it needs.
        process = subprocess.Popen(
            ["unshare", "-m", "sh", "-c",
             "mount -t tracefs tracefs /sys/kernel/tracing; exec tcpstates"],
            stdout=out, stderr=subprocess.DEVNULL)
        result = {}
        time.sleep(1.5)
        before = world.cpu_of_process(process.pid)
        yield result
        time.sleep(0.5)
        result["cpu_seconds"] = world.cpu_of_process(process.pid) - before
        process.send_signal(signal.SIGINT)  # else it keeps its last lines
        process.wait()
        out.seek(0)
        result["events"] = sum(1 for line in out
                               if "->" in line and "127.0.0.1" in line)


@contextlib.contextmanager
def polling():
    """ss -tan every second."""
    process = subprocess.Popen(
        ["sh", "-c", "while :; do ss -tan >/dev/null; sleep 1; done"])
    yield {}
    process.kill()
    process.wait()


def loop(program, seconds):
    out = subprocess.run([program, str(seconds)], check=True, text=True,
                         capture_output=True).stdout
    return json.loads(out)


def watchers(daemon, tools):
    ways = {"nobody": nobody,
            "close_wait": lambda: our_programs(tools / "eventwatch",
                                               "close_wait"),
            "full": lambda: our_programs(tools / "eventwatch", "full"),
            "daemon": lambda: the_daemon(daemon),
            "polling": polling}
    if shutil.which("tcpstates"):
        ways["tcpstates"] = tcpstates
    return ways


def one_round(ways, tools, seconds):
    measured = {}
    for name, way in ways.items():
        with way() as said:
            made = loop(tools / "connloop", seconds)
        count = made["connections"]
        measured[name] = {
            "rate": count / made["wall_seconds"],
            "cpu": made["cpu_seconds"] / count,
            "watcher_cpu": said.get("cpu_seconds", 0) / count,
            "lost": said.get("lost", 0)}
        if name == "tcpstates":
            measured[name]["lost"] = max(
                0, 1 - said["events"] / (count * EVENTS_PER_CONNECTION))
    return measured


def watched_loop(daemon, tools, rounds, seconds):
    world.enter_namespace()
    world.set_sysctl("tcp_max_tw_buckets", 100)  # else the ports run out
    ways = watchers(daemon, tools)
    one_round(ways, tools, min(seconds, 0.5))  # the first is slower
    all_rounds = [one_round(ways, tools, seconds) for _ in range(rounds)]
    result = {}
    for name in ways:
        def median(key, of=name):
            return statistics.median(
                one[of][key] / one["nobody"][key] for one in all_rounds)
        result[name] = {
            "rate_ratio": median("rate"), "cpu_ratio": median("cpu"),
            "watcher_us": 1e6 * statistics.median(
                one[name]["watcher_cpu"] for one in all_rounds),
            "lost": max(one[name]["lost"] for one in all_rounds)}
    if "tcpstates" in ways:
        result["full_to_tcpstates"] = statistics.median(
            one["full"]["rate"] / one["tcpstates"]["rate"]
            for one in all_rounds)
    return {"rounds": rounds, "seconds": seconds, **result}


def holders(daemon_program, farm, descriptors, leaks, rounds):
    """CPU of finding who holds `leaks` sockets, and of ss -tanp."""
    world.enter_namespace()
    ratios = []
    costs = []
    pairs = descriptors // 2
    with (world.scratch() as directory,
          world.sockets(farm, pairs=pairs, close_wait=leaks),
          world.Daemon(daemon_program, directory, "5s", "1s",
                       events="true") as daemon):
        slow = world.threads(daemon.pid)["tcpstated-slow"]
        for _ in range(rounds):
            before = world.cpu_of_thread(daemon.pid, slow)
            daemon.json("/api/v1/listeners")  # one pass over everything
            time.sleep(0.05)
            costs.append(world.cpu_of_thread(daemon.pid, slow) - before)
            ratios.append(costs[-1] / world.cpu_of_command("ss", "-tanp"))
    return {"descriptors": descriptors, "leaks": leaks,
            "cpu_seconds": statistics.median(costs),
            "to_ss": statistics.median(ratios)}
