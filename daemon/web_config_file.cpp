// SPDX-License-Identifier: Apache-2.0
#include "daemon/web_config_file.hpp"

#include <sys/stat.h>

#include <filesystem>

#include "base/strings.hpp"
#include "config/web_config.hpp"
#include "daemon/config_file.hpp"

namespace tcpstated {
namespace {

using Problems = std::vector<std::string>;

constexpr auto kLookInterval = std::chrono::seconds(1);

/// Loads what a parsed configuration names.
class Loader {
 public:
  Loader(const std::string& path, WebConfig& config)
      : path_(path), config_(config) {}

  std::expected<LoadedWeb, Problems> load() {
    LoadedWeb loaded{.policy = {.tls = nullptr,
                                .users = std::move(config_.users),
                                .rate_limit = config_.rate_limit,
                                .headers = std::move(config_.headers)},
                     .notes = std::move(config_.notes),
                     .files = {}};
    if (config_.tls) {
      TlsOptions options = config_.tls_options;
      options.certificate = text_of(config_.certificate, "cert", loaded);
      options.key = text_of(config_.key, "key", loaded);
      options.client_ca = text_of(config_.client_ca, "client_ca", loaded);
      if (problems_.empty()) loaded.policy.tls = make_context(options);
    }
    if (!problems_.empty()) return std::unexpected(std::move(problems_));
    return loaded;
  }

 private:
  std::string text_of(const PemSource& source, const std::string& key,
                      LoadedWeb& loaded) {
    if (source.file.empty()) return source.text;
    loaded.files.push_back(full_path(source));
    auto text = read_trusted_file(loaded.files.back());
    if (text && !text->empty()) return std::move(*text);
    report(source, key,
           text ? "'" + printable(loaded.files.back()) + "' is empty"
                : text.error().message);
    return "";
  }

  [[nodiscard]] std::string full_path(const PemSource& source) const {
    return (std::filesystem::path(path_).parent_path() / source.file).string();
  }

  std::shared_ptr<const TlsContext> make_context(const TlsOptions& options) {
    auto made = TlsContext::make(options);
    if (made) return std::move(*made);
    const TlsProblem& problem = made.error();
    switch (problem.part) {
      case TlsPart::Certificate:
        report(config_.certificate, "cert", problem.message);
        break;
      case TlsPart::Key:
        report(config_.key, "key", problem.message);
        break;
      case TlsPart::ClientCa:
        report(config_.client_ca, "client_ca", problem.message);
        break;
      case TlsPart::Settings:
        report(config_.certificate, "cert", problem.message);
        break;
    }
    return nullptr;
  }

  void report(const PemSource& source, const std::string& key,
              const std::string& what) {
    const bool in_file = !source.file.empty();
    problems_.push_back(
        to_string(ConfigProblem{.line = source.line,
                                .column = source.column,
                                .message = "tls_server_config." + key +
                                           (in_file ? "_file: " : ": ") + what,
                                .hint = {}},
                  path_));
  }

  const std::string& path_;
  WebConfig& config_;
  Problems problems_;
};

}  // namespace

std::expected<LoadedWeb, Problems> load_web_config(const std::string& path) {
  const auto text = read_trusted_file(path);
  if (!text) return std::unexpected(Problems{text.error().message});
  auto config = parse_web_config(*text);
  if (config) return Loader(path, *config).load();
  Problems lines;
  for (const ConfigProblem& problem : config.error())
    lines.push_back(to_string(problem, path));
  return std::unexpected(std::move(lines));
}

WebConfigFile::Loaded WebConfigFile::load() {
  if (!given()) return LoadedWeb{};
  // Before reading: what changes while we read is seen at the next look.
  seen_ = stamps();
  auto loaded = load_web_config(path_);
  if (!loaded || loaded->files == files_) return loaded;
  files_ = loaded->files;
  return load();  // these had not been looked at before
}

std::optional<WebConfigFile::Loaded> WebConfigFile::look(Time now) {
  if (!given() || (looked_ && now - *looked_ < kLookInterval))
    return std::nullopt;
  looked_ = now;
  if (stamps() == seen_) return std::nullopt;
  return load();
}

std::vector<WebConfigFile::Stamp> WebConfigFile::stamps() const {
  std::vector<Stamp> all;
  const auto add = [&](const std::string& path) {
    struct stat now{};
    if (::stat(path.c_str(), &now) != 0) return all.push_back({});
    all.push_back({static_cast<std::int64_t>(now.st_dev),
                   static_cast<std::int64_t>(now.st_ino),
                   static_cast<std::int64_t>(now.st_size), now.st_mtim.tv_sec,
                   now.st_mtim.tv_nsec, now.st_ctim.tv_sec,
                   now.st_ctim.tv_nsec});
  };
  add(path_);
  for (const std::string& file : files_) add(file);
  return all;
}

}  // namespace tcpstated
