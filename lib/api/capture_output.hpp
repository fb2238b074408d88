// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// What `tcpstated --read.pcap` prints, in the format that was asked for.

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "leak/leak_policy.hpp"
#include "tcp/tcp_model.hpp"

namespace tcpstated {

enum class CaptureFormat : std::uint8_t { Table, Json, Ndjson, Csv, Events };

inline constexpr std::array<std::string_view, 5> kCaptureFormatLabels{
    "table", "json", "ndjson", "csv", "events"};

/// What was read, and what could not be.
struct CaptureSummary {
  std::vector<std::string> files;
  bool local_known = false;  ///< addresses were given: some ends are local
  std::uint64_t packets = 0;
  std::uint64_t segments = 0;
  std::uint64_t copies = 0;        ///< of packets seen on another device too
  std::uint64_t out_of_order = 0;  ///< stamped earlier than the one before
  /// Packets that are no segments: reason and how many.
  std::vector<std::pair<std::string_view, std::uint64_t>> dropped;
  std::uint64_t evicted = 0;  ///< connections forgotten to make room
  Instant first;
  Instant last;
  ObservedCounts counts;
  std::string trouble;  ///< why reading ended before the end
};

/// Takes what is found, in this order: changes and forgotten connections as
/// they come, connections that are still known, then finish().
class CaptureOutput {
 public:
  virtual ~CaptureOutput() = default;
  virtual void on_change(const EndpointChange& /*change*/) {}
  /// `connection.traffic` is not null.
  virtual void on_connection(const ObservedConnection& /*connection*/) {}
  virtual void finish(const CaptureSummary& /*summary*/) {}
};

/// Takes finished text; may be called for every line.
using WriteText = std::function<void(std::string_view)>;

/// The clock of a file is the wall clock of its packets.
[[nodiscard]] std::unique_ptr<CaptureOutput> make_capture_output(
    CaptureFormat format, const LeakPolicy& policy, WriteText write);

/// The one with tables for people; see capture_report.cpp.
[[nodiscard]] std::unique_ptr<CaptureOutput> make_capture_report(
    const LeakPolicy& policy, WriteText write);

/// "12 packets were unreadable: truncated 10, bad_ip_header 2"; empty if none
/// was. Frames of other protocols are not unreadable.
[[nodiscard]] std::string unreadable_text(const CaptureSummary& summary);

}  // namespace tcpstated
