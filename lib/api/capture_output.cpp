// SPDX-License-Identifier: Apache-2.0
#include "api/capture_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "api/json_parts.hpp"
#include "api/observed_record.hpp"
#include "api/transition_line.hpp"
#include "base/strings.hpp"

namespace tcpstated {
namespace {

namespace json = boost::json;

/// Nothing is wrong with a frame of another protocol.
constexpr std::array<std::string_view, 4> kOtherProtocols{
    "not_ip", "not_tcp", "later_fragment", "tunnel"};

bool is_unreadable(std::string_view reason) {
  return std::ranges::find(kOtherProtocols, reason) == kOtherProtocols.end();
}

json::object to_json(const CaptureSummary& summary) {
  json::array files;
  for (const std::string& file : summary.files)
    files.emplace_back(printable(file, 1024));
  json::object dropped;
  for (const auto& [reason, count] : summary.dropped) dropped[reason] = count;
  json::object object{{"files", std::move(files)},
                      {"packets", summary.packets},
                      {"segments", summary.segments},
                      {"copies", summary.copies},
                      {"out_of_order", summary.out_of_order},
                      {"dropped", std::move(dropped)},
                      {"evicted_connections", summary.evicted}};
  object["trouble"] = summary.trouble.empty()
                          ? json::value()
                          : json::value(printable(summary.trouble, 1024));
  return object;
}

class Events final : public CaptureOutput {
 public:
  explicit Events(WriteText write) : write_(std::move(write)) {}
  void on_change(const EndpointChange& change) override {
    if (change.from == change.to) return;  // only known better than before
    line_.clear();
    append_transition_line(line_, change, {});
    write_(line_);
  }

 private:
  WriteText write_;
  std::string line_;
};

class Ndjson final : public CaptureOutput {
 public:
  explicit Ndjson(WriteText write) : write_(std::move(write)) {}
  void on_connection(const ObservedConnection& connection) override {
    write_(observed_json(connection, {}) + '\n');
  }

 private:
  WriteText write_;
};

class Csv final : public CaptureOutput {
 public:
  explicit Csv(WriteText write) : write_(std::move(write)) {
    write_(observed_csv_header() + "\r\n");  // RFC 4180
  }
  void on_connection(const ObservedConnection& connection) override {
    write_(observed_csv(connection, {}) + "\r\n");
  }

 private:
  WriteText write_;
};

/// One document, written as it comes: a long capture never is one tree.
class Json final : public CaptureOutput {
 public:
  explicit Json(WriteText write) : write_(std::move(write)) {}
  void on_connection(const ObservedConnection& connection) override {
    write_(first_ ? R"({"connections":[)" : ",\n");
    first_ = false;
    write_(observed_json(connection, {}));
  }
  void finish(const CaptureSummary& summary) override {
    if (first_) write_(R"({"connections":[)");
    write_(R"(],"summary":)" + to_text(to_json(summary)) + "}\n");
  }

 private:
  WriteText write_;
  bool first_ = true;
};

}  // namespace

std::string unreadable_text(const CaptureSummary& summary) {
  std::uint64_t total = 0;
  std::string reasons;
  for (const auto& [reason, count] : summary.dropped) {
    if (count == 0 || !is_unreadable(reason)) continue;
    total += count;
    reasons +=
        fmt::format("{}{} {}", reasons.empty() ? "" : ", ", reason, count);
  }
  if (total == 0) return "";
  return fmt::format("{} packet{} unreadable: {}", total,
                     total == 1 ? " was" : "s were", reasons);
}

std::unique_ptr<CaptureOutput> make_capture_output(CaptureFormat format,
                                                   const LeakPolicy& policy,
                                                   WriteText write) {
  switch (format) {
    case CaptureFormat::Table:
      return make_capture_report(policy, std::move(write));
    case CaptureFormat::Json:
      return std::make_unique<Json>(std::move(write));
    case CaptureFormat::Ndjson:
      return std::make_unique<Ndjson>(std::move(write));
    case CaptureFormat::Csv:
      return std::make_unique<Csv>(std::move(write));
    case CaptureFormat::Events:
      return std::make_unique<Events>(std::move(write));
  }
  return nullptr;
}

}  // namespace tcpstated
