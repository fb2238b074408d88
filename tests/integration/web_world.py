# SPDX-License-Identifier: Apache-2.0
"""A daemon on TCP in a namespace with a web configuration, asked with curl
from loopback and from an address that is not loopback."""

import os
import subprocess
import tempfile

import harness
from certificates import Authority

PORT = 19293
REMOTE = "10.9.9.9"  # an address of the namespace itself, and no loopback
# bcrypt with the least cost; of "sesame" and "secret".
SESAME = "$2b$04$vHqv7qdodmHuYR7aiOqm2OhIi/H8YZVUORxd4ZsZNdH2JYfzMP/mG"
SECRET = "$2y$04$60R8j85Gyr/18opLxM9MTeLGQZRIxDaz/ywgsBaLtdY4KvqcNl7xi"


class WebCase(harness.Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tcpstated-web-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.web = os.path.join(self.folder, "web.yml")
        self.net = self.namespace()
        self.net.ip("addr", "add", f"{REMOTE}/32", "dev", "lo")

    def certificates(self):
        self.authority = Authority(self.folder)
        self.authority.issue("server")

    def write_web(self, text):
        with open(self.web + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(self.web + ".new", self.web)

    def write_tls(self, more=""):
        self.write_web("tls_server_config:\n  cert_file: server.crt\n"
                       "  key_file: server.key\n" + more)

    def start(self, *arguments):
        return self.daemon(self.net, arguments=(
            f"--web.config.file={self.web}",
            f"--web.listen-address=:{PORT}", *arguments))

    def check(self, text):
        """Exit code and words of --config.check for a web configuration."""
        self.write_web(text)
        empty = os.path.join(self.folder, "empty.yml")
        with open(empty, "w", encoding="ascii"):
            pass
        done = subprocess.run(
            [harness.binary(), f"--config.file={empty}", "--config.check",
             f"--web.config.file={self.web}"],
            capture_output=True, text=True, timeout=20, check=False)
        return done.returncode, done.stdout + done.stderr

    def curl(self, target, *arguments, host="127.0.0.1", scheme="http"):
        """The status, 0 if there is none; the body."""
        if scheme == "https":
            arguments = ("--cacert", self.authority.certificate, *arguments)
        done = subprocess.run(
            self.net.command("curl", "-s", "-m", "8", "-w", "\n%{http_code}",
                             *arguments, f"{scheme}://{host}:{PORT}{target}"),
            capture_output=True, text=True, timeout=20, check=False)
        body, _, status = done.stdout.rpartition("\n")
        return int(status), body
