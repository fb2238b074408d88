# SPDX-License-Identifier: Apache-2.0
"""Prometheus itself understands /metrics."""

import json
import os
import subprocess
import tempfile
import urllib.parse

import harness

STATES = ["closed", "listen", "syn_sent", "syn_received", "established",
          "fin_wait_1", "fin_wait_2", "close_wait", "closing", "last_ack",
          "time_wait"]
PORT = 19293
SCRAPES = """
global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs:
  - job_name: tcpstated
    static_configs: [{targets: ['127.0.0.1:%d']}]
""" % PORT


class Prometheus:
    """The server of Debian's package, in a namespace."""

    def __init__(self, case, net):
        self._net = net
        files = tempfile.TemporaryDirectory(prefix="tcpstated-prometheus-")
        case.addCleanup(files.cleanup)
        config = os.path.join(files.name, "prometheus.yml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(SCRAPES)
        process = subprocess.Popen(
            net.command("prometheus", f"--config.file={config}",
                        f"--storage.tsdb.path={files.name}/data",
                        "--web.listen-address=127.0.0.1:9090",
                        "--log.level=error"))
        case.addCleanup(process.wait)
        case.addCleanup(process.kill)

    def query(self, expression):
        """{label set as text: value}, empty while there is nothing yet."""
        url = ("http://127.0.0.1:9090/api/v1/query?"
               + urllib.parse.urlencode({"query": expression}))
        asked = subprocess.run(self._net.command("curl", "-sf", url),
                               capture_output=True, check=False)
        if asked.returncode != 0:
            return {}
        results = json.loads(asked.stdout).get("data", {}).get("result", [])
        return {json.dumps(r["metric"], sort_keys=True): float(r["value"][1])
                for r in results}


class PrometheusTest(harness.Case):
    def setUp(self):
        self.net = self.namespace()
        self.watcher = self.daemon(
            self.net, arguments=[f"--web.listen-address=127.0.0.1:{PORT}"])

    def test_promtool_finds_nothing_to_complain_about(self):
        checked = subprocess.run(["promtool", "check", "metrics"],
                                 input=self.watcher.text("/metrics"),
                                 text=True, capture_output=True, check=False)
        self.assertEqual((checked.returncode, checked.stderr), (0, ""),
                         checked.stdout)
        self.watcher.stop()

    def test_a_scrape_stores_every_state_also_those_with_no_socket(self):
        prometheus = Prometheus(self, self.net)
        harness.eventually(
            lambda: list(prometheus.query("up").values()) == [1.0],
            within=30, what="up == 1")
        found = harness.eventually(
            lambda: prometheus.query("sum by (state) (tcpstate_connections)"))
        states = {json.loads(labels)["state"]: value
                  for labels, value in found.items()}
        self.assertEqual(sorted(states), sorted(STATES))
        self.assertEqual(states["last_ack"], 0)
        # Prometheus and the daemon listen; their connection is established.
        self.assertEqual(states["listen"], 2)
        self.watcher.stop()


if __name__ == "__main__":
    harness.require_root_and_tools("prometheus", "promtool", "curl")
    harness.main()
