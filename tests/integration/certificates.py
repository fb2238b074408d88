# SPDX-License-Identifier: Apache-2.0
"""A certificate authority of openssl(1) that lives for one test."""

import os
import subprocess


class Authority:
    """Files NAME.crt and NAME.key in a folder; its own are ca.crt, ca.key."""

    def __init__(self, folder, name="ca"):
        self.folder = folder
        self.name = name
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
                      "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                      "-keyout", self.path(f"{name}.key"),
                      "-out", self.certificate, "-subj", f"/CN={name}")

    @property
    def certificate(self):
        return self.path(f"{self.name}.crt")

    def path(self, name):
        return os.path.join(self.folder, name)

    def issue(self, name, sans="DNS:localhost,IP:127.0.0.1,IP:10.9.9.9"):
        request, extensions = self.path(f"{name}.csr"), self.path(f"{name}.ext")
        with open(extensions, "w", encoding="ascii") as file:
            file.write(f"subjectAltName={sans}\n")
        self._openssl("req", "-newkey", "ec", "-pkeyopt",
                      "ec_paramgen_curve:P-256", "-nodes",
                      "-keyout", self.path(f"{name}.key"), "-out", request,
                      "-subj", f"/CN={name}")
        self._openssl("x509", "-req", "-in", request, "-days", "2",
                      "-CA", self.certificate,
                      "-CAkey", self.path(f"{self.name}.key"),
                      "-CAcreateserial", "-extfile", extensions,
                      "-out", self.path(f"{name}.crt"))
        return [self.path(f"{name}.crt"), self.path(f"{name}.key")]

    @staticmethod
    def _openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
