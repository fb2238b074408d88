#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Web configurations that are good and bad; where the daemon listens and what
it is called from outside."""

import socket
import subprocess

import harness
import web_world
from web_world import PORT, SECRET, SESAME

# Every documented key, in configurations such as exporter-toolkit documents.
PAIR = "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n"
GOOD = {
    "nothing": "",
    "tls": PAIR,
    "tls and users": f"{PAIR}basic_auth_users:\n  alice: {SESAME}\n",
    "users alone": f"basic_auth_users:\n  alice: {SESAME}\n  bob: {SECRET}\n",
    "client certificates": PAIR + "  client_auth_type: "
    "RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n"
    "  client_allowed_sans:\n    - client.example\n    - 10.0.0.7\n",
    "any client certificate": PAIR + "  client_auth_type: "
    "\"RequireAnyClientCert\"\n",
    "all ciphers": PAIR + "  client_auth_type: \"VerifyClientCertIfGiven\"\n"
    "  cipher_suites:\n" + "".join(f"  - TLS_{name}\n" for name in (
        "ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        "ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        "ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        "ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        "ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        "AES_128_GCM_SHA256", "AES_256_GCM_SHA384",
        "CHACHA20_POLY1305_SHA256", "ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
        "ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE_RSA_WITH_AES_128_CBC_SHA",
        "ECDHE_RSA_WITH_AES_256_CBC_SHA", "RSA_WITH_AES_128_CBC_SHA",
        "RSA_WITH_AES_256_CBC_SHA", "RSA_WITH_AES_128_GCM_SHA256",
        "RSA_WITH_AES_256_GCM_SHA384")),
    "all curves": PAIR + "  curve_preferences:\n  - CurveP256\n"
    "  - CurveP384\n  - CurveP521\n  - X25519\n",
    "server's order": PAIR + "  prefer_server_cipher_suites: true\n"
    "  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]\n",
    "versions": PAIR + "  min_version: TLS12\n  max_version: TLS13\n",
    "http2": PAIR + "http_server_config:\n  http2: false\n",
    "headers": "http_server_config:\n  headers:\n"
    "    Content-Security-Policy: default-src 'self'\n"
    "    X-Frame-Options: deny\n    X-Content-Type-Options: nosniff\n"
    "    X-XSS-Protection: '1'\n"
    "    Strict-Transport-Security: max-age=31536000\n",
    "rate limit": "rate_limit:\n  interval: 1s\n  burst: 20\n",
}
# What is said, behind the path of the file.
BAD = {
    "rate_limit:\n  burst: x\n": ":2:10: rate_limit.burst: 'x' is not",
    "tls_config: {}\n": ":1:1: tls_config: unknown key",
    PAIR + "  bogus: 1\n": ":4:3: tls_server_config.bogus: unknown key",
    "tls_server_config:\n  key_file: server.key\n":
        ":2:3: tls_server_config.key_file: TLS needs tls_server_config.cert",
    "tls_server_config:\n  cert_file: server.crt\n  key_file: ''\n":
        ":3:3: tls_server_config.key_file: TLS needs",
    "tls_server_config:\n  cert_file: gone.crt\n  key_file: server.key\n":
        ":2:3: tls_server_config.cert_file: cannot read",
    "tls_server_config:\n  cert_file: web.yml\n  key_file: server.key\n":
        ":2:3: tls_server_config.cert_file: it holds no readable certificate",
    "tls_server_config:\n  cert_file: server.crt\n  key_file: ca.key\n":
        ":3:3: tls_server_config.key_file: it is not the key",
    "tls_server_config:\n  cert: junk\n  key_file: server.key\n":
        ":2:3: tls_server_config.cert: it holds no readable certificate",
    PAIR + "  client_auth_type: RequireAndVerifyClientCert\n"
    "  client_ca_file: web.yml\n":
        ":5:3: tls_server_config.client_ca_file: it holds no readable",
    PAIR + "  client_ca_file: ca.crt\n":
        ":4:3: tls_server_config.client_ca_file: a client CA without",
    PAIR + "  client_auth_type: Bogus\n":
        ":4:21: tls_server_config.client_auth_type: 'Bogus' is not",
    PAIR + "  client_allowed_sans: [a]\n":
        ":4:3: tls_server_config.client_allowed_sans: needs",
    PAIR + "  cipher_suites: [TLS_MADE_UP]\n":
        ":4:19: tls_server_config.cipher_suites: 'TLS_MADE_UP' is not",
    PAIR + "  curve_preferences: [CurveP1]\n":
        ":4:23: tls_server_config.curve_preferences: 'CurveP1' is not",
    PAIR + "  min_version: TLS111\n":
        ":4:16: tls_server_config.min_version: 'TLS111' is not",
    "basic_auth_users:\n  alice: plain\n":
        ":2:10: basic_auth_users.alice: this is not a bcrypt hash",
    "basic_auth_users:\n- alice\n": ":2:1: basic_auth_users: this must be",
    "http_server_config:\n  headers:\n    Server: x\n":
        ":3:5: http_server_config.headers.Server: unknown key",
    "http_server_config:\n  headers:\n    X-Frame-Options: never\n":
        ":3:22: http_server_config.headers.X-Frame-Options: this is not deny",
    "a: b: c\n": ":1:5: ",
}


class WebConfig(web_world.WebCase):
    def test_documented_configurations_are_good(self):
        self.certificates()
        for name, text in GOOD.items():
            with self.subTest(name):
                code, said = self.check(text)
                self.assertEqual(code, 0, said)
                self.assertIn(f"{self.web}: good\n", said)

    def test_broken_ones_are_refused_at_their_place(self):
        self.certificates()
        for text, expected in BAD.items():
            with self.subTest(text):
                code, said = self.check(text)
                self.assertEqual(code, 2, said)
                self.assertIn(f"{self.web}{expected}", said)

    def test_a_missing_file_is_refused(self):
        done = subprocess.run(
            [harness.binary(), "--config.file=/dev/null", "--config.check",
             f"--web.config.file={self.folder}/gone.yml"],
            capture_output=True, text=True, timeout=20, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("gone.yml': No such file", done.stderr)

    def test_the_configured_headers_are_sent(self):
        self.write_web(GOOD["headers"])
        self.start()
        _, said = self.curl("/metrics", "-i")
        self.assertIn("X-Frame-Options: deny\n", said)
        self.assertIn("Content-Security-Policy: default-src 'self'\n", said)
        self.assertNotIn("sandbox", said)

    def test_a_route_prefix_is_before_everything(self):
        self.write_web("")
        daemon = subprocess.Popen(
            self.net.command(harness.binary(), f"--config.file={self.web}",
                             "--web.external-url=https://web1.example/tcp/",
                             f"--web.listen-address=127.0.0.1:{PORT}"),
            stderr=subprocess.DEVNULL, preexec_fn=harness.end_with_parent)
        self.addCleanup(self.end, daemon)
        harness.eventually(lambda: self.curl("/tcp/-/ready")[0] == 200)
        self.assertEqual(self.curl("/metrics")[0], 404)
        self.assertEqual(self.curl("/tcp/metrics")[0], 200)
        self.assertEqual(self.curl("/tcp/-/healthy")[0], 200)
        status, said = self.curl("/", "-i")
        self.assertEqual(status, 302)
        self.assertIn("Location: /tcp/\n", said)
        for target in ("/tcp", "/tcp/"):
            status, page = self.curl(target)
            self.assertEqual(status, 200)
            self.assertIn("curl https://web1.example/tcp/leaks", page)

    def test_systemd_may_pass_the_sockets(self):
        self.write_web("")
        with self.net.entered():
            listener = socket.create_server(("127.0.0.1", PORT))
        daemon = self.pass_socket(listener)
        harness.eventually(lambda: self.curl("/-/ready")[0] == 200)
        self.assertEqual(self.curl("/leaks")[0], 200)
        daemon.terminate()
        self.assertEqual(daemon.wait(timeout=5), 0)

    def test_a_socket_that_does_not_listen_is_refused(self):
        self.write_web("")
        with socket.socket() as idle:
            daemon = self.pass_socket(idle, stderr=subprocess.PIPE)
            self.assertEqual(daemon.wait(timeout=10), 1)
        with daemon.stderr as said:
            self.assertIn(b"not a stream socket that listens", said.read())

    @staticmethod
    def end(daemon):
        daemon.kill()
        daemon.wait()

    def pass_socket(self, passed, stderr=None):
        """The daemon as a .socket unit starts it; closes our copy."""
        script = ('exec 3<&"$1"; shift; LISTEN_FDS=1 LISTEN_PID=$$; '
                  'export LISTEN_FDS LISTEN_PID; exec "$@"')
        daemon = subprocess.Popen(
            self.net.command("bash", "-c", script, "bash",
                             str(passed.fileno()), harness.binary(),
                             f"--config.file={self.web}",
                             "--web.systemd-socket"),
            pass_fds=(passed.fileno(),), stderr=stderr,
            preexec_fn=harness.end_with_parent)
        self.addCleanup(self.end, daemon)
        passed.close()
        return daemon

    def test_without_sockets_of_systemd_it_does_not_start(self):
        self.write_web("")
        done = subprocess.run(
            [harness.binary(), f"--config.file={self.web}",
             "--web.systemd-socket"],
            capture_output=True, text=True, timeout=20, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("no socket activation file descriptors found",
                      done.stderr)


if __name__ == "__main__":
    harness.require_root_and_tools("curl", "openssl", "bash")
    harness.main()
