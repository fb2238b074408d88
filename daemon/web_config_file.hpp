// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The web configuration from disk, with the certificates and keys it names,
/// and whether any of these files has changed since.

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "http/web_policy.hpp"

namespace tcpstated {

struct LoadedWeb {
  WebPolicy policy;
  std::vector<std::string> notes;  ///< what is not done as asked for
  std::vector<std::string> files;  ///< certificates and keys
};

/// Each string of the failure is a line for people: "path:line:column:
/// message". File names are relative to the folder of `path`.
[[nodiscard]] std::expected<LoadedWeb, std::vector<std::string>>
load_web_config(const std::string& path);

class WebConfigFile {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Loaded = std::expected<LoadedWeb, std::vector<std::string>>;

  /// "" is no file: plain HTTP for everybody.
  explicit WebConfigFile(std::string path) : path_(std::move(path)) {}

  [[nodiscard]] bool given() const { return !path_.empty(); }
  [[nodiscard]] const std::string& path() const { return path_; }

  [[nodiscard]] Loaded load();
  /// Loads again if the file, or one that it names, is another one now.
  /// nullopt: nothing new, or the last look was less than a second ago. What is
  /// broken is told once, and again when it has changed.
  [[nodiscard]] std::optional<Loaded> look(Time now);

 private:
  /// What stat(2) says of a file; zeros if it is not there.
  using Stamp = std::vector<std::int64_t>;

  [[nodiscard]] std::vector<Stamp> stamps() const;

  std::string path_;
  std::vector<std::string> files_;  ///< of the last load that went well
  std::vector<Stamp> seen_;
  std::optional<Time> looked_;
};

}  // namespace tcpstated
