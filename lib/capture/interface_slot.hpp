// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// One interface that ought to be captured: its capture, or why there is none
/// and when the next try is due. Survives that the interface goes and comes.

#include <memory>
#include <string>

#include "capture/capture_backend.hpp"
#include "capture/frame_queue.hpp"
#include "capture/host_network.hpp"

namespace tcpstated {

class InterfaceSlot {
 public:
  explicit InterfaceSlot(std::string name) : name_(std::move(name)) {}

  [[nodiscard]] const std::string& name() const { return name_; }

  /// What the system has under this name; nullptr: nothing.
  void follow(const NetworkInterface* found);
  /// Nothing is there, and nothing of it is left to deliver.
  [[nodiscard]] bool is_history() const {
    return interface_.index == 0 && queue_.empty();
  }

  [[nodiscard]] bool is_open() const { return capture_ != nullptr; }
  [[nodiscard]] bool wants_to_open(Instant now) const {
    return !is_open() && interface_.up && now >= next_try_;
  }
  /// The descriptor to wait for, or -1: tried in vain, and again later.
  int open(HostNetwork& network, const PcapOptions& options, Instant now);

  /// 0 if it is not open; an end of the capture is a trouble, no Error.
  std::size_t read(std::size_t limit, Instant now, FrameVisitor visit);
  /// Packets lost since the last call.
  std::uint64_t take_losses();

  [[nodiscard]] FrameQueue& queue() { return queue_; }
  [[nodiscard]] InterfaceStats stats() const;

 private:
  void close(std::string why);
  void note_losses();

  std::string name_;
  NetworkInterface interface_;
  std::unique_ptr<InterfaceCapture> capture_;
  std::string trouble_ = "there is no such interface";
  FrameQueue queue_;
  Instant next_try_ = Instant::min();
  Duration pause_{};  ///< before the next try
  std::uint64_t received_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t lost_before_ = 0;  ///< of these, by captures that are closed
  std::uint64_t lost_told_ = 0;    ///< by take_losses()
};

}  // namespace tcpstated
