// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The file of --web.config.file, in the form that all exporters share
/// (exporter-toolkit, docs/web-configuration.md). Reads no file it names.

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "config/yaml_document.hpp"
#include "http/tls_options.hpp"
#include "http/web_policy.hpp"

namespace tcpstated {

/// A certificate or a key: written here, or in a file.
struct PemSource {
  std::string text;
  std::string file;  ///< relative to the folder of the configuration
  int line = 1;      ///< of its key
  int column = 1;

  [[nodiscard]] bool given() const { return !text.empty() || !file.empty(); }
};

struct WebConfig {
  bool tls = false;
  PemSource certificate;
  PemSource key;
  PemSource client_ca;
  TlsOptions tls_options;  ///< without certificates and keys
  WebUsers users;
  RateLimit rate_limit;
  std::vector<WebHeader> headers;
  /// What was asked for, is harmless and is not done: "http2: ...".
  std::vector<std::string> notes;
};

/// All problems at once, in the order of the file. An empty text is plain HTTP
/// for everybody. No problem repeats a secret. Pure; takes any bytes.
[[nodiscard]] std::expected<WebConfig, std::vector<ConfigProblem>>
parse_web_config(std::string_view yaml);

}  // namespace tcpstated
