// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// `--read.pcap` without files: segments in, what is printed out.

#include <memory>
#include <string>

#include "api/capture_output.hpp"
#include "fakes/wire.hpp"

namespace tcpstated {

class CaptureWorld {
 public:
  explicit CaptureWorld(CaptureFormat format, bool beside_server = false)
      : model_({.keep_traffic = true}, 7,
               [beside_server](const IpAddress& ip) {
                 return beside_server && ip == Wire::server().ip;
               }),
        output_(make_capture_output(
            format, {}, [this](std::string_view more) { printed_ += more; })) {
    summary.files = {"web1.pcap"};
    summary.local_known = beside_server;
    model_.on_forgotten([this](const ObservedConnection& connection) {
      output_->on_connection(connection);
    });
  }

  void see(const Wire::Segments& segments) {
    if (summary.packets == 0) summary.first = segments.front().at;
    summary.packets += segments.size();
    model_.observe(segments, changes_);
    pass(segments.back().at);
  }
  void pass(Instant now) {
    summary.last = now;
    model_.expire(now, changes_);
    for (const EndpointChange& change : changes_) output_->on_change(change);
    changes_.clear();
  }
  /// The end of the capture: all that was printed.
  std::string finish() {
    model_.visit([this](const ObservedConnection& connection) {
      output_->on_connection(connection);
    });
    summary.segments = model_.stats().segments;
    summary.counts = model_.counts();
    output_->finish(summary);
    return printed_;
  }

  CaptureSummary summary;

 private:
  TcpModel model_;
  std::string printed_;
  std::unique_ptr<CaptureOutput> output_;
  std::vector<EndpointChange> changes_;
};

}  // namespace tcpstated
