# SPDX-License-Identifier: Apache-2.0
"""Runs `tcpstated --read.pcap` on captures, whole or cut to pieces."""

import pathlib
import struct
import subprocess
import tempfile
import unittest

import harness

ROOT = pathlib.Path(__file__).parent.parent.parent
CAPTURES = ROOT / "tests" / "data" / "captures"
RUN = CAPTURES / "labelled" / "two_hosts_loss0" / "b.pcap"
FORMATS = ("table", "json", "ndjson", "csv", "events")
PCAP_HEADER = 24


def command(files, output, *arguments):
    files = [files] if isinstance(files, (str, pathlib.Path)) else files
    return [harness.binary(), *(f"--read.pcap={file}" for file in files),
            f"--output={output}", *arguments]


def run(files, output="table", *arguments, **how):
    return subprocess.run(command(files, output, *arguments), text=True,
                          encoding="utf-8", check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          **how)


def printed(files, output="table", *arguments, **how):
    done = run(files, output, *arguments, **how)
    assert done.returncode == 0, f"{files}: {done.returncode} {done.stderr}"
    return done.stdout


def records(capture):
    """The header and every packet with its own header, as bytes."""
    content = capture.read_bytes()
    at = PCAP_HEADER
    packets = []
    while at < len(content):
        end = at + 16 + struct.unpack_from("<I", content, at + 8)[0]
        packets.append(content[at:end])
        at = end
    return content[:PCAP_HEADER], packets


class Folder(unittest.TestCase):
    """A test with a folder for files of its own."""

    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tcpstated-test-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.folder.chmod(0o755)

    def file(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return path
