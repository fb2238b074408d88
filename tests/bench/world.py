# SPDX-License-Identifier: Apache-2.0
"""What the benchmark measures in: a network namespace of its own, sockets in
it, the daemon and its peers, and exact clocks of the CPU they use.

All CPU times are what the scheduler counted (never ticks, never wall time), in
seconds.
"""

import contextlib
import ctypes
import http.client
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

CLONE_NEWNET = 0x40000000
NETLINK_SOCK_DIAG = 4
NLMSG_ERROR = 2
NLMSG_DONE = 3
NLM_F_REQUEST_DUMP = 0x301
TCPDIAG_GETSOCK = 18  # one walk for both families
CHILD_EHASH = pathlib.Path("/proc/sys/net/ipv4/tcp_child_ehash_entries")
NODE_EXPORTER = "prometheus-node-exporter"


def wait_for(predicate, within, what):
    end = time.monotonic() + within
    while not (value := predicate()):
        if time.monotonic() > end:
            sys.exit(f"bench: not within {within} s: {what}")
        time.sleep(0.02)
    return value


def set_sysctl(name, value):
    path = pathlib.Path("/proc/sys/net/ipv4", name)
    if path.exists():
        path.write_text(str(value))


def enter_namespace():
    """Moves this process to a new network namespace, which is gone when the
    last process in it is. Its table of connections is its own (Linux 6.1) and
    as large as a host's, so that other namespaces cost nothing here."""
    unshare = ctypes.CDLL(None, use_errno=True).unshare
    own_table = CHILD_EHASH.exists()
    with contextlib.ExitStack() as stack:
        if own_table:
            # Stays the setting of the namespace it was opened in.
            setting = os.open(CHILD_EHASH, os.O_RDWR)
            stack.callback(os.close, setting)
            # Not there any more if that namespace ended with our leaving.
            stack.enter_context(contextlib.suppress(FileNotFoundError))
            stack.callback(os.pwrite, setting, os.pread(setting, 32, 0), 0)
            os.pwrite(setting, b"262144", 0)
        if unshare(CLONE_NEWNET) != 0:
            sys.exit(f"bench: unshare: {os.strerror(ctypes.get_errno())}")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    set_sysctl("ip_local_port_range", "1024 65535")
    set_sysctl("tcp_fin_timeout", 1)
    set_sysctl("tcp_tw_reuse", 0)  # else the farm's own connects take them
    set_sysctl("tcp_max_tw_buckets", 1000000)
    return own_table


@contextlib.contextmanager
def sockets(farm, **counts):
    """sockets(farm, pairs=10) are there inside the `with`."""
    arguments = [str(farm)]
    for name, count in counts.items():
        arguments += ["--" + name.replace("_", "-"), str(count)]
    process = subprocess.Popen(arguments, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    try:
        if not process.stdout.readline().startswith("READY "):
            sys.exit("bench: the sockets could not be made")
        yield
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


def count_sockets():
    """(CurrEstab, time-wait) as the kernel counts them."""
    lines = pathlib.Path("/proc/self/net/snmp").read_text().splitlines()
    names, values = (line.split() for line in lines if line[:4] == "Tcp:")
    established = int(values[names.index("CurrEstab")])
    sockstat = pathlib.Path("/proc/self/net/sockstat").read_text()
    for words in map(str.split, sockstat.splitlines()):
        if words[0] == "TCP:":
            return established, int(words[words.index("tw") + 1])
    sys.exit("bench: /proc/net/sockstat without TCP")


def cpu_of_command(*command):
    """What a command used from exec to exit."""
    with open(os.devnull, "w", encoding="ascii") as null:
        process = subprocess.Popen(command, stdout=null)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"bench: {command} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def cpu_of_bare_dump():
    """What the kernel takes for the dump a sweep asks for (all states but
    ESTABLISHED and TIME_WAIT, with tcp_info), when nobody looks at it."""
    states = 0xFFF & ~(1 << 1) & ~(1 << 6)
    body = struct.pack("=BBBB48xII", socket.AF_INET, 0, 0, 1 << 1, states, 0)
    request = struct.pack("=IHHII", 16 + len(body), TCPDIAG_GETSOCK,
                          NLM_F_REQUEST_DUMP, 1, 0) + body
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                       NETLINK_SOCK_DIAG) as netlink:
        netlink.bind((0, 0))
        buffer = bytearray(32768)
        before = time.thread_time()
        netlink.send(request)
        while True:
            size = netlink.recv_into(buffer)
            # The last message, NLMSG_DONE, comes in a datagram of its own.
            kind = struct.unpack_from("=H", buffer, 4)[0]
            if kind == NLMSG_DONE:
                return time.thread_time() - before
            if kind == NLMSG_ERROR or size == 0:
                sys.exit("bench: the kernel refused a dump")


