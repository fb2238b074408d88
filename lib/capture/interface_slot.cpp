// SPDX-License-Identifier: Apache-2.0
#include "capture/interface_slot.hpp"

#include <algorithm>
#include <utility>

namespace tcpstated {
namespace {

constexpr Duration kFirstPause = std::chrono::seconds(1);
constexpr Duration kLongestPause = std::chrono::seconds(30);

}  // namespace

void InterfaceSlot::follow(const NetworkInterface* found) {
  if (found == nullptr) {
    close("there is no such interface");
    interface_ = {};
    return;
  }
  const bool another = found->index != interface_.index;
  if (another) close("");
  if (another || (found->up && !interface_.up)) {
    next_try_ = Instant::min();
    pause_ = kFirstPause;
  }
  interface_ = *found;
  if (!is_open() && !interface_.up) trouble_ = "the interface is down";
}

int InterfaceSlot::open(HostNetwork& network, const PcapOptions& options,
                        Instant now) {
  auto opened = network.capture(interface_, options);
  if (!opened) {
    trouble_ = std::move(opened).error().message;
    next_try_ = now + pause_;
    pause_ = std::min(2 * pause_, kLongestPause);
    return -1;
  }
  capture_ = std::move(*opened);
  trouble_.clear();
  pause_ = kFirstPause;
  return capture_->descriptor();
}

std::size_t InterfaceSlot::read(std::size_t limit, Instant now,
                                FrameVisitor visit) {
  if (!is_open()) return 0;
  auto count = capture_->read(limit, visit);
  if (!count) {
    close(std::move(count).error().message);
    next_try_ = now + pause_;
    return 0;
  }
  received_ += *count;
  return *count;
}

std::uint64_t InterfaceSlot::take_losses() {
  note_losses();
  return lost_ - std::exchange(lost_told_, lost_);
}

/// A capture that cannot tell is about to fail in read() as well.
void InterfaceSlot::note_losses() {
  if (!is_open()) return;
  if (const auto counts = capture_->counts())
    lost_ = lost_before_ + counts->lost;
}

void InterfaceSlot::close(std::string why) {
  note_losses();
  lost_before_ = lost_;
  capture_.reset();
  trouble_ = std::move(why);
}

InterfaceStats InterfaceSlot::stats() const {
  return {
      .name = name_, .received = received_, .lost = lost_, .trouble = trouble_};
}

}  // namespace tcpstated
