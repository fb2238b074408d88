# SPDX-License-Identifier: Apache-2.0
"""The packet backend and tcpdump under the same flood, in turns: what each of
them lost, with the same buffer."""

import contextlib
import json
import re
import signal
import subprocess
import time

import world

BUFFER = 8 << 20
INTERFACE = "flooded"


def flood(directory, packets):
    """Seconds that it took."""
    said = subprocess.run([str(directory / "xdpsend"), INTERFACE, str(packets)],
                          check=True, text=True, stdout=subprocess.PIPE).stdout
    return float(said.split()[3])


@contextlib.contextmanager
def running(command, ready, stream, stop):
    process = subprocess.Popen(command, text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    try:
        while ready not in (line := getattr(process, stream).readline()):
            if not line:
                raise RuntimeError(f"{command[0]} ended")
        result = {}
        yield result
        time.sleep(0.5)  # what waits in the buffer
        process.send_signal(stop)
        result["said"] = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()


def ours(directory, packets):
    command = [str(directory / "livereader"), INTERFACE, str(BUFFER)]
    with running(command, "READY", "stdout", signal.SIGTERM) as result:
        seconds = flood(directory, packets)
    return {"rate": packets / seconds, **json.loads(result["said"][0])}


def tcpdump(directory, packets):
    command = ["tcpdump", "-i", INTERFACE, "-B", str(BUFFER // 1024), "-s128",
               "-w", "/dev/null", "tcp"]
    with running(command, "listening on", "stderr", signal.SIGINT) as result:
        seconds = flood(directory, packets)
    captured, lost = (int(re.search(rf"(\d+) packets? {what}",
                                    result["said"][1])[1])
                      for what in ("captured", "dropped by kernel"))
    return {"rate": packets / seconds, "received": captured, "lost": lost}


def measure(directory, packets, rounds):
    world.enter_namespace()
    subprocess.run(["ip", "link", "add", INTERFACE, "type", "veth", "peer",
                    "other"], check=True)
    for end in (INTERFACE, "other"):
        subprocess.run(["ip", "link", "set", end, "addrgenmode", "none"],
                       check=True)
        subprocess.run(["ip", "link", "set", end, "up"], check=True)
    done = [{"ours": ours(directory, packets),
             "tcpdump": tcpdump(directory, packets)} for _ in range(rounds)]
    return {"packets": packets, "buffer": BUFFER, "rounds": done,
            "ours_lost": sum(one["ours"]["lost"] for one in done),
            "tcpdump_lost": sum(one["tcpdump"]["lost"] for one in done),
            "uncounted": sum(abs(packets - one["ours"]["received"]
                                 - one["ours"]["lost"]) for one in done)}
