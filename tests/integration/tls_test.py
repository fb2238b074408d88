#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""TLS as a web configuration asks for it, seen by curl and openssl(1)."""

import os
import subprocess
import time

import harness
import web_world
from certificates import Authority
from web_world import PORT, REMOTE


class Tls(web_world.WebCase):
    def setUp(self):
        super().setUp()
        self.certificates()

    def s_client(self, *arguments):
        """What openssl s_client says of a handshake; "" if it fails."""
        done = subprocess.run(
            self.net.command("openssl", "s_client", "-connect",
                             f"127.0.0.1:{PORT}", "-CAfile",
                             self.authority.certificate, *arguments),
            input="", capture_output=True, text=True, timeout=20, check=False)
        return done.stdout if done.returncode == 0 else ""

    def serial(self):
        shown = subprocess.run(["openssl", "x509", "-noout", "-serial"],
                               input=self.s_client(), capture_output=True,
                               text=True, check=False)
        return shown.stdout.strip()

    def reload_state(self, daemon):
        name = "tcpstated_config_last_reload_successful"
        return daemon.metrics(name)[frozenset()]

    def test_versions_and_ciphers_are_the_configured_ones(self):
        self.write_tls()
        self.start()
        old = ("-cipher", "ALL:@SECLEVEL=0")
        self.assertIn("TLSv1.2", self.s_client("-tls1_2"))
        said = self.s_client("-tls1_3", "-alpn", "h2,http/1.1")
        self.assertIn("TLSv1.3", said)
        self.assertIn("Verify return code: 0 (ok)", said)
        self.assertIn("ALPN protocol: http/1.1", said)
        self.assertEqual(self.s_client("-tls1_1", *old), "")
        self.assertEqual(self.s_client("-alpn", "h2"), "")

    def test_a_narrow_configuration_is_obeyed(self):
        self.write_tls(
            "  max_version: TLS12\n  curve_preferences: [CurveP384]\n"
            "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]\n")
        self.start()
        said = self.s_client()
        self.assertIn("Cipher is ECDHE-ECDSA-AES128-GCM-SHA256", said)
        self.assertIn("TLSv1.2", said)
        self.assertIn("secp384r1", said)
        self.assertEqual(self.s_client("-tls1_3"), "")
        self.assertEqual(
            self.s_client("-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384"), "")

    def test_the_least_version_may_be_1_3(self):
        self.write_tls("  min_version: TLS13\n")
        self.start()
        self.assertEqual(self.s_client("-tls1_2"), "")
        self.assertIn("TLSv1.3", self.s_client())

    def test_plain_http_is_told_so(self):
        self.write_tls()
        self.start()
        status, body = self.curl("/metrics")
        self.assertEqual(status, 400)
        self.assertIn("https://", body)

    def test_links_are_https(self):
        self.write_tls()
        self.start()
        self.assertIn(f"curl https://127.0.0.1:{PORT}/leaks",
                      self.curl("/", scheme="https")[1])

    def test_every_client_auth_type(self):
        """Who connects, and who of them may see details from elsewhere."""
        good = self.authority.issue("client", "DNS:client.example")
        stranger = Authority(self.folder, "other").issue("stranger",
                                                         "DNS:client.example")
        ca = "  client_ca_file: ca.crt\n"
        # type: status of /states with no, a good, a stranger's certificate;
        # the same of /leaks. 0: no connection.
        expected = {
            "NoClientCert": ([200, 200, 200], [403, 403, 403]),
            "RequestClientCert": ([200, 200, 200], [403, 403, 403]),
            "RequireAnyClientCert": ([0, 200, 200], [0, 403, 403]),
            "VerifyClientCertIfGiven": ([200, 200, 0], [403, 200, 0]),
            "RequireAndVerifyClientCert": ([0, 200, 0], [0, 200, 0]),
        }
        for kind, (states, leaks) in expected.items():
            with self.subTest(kind):
                self.write_tls(f"  client_auth_type: {kind}\n"
                               + ("" if kind == "NoClientCert" else ca))
                daemon = self.start()
                for target, statuses in (("/states", states),
                                         ("/leaks", leaks)):
                    seen = []
                    for pair in ([], good, stranger):
                        options = (["--cert", pair[0], "--key", pair[1]]
                                   if pair else [])
                        seen.append(self.curl(target, *options, host=REMOTE,
                                              scheme="https")[0])
                    self.assertEqual(seen, statuses, f"{kind} {target}")
                daemon.stop()

    def test_only_allowed_names_of_clients(self):
        self.write_tls("  client_auth_type: RequireAndVerifyClientCert\n"
                       "  client_ca_file: ca.crt\n"
                       "  client_allowed_sans: [10.0.0.7, a.example]\n")
        self.start()
        for sans, status in (("DNS:a.example", 200), ("IP:10.0.0.7", 200),
                             ("DNS:b.example,DNS:a.example", 200),
                             ("DNS:x.a.example", 0), ("DNS:*.example", 0),
                             ("URI:a.example", 200)):
            cert, key = self.authority.issue("client", sans)
            self.assertEqual(
                self.curl("/leaks", "--cert", cert, "--key", key,
                          scheme="https", host=REMOTE)[0], status, sans)

    def test_a_new_certificate_is_used_without_a_word(self):
        self.write_tls()
        daemon = self.start()
        first = self.serial()
        self.assertRegex(first, "serial=.")
        self.authority.issue("server")
        harness.eventually(lambda: self.serial() not in (first, ""), 5)
        self.assertEqual(self.reload_state(daemon), 1)

    def test_a_broken_certificate_leaves_the_old_one_in_use(self):
        self.write_tls()
        daemon = self.start()
        first = self.serial()
        with open(self.authority.path("server.crt"), "w") as file:
            file.write("junk\n")
        harness.eventually(
            lambda: self.serial() == first and self.reload_state(daemon) == 0,
            5)
        time.sleep(1.1)
        self.assertEqual(self.serial(), first)
        said = daemon.log().count("the new web configuration is bad")
        self.assertEqual(said, 1, daemon.log())
        self.assertIn("web.yml:2:3: tls_server_config.cert_file: it holds no "
                      "readable certificate", daemon.log())
        self.authority.issue("server")
        harness.eventually(
            lambda: self.serial() not in (first, "")
            and self.reload_state(daemon) == 1, 5)

    def test_tls_can_be_turned_on_and_off(self):
        self.write_web("")
        self.start()
        self.assertEqual(self.curl("/metrics")[0], 200)
        self.write_tls()
        harness.eventually(
            lambda: self.curl("/metrics", scheme="https")[0] == 200, 5)
        self.write_web("")
        harness.eventually(lambda: self.curl("/metrics")[0] == 200, 5)

    def test_no_connection_of_ours_stays_behind(self):
        """However a client leaves, the daemon closes too."""
        self.write_tls()
        self.start()
        for _ in range(3):
            with self.net.connect(PORT) as half:
                half.sendall(b"\x16\x03\x01")
            with self.net.connect(PORT) as junk:
                junk.sendall(b"\x16" + b"junk" * 50)
            self.s_client()
            self.curl("/metrics", scheme="https")
        harness.eventually(
            lambda: not self.net.output("ss", "-Htn", "state", "close-wait",
                                        "state", "established",
                                        f"sport = :{PORT}").strip(), 5)

    def test_a_slow_handshake_ends_at_the_deadline(self):
        self.write_tls()
        self.start()
        with self.net.connect(PORT, timeout=8) as slow:
            slow.sendall(b"\x16\x03\x01\x02")
            began = time.monotonic()
            self.assertEqual(slow.recv(1), b"")
            self.assertLess(time.monotonic() - began, 7)


if __name__ == "__main__":
    harness.require_root_and_tools("curl", "openssl")
    os.environ.setdefault("OPENSSL_CONF", "/etc/ssl/openssl.cnf")
    harness.main()