def cpu_of_process(pid):
    """Of all its threads, also those that have ended."""
    return time.clock_gettime((~pid << 3) | 2)  # CPUCLOCK_SCHED of a process


def cpu_of_thread(pid, tid):
    """Exact while the thread sleeps, up to a tick old while it runs."""
    text = pathlib.Path(f"/proc/{pid}/task/{tid}/schedstat").read_text()
    return int(text.split()[0]) / 1e9


def threads(pid):
    """{name: tid}; the main thread is called "main"."""
    return {"main" if int(task.name) == pid
            else (task / "comm").read_text().strip(): int(task.name)
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir()}


def memory(pid):
    """VmRSS, RssAnon and VmHWM in bytes."""
    wanted = {}
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name in ("VmRSS", "RssAnon", "VmHWM"):
            wanted[name] = int(rest.split()[0]) * 1024
    return wanted


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class _Server:
    """A program that answers HTTP on a unix socket."""

    def __init__(self, path, *command, **options):
        self.path = path
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, **options)
        self.pid = self.process.pid

    def get(self, target, accept="application/json"):
        connection = _UnixConnection(self.path)
        try:
            connection.request("GET", target, headers={"Accept": accept})
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        if response.status != 200:
            sys.exit(f"bench: GET {target}: {response.status} {body[:200]}")
        return body

    def json(self, target):
        return json.loads(self.get(target))

    def answers(self, target):
        if self.process.poll() is not None:
            sys.exit(f"bench: {self.process.args[0]} has ended")
        with contextlib.suppress(OSError):
            connection = _UnixConnection(self.path)
            try:
                connection.request("GET", target)
                return connection.getresponse().status == 200
            finally:
                connection.close()
        return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def wait_until_it_answers(self, target):
        try:
            wait_for(lambda: self.answers(target), 30, f"{target} is answered")
        except BaseException:
            self.__exit__()
            raise

    def cpu_of_scrapes(self, count):
        """Mean of `count` scrapes of /metrics."""
        before = cpu_of_process(self.pid)
        for _ in range(count):
            self.get("/metrics", accept="text/plain")
        return (cpu_of_process(self.pid) - before) / count


class Daemon(_Server):
    def __init__(self, program, directory, interval, threshold,
                 events="false"):
        config = os.path.join(directory, "tcpstated.yml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"backends: {{sock_diag: {{interval: {interval}}}, "
                       f"ebpf: {{enabled: {events}}}}}\n"
                       f"leaks: {{close_wait: {{threshold: {threshold}}}}}\n")
        path = os.path.join(directory, "api.sock")
        super().__init__(path, str(program), f"--config.file={config}",
                         f"--web.listen-address=unix:{path}")
        self.wait_until_it_answers("/-/ready")
        self.engine = threads(self.pid)["tcpstated-eng"]

    def sweep(self):
        return self.json("/api/v1/states")["sweep"]

    def next_tick(self):
        """Waits for the engine to wake up and sleep again: what that took."""
        before = now = cpu_of_thread(self.pid, self.engine)
        end = time.monotonic() + 30
        calm = 0
        while now == before or calm < 10:
            if time.monotonic() > end:
                sys.exit("bench: the engine sleeps")
            time.sleep(0.005)
            last, now = now, cpu_of_thread(self.pid, self.engine)
            calm = calm + 1 if now == last else 0
        return now - before

    def next_sweep(self):
        """(what the whole tick took, the sweep as the daemon tells it). A tick
        whose sweep had to be repeated is not one sweep: waits for the next."""
        before = self.sweep()["count"]
        while True:
            tick = self.next_tick()
            sweep = self.sweep()
            if sweep["count"] == before + 1:
                return tick, sweep
            before = sweep["count"]


class NodeExporter(_Server):
    """Is handed its listener (LISTEN_FDS): a unix socket, so that it adds no
    TCP socket to those that are counted."""

    def __init__(self, directory):
        path = os.path.join(directory, "node.sock")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen(16)
        listener.set_inheritable(True)
        super().__init__(
            path, "sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', "sh",
            NODE_EXPORTER, "--web.systemd-socket",
            "--collector.disable-defaults", "--collector.tcpstat",
            preexec_fn=lambda: os.dup2(listener.fileno(), 3), close_fds=False)
        listener.close()
        self.wait_until_it_answers("/metrics")


def scratch():
    return tempfile.TemporaryDirectory(prefix="tcpstated-bench-")
