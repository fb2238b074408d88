# SPDX-License-Identifier: Apache-2.0
"""The packet path: decode and state model against bare libpcap and against
other programs that follow connections, over the same generated captures."""

import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import tempfile

# Where the captures go: too large for memory. 1.1 GB for ten million packets.
SCRATCH = pathlib.Path(os.environ.get("TCPSTATED_BENCH_DIR", "/tmp"))


class Scale:
    """How much of everything."""

    def __init__(self, smoke):
        self.rounds = 1 if smoke else 5
        packets = 20_000 if smoke else 10_000_000
        # concurrent connections: packets
        self.captures = ({100: packets, 2_000: packets} if smoke else
                         {1_000: packets, 100_000: packets,
                          1_000_000: packets})
        self.peer_capture = (2_000, 20_000) if smoke else (100_000, 2_000_000)
        # For those that take more than 10 us per packet.
        self.small_capture = (2_000, 20_000) if smoke else (20_000, 300_000)
        self.syns = 200_000 if smoke else 5_000_000
        self.crafted = 20_000 if smoke else 1_000_000


def run_json(*command):
    return json.loads(subprocess.run(
        [str(part) for part in command], check=True,
        stdout=subprocess.PIPE).stdout)


def cpu_of(command, directory):
    """Seconds of a program and its children, or None if it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        done = subprocess.run(command, cwd=directory, timeout=300,
                              stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=False)
    except subprocess.TimeoutExpired:
        return None
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        return None
    return (after.ru_utime + after.ru_stime
            - before.ru_utime - before.ru_stime)


# name: (program, arguments, whether it needs the small capture). All of them
# keep something for each connection.
PEERS = {
    "argus": ("argus", ["-X", "-r", "{file}", "-w", "/dev/null"], False),
    "nfpcapd": ("nfpcapd", ["-r", "{file}", "-l", "{directory}"], False),
    "softflowd": ("softflowd", ["-r", "{file}", "-n", "127.0.0.1:9",
                                "-m", "1000000"], False),
    "tcptrace": ("tcptrace", ["-n", "{file}"], True),
    "tshark -z conv,tcp": ("tshark", ["-q", "-n", "-z", "conv,tcp", "-r",
                                      "{file}"], True),
}


def measure_peers(scale, make, pipeline, directory):
    result = {}
    for small in (False, True):
        connections, packets = (scale.small_capture if small
                                else scale.peer_capture)
        file = make(connections, packets)
        ours = run_json(pipeline, "file", file, 1)[0]["model"]
        for name, (program, arguments, needs_small) in PEERS.items():
            path = shutil.which(program) or shutil.which(
                program, path="/usr/sbin:/sbin")
            if needs_small != small or path is None:
                continue
            seconds = cpu_of([path] + [part.format(file=file,
                                                   directory=directory)
                                       for part in arguments], directory)
            if seconds is not None:
                per_packet = seconds * 1e9 / packets
                result[name] = {"ns": per_packet, "packets": packets,
                                "connections": connections,
                                "ours": ours, "times": per_packet / ours}
        file.unlink()
    return result


def summary(rounds):
    """Medians; ratios are those of single rounds."""
    def median(value):
        return statistics.median(value(one) for one in rounds)
    return {"packets": rounds[0]["packets"],
            "connections": rounds[0]["connections"],
            "changes": rounds[0]["changes"],
            "plain": median(lambda one: one["plain"]),
            "bare": median(lambda one: one["bare"]),
            "decode": median(lambda one: one["decode"]),
            "model": median(lambda one: one["model"]),
            "model/plain": median(lambda one: one["model"] / one["plain"]),
            "model/bare": median(lambda one: one["model"] / one["bare"]),
            # The first table gets fresh memory; later ones what it left.
            "bytes": rounds[0]["bytes"]}


def measure(smoke, pipeline, trafficfile):
    scale = Scale(smoke)
    with tempfile.TemporaryDirectory(prefix="tcpstated-bench-",
                                     dir=SCRATCH) as directory:
        def make(connections, packets):
            file = pathlib.Path(directory, f"{connections}.pcap")
            subprocess.run([str(trafficfile), str(file), str(packets),
                            str(connections)], check=True)
            return file

        files = {}
        for connections, packets in scale.captures.items():
            file = make(connections, packets)
            files[connections] = summary(
                run_json(pipeline, "file", file, scale.rounds))
            file.unlink()
        return {"files": files,
                "flood": run_json(pipeline, "flood", scale.syns),
                "crafted": run_json(pipeline, "collide", scale.crafted),
                "peers": measure_peers(scale, make, pipeline, directory)}
