# SPDX-License-Identifier: Apache-2.0
"""`tcpstated --read.pcap`: every format over every capture, where they may come
from, and what it says of files that are none."""

import collections
import csv
import io
import itertools
import json
import os
import re
import shutil
import struct
import subprocess
import unittest

import harness
from reading import CAPTURES, FORMATS, ROOT, RUN, Folder
from reading import command, printed, records, run

GOLDEN = ROOT / "tests" / "golden"
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
          "--inh-caps=-all", "--bounding-set=-all")


def public_captures():
    return sorted(path for path in (CAPTURES / "public").rglob("*")
                  if path.suffix.startswith(".pcap"))


class EveryCapture(unittest.TestCase):
    """All that is in tests/data/captures/public, in every format."""

    @classmethod
    def setUpClass(cls):
        cls.files = public_captures()
        assert len(cls.files) > 40, cls.files

    def test_json_is_one_strict_document(self):
        def refuse(name):
            raise ValueError(name)  # NaN and Infinity are no JSON

        for file in self.files:
            document = json.loads(printed(file, "json"),
                                  parse_constant=refuse)
            summary = document["summary"]
            self.assertGreater(summary["packets"], 0, file)
            self.assertEqual(summary["packets"],
                             summary["segments"]
                             + sum(summary["dropped"].values()), file)

    def test_ndjson_and_csv_are_the_connections_of_json(self):
        for file in self.files:
            connections = json.loads(printed(file, "json"))["connections"]
            lines = printed(file, "ndjson").splitlines()
            self.assertEqual([json.loads(line) for line in lines],
                             connections, file)
            rows = list(csv.reader(io.StringIO(printed(file, "csv")),
                                   strict=True))
            self.assertEqual({len(row) for row in rows}, {len(rows[0])}, file)
            ids = [row[rows[0].index("id")] for row in rows[1:]]
            self.assertEqual(ids, [one["id"] for one in connections], file)

    def test_events_are_in_order_and_follow_each_other(self):
        for file in self.files:
            before = ""
            states = collections.defaultdict(lambda: "closed")
            for line in printed(file, "events").splitlines():
                event = json.loads(line)
                self.assertRegex(event["time"],
                                 r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$")
                self.assertGreaterEqual(event["time"], before, file)
                before = event["time"]
                end = event["connection"], event["endpoint"]
                self.assertEqual(event["from"], states[end], f"{file}: {line}")
                self.assertNotEqual(event["to"], event["from"])
                states[end] = event["to"]

    def test_events_lead_to_the_states_of_the_connections(self):
        for file in [*self.files, RUN]:
            states = collections.defaultdict(lambda: "closed")
            for line in printed(file, "events").splitlines():
                event = json.loads(line)
                end = event["connection"], event["endpoint"]
                states[end] = event["to"]
            for one in json.loads(printed(file, "json"))["connections"]:
                for role in ("originator", "responder"):
                    host = one[role]["address"]
                    host = f"[{host}]" if ":" in host else host
                    end = one["id"], f"{host}:{one[role]['port']}"
                    self.assertEqual(one[role]["state"], states[end], file)

    def test_the_table_fits_in_80_columns(self):
        # With addresses of IPv4, names of files and histories aside.
        for file in self.files:
            page = printed(file.name, cwd=file.parent)
            if "[" in page:
                continue
            for line in page.splitlines()[1:]:
                line = re.sub(r"(  )[A-Za-z^]{9,}$", r"\1", line)
                self.assertLessEqual(len(line), 80, f"{file}: {line}")

    def test_nothing_is_complained_about_but_unreadable_packets(self):
        for file in self.files:
            done = run(file)
            self.assertEqual(done.returncode, 0)
            self.assertRegex(done.stderr,
                             r"\A(tcpstated: \d+ packets? (was|were) unreadable:"
                             r" [a-z_0-9, ]+\n)?\Z", file)


class Pages(Folder):
    """The page as people see it; TCPSTATED_UPDATE_GOLDEN=1 takes it over."""

    def check(self, golden, page):
        path = GOLDEN / golden
        if os.environ.get("TCPSTATED_UPDATE_GOLDEN") == "1":
            path.write_text(page, encoding="utf-8")
        self.assertEqual(path.read_text(encoding="utf-8"), page)

    def test_of_a_server_that_leaks(self):
        header, packets = records(RUN)
        # Raw IP: of the servers that do not close, refuse, and reset.
        ports = [struct.pack(">H", port) for port in (7006, 7007, 7010)]
        kept = [packet for packet in packets
                if packet[36:38] in ports or packet[38:40] in ports]
        self.file("web1.pcap", header + b"".join(kept))
        config = self.file("tcpstated.yml",
                           b"leaks: {close_wait: {threshold: 5s}}")
        self.check("capture_server.txt",
                   printed("web1.pcap", "table", "--local-address=10.9.0.2",
                           f"--config.file={config}", cwd=self.folder))

    def test_of_whatever_passed(self):
        self.check("capture_any.txt",
                   printed("public/zeek/wikipedia.pcap", cwd=CAPTURES))


class Sources(Folder):
    def test_standard_input_is_read_from_a_pipe(self):
        with subprocess.Popen(["cat", RUN], stdout=subprocess.PIPE) as cat:
            piped = printed("-", "ndjson", stdin=cat.stdout)
        self.assertEqual(piped, printed(RUN, "ndjson"))

    def test_standard_input_is_named(self):
        with open(RUN, "rb") as file:
            self.assertIn("read standard input.\n", printed("-", stdin=file))

    def test_the_order_of_files_does_not_matter(self):
        header, packets = records(RUN)
        third = len(packets) // 3
        parts = [self.file(f"part{i}.pcap",
                           header + b"".join(packets[i * third:end]))
                 for i, end in enumerate((third, 2 * third, None))]
        for output in ("ndjson", "csv", "events"):
            whole = printed(RUN, output)
            for order in itertools.permutations(parts):
                self.assertEqual(printed(order, output), whole)

    def test_files_that_overlap_are_merged_by_time(self):
        header, packets = records(RUN)
        # Packets of the same time stay in one file: their order is known.
        by_time = [list(same) for _, same
                   in itertools.groupby(packets, lambda packet: packet[:8])]
        parts = [self.file(f"part{i}.pcap", header + b"".join(
                     itertools.chain.from_iterable(by_time[i::2])))
                 for i in range(2)]
        for output in ("ndjson", "events"):
            self.assertEqual(printed(parts, output), printed(RUN, output))

    def test_nobody_without_a_capability_can_read(self):
        if os.geteuid() != 0 or shutil.which("setpriv") is None:
            self.skipTest("needs root and setpriv")
        capture = self.file("a.pcap", RUN.read_bytes())
        capture.chmod(0o644)
        done = subprocess.run([*NOBODY, *command(capture, "events")],
                              text=True, check=True, capture_output=True)
        self.assertEqual(done.stdout, printed(RUN, "events"))


class Troubles(Folder):
    """What is wrong, where, in one line; and all that was read before."""

    def complaint(self, files, **how):
        done = run(files, "events", **how)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"\Atcpstated: [^\n]+\n\Z")
        return done.stderr.removeprefix("tcpstated: "), done.stdout

    def test_a_missing_file(self):
        missing = self.folder / "missing.pcap"
        self.assertEqual(
            self.complaint(missing),
            (f"cannot open '{missing}': No such file or directory\n", ""))

    def test_a_folder(self):
        self.assertEqual(self.complaint(self.folder),
                         (f"cannot read '{self.folder}': Is a directory\n", ""))

    def test_an_empty_file(self):
        empty = self.file("empty.pcap", b"")
        self.assertEqual(self.complaint(empty),
                         (f"cannot read '{empty}': it is empty\n", ""))

    def test_a_text_file(self):
        text, output = self.complaint(self.file("notes.txt", b"What I did\n" * 9))
        self.assertIn("notes.txt': no capture: unknown file format", text)
        self.assertEqual(output, "")

    def test_a_compressed_file(self):
        text, _ = self.complaint(self.file("a.pcap.gz", b"\x1f\x8b" + bytes(99)))
        self.assertIn("it is compressed (gzip): decompress it into a pipe", text)

    def test_an_empty_pipe(self):
        text, _ = self.complaint("-", stdin=subprocess.DEVNULL)
        self.assertIn("cannot read 'standard input': ", text)

    def test_nothing_is_read_if_one_of_several_cannot_be(self):
        _, output = self.complaint([RUN, self.folder / "missing.pcap"])
        self.assertEqual(output, "")

    def test_a_file_that_was_cut_is_read_up_to_there(self):
        header, packets = records(RUN)
        whole = header + b"".join(packets[:200])
        expected = printed(self.file("whole.pcap", whole), "events")
        cut = self.file("cut.pcap", whole + packets[200][:-5])
        text, output = self.complaint(cut)
        self.assertTrue(
            text.startswith(f"'{cut}' is cut in the middle of packet 201 "
                            f"(near byte {cut.stat().st_size}): "), text)
        self.assertEqual(output, expected)
        self.assertGreater(output.count("\n"), 50)

    def test_a_damaged_file_is_read_up_to_there(self):
        header, packets = records(RUN)
        whole = header + b"".join(packets[:200])
        expected = printed(self.file("whole.pcap", whole), "events")
        damaged = self.file("damaged.pcap", whole + b"\xff" * 5000)
        text, output = self.complaint(damaged)
        self.assertIn(f"'{damaged}' is damaged at packet 201", text)
        self.assertEqual(output, expected)

    def test_the_others_are_read_if_one_of_several_is_cut(self):
        header, packets = records(RUN)
        cut = self.file("cut.pcap", header + packets[0][:-5])
        _, output = self.complaint([cut, RUN])
        self.assertEqual(output, printed(RUN, "events"))

    def test_every_format_shows_what_was_read(self):
        header, packets = records(RUN)
        cut = self.file("cut.pcap",
                        header + b"".join(packets[:200]) + b"\x01")
        for output in FORMATS:
            done = run(cut, output)
            self.assertEqual(done.returncode, 1)
            self.assertGreater(len(done.stdout), 1000, output)
        self.assertIn("cut in the middle of packet 201", run(cut).stdout)
        document = json.loads(run(cut, "json").stdout)
        self.assertIn("packet 201", document["summary"]["trouble"])

    def test_a_name_cannot_break_the_terminal(self):
        text, _ = self.complaint("/tmp/\x1b[2J")
        self.assertIn("'/tmp/\\x1b[2J'", text)


if __name__ == "__main__":
    harness.main()
