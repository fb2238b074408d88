// SPDX-License-Identifier: Apache-2.0
#include "capture/pcap_backend.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "capture/frame_queue.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

/// Between two looks at interfaces that give no sign.
constexpr Duration kPeriod = 250ms;
/// So old the youngest packet can be that a capture has not shown yet: its
/// timer's 8 ms (pcap_live.cpp), rounded up to ticks of the kernel.
constexpr Duration kLateness = 12ms;
/// Per call, so that whoever shares the thread gets on with it.
constexpr std::size_t kPacketsPerCall = 4096;
constexpr std::size_t kLeastPerInterface = 256;
/// Held of one interface, 1.6 MiB; more stay in its buffer.
constexpr std::size_t kMaxHeld = 16384;
/// Asking costs some 10 us each time.
constexpr Duration kLossesEvery = 100ms;

/// A packet's time on the clock that is not set by people. Packets that a clock
/// step put into the future are of now.
Instant to_event(Instant wall, const WallAnchor& now) {
  const Duration since = wall.time_since_epoch() - now.wall.time_since_epoch();
  return since < Duration::zero() ? now.event + since : now.event;
}

}  // namespace

PcapBackend::PcapBackend(std::unique_ptr<HostNetwork> network,
                         PcapOptions options)
    : network_(std::move(network)), options_(std::move(options)) {}

PcapBackend::~PcapBackend() = default;

Duration PcapBackend::period() const { return kPeriod; }

Result<std::unique_ptr<PcapBackend>> PcapBackend::open(
    std::unique_ptr<HostNetwork> network, PcapOptions options) {
  std::unique_ptr<PcapBackend> backend(
      new PcapBackend(std::move(network), std::move(options)));
  if (auto ready = backend->prepare(); !ready)
    return std::unexpected(std::move(ready).error());
  return backend;
}

Result<> PcapBackend::prepare() {
  waits_.reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!waits_) return fail_errno("cannot make an epoll descriptor");
  held_.reset(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!held_) return fail_errno("cannot make a timer");
  if (auto watched = watch(held_.get()); !watched) return watched;
  if (auto watched = watch(network_->descriptor()); !watched) return watched;
  if (!options_.local_addresses.empty())
    ours_ = std::make_shared<LocalAddresses>(options_.local_addresses);
  if (auto followed = follow_network(); !followed) return followed;
  if (auto opened = open_slots(network_->now().event); !opened) return opened;
  // Down or missing ones may come; refused ones alone are no packet view.
  const auto any = [&](auto condition) {
    return std::ranges::any_of(slots_, condition);
  };
  const auto refused = [](const auto& slot) {
    return !slot->is_open() && slot->wants_to_open(Instant::max());
  };
  if (any(refused) && !any([](const auto& slot) { return slot->is_open(); }))
    return fail((*std::ranges::find_if(slots_, refused))->stats().trouble);
  return {};
}

Result<> PcapBackend::watch(int fd) {
  if (fd < 0) return {};
  epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
  if (::epoll_ctl(waits_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
    return fail_errno("cannot wait for a capture");
  return {};
}

Result<> PcapBackend::drain(CaptureSink& sink) {
  std::uint64_t expirations = 0;
  [[maybe_unused]] const auto ignored =
      ::read(held_.get(), &expirations, sizeof expirations);
  tell_addresses(sink);
  const WallAnchor now = network_->now();
  read_slots(now, sink);
  if (now.event >= next_losses_) {
    next_losses_ = now.event + kLossesEvery;
    tell_losses(sink);
  }
  sink.on_packet_time(batch_.now());
  if (auto followed = follow_network(); !followed) return followed;
  wake_for_held(now.event);
  return open_slots(now.event);
}

void PcapBackend::read_slots(const WallAnchor& now, CaptureSink& sink) {
  const auto open = static_cast<std::size_t>(std::ranges::count_if(
      slots_, [](const auto& slot) { return slot->is_open(); }));
  const std::size_t share = std::max(
      kPacketsPerCall / std::max<std::size_t>(open, 1), kLeastPerInterface);
  std::vector<FrameQueue*> queues;
  Instant complete = now.event - kLateness;  // nothing older is to come
  const bool alone = slots_.size() == 1 && slots_[0]->queue().empty();
  for (const auto& slot : slots_) {
    FrameQueue& queue = slot->queue();
    const std::size_t limit = std::min(share, kMaxHeld - queue.size());
    const auto visit = [&](Frame frame) {
      frame.at = to_event(frame.at, now);
      if (alone)
        batch_.add({frame.at, decode(frame)}, sink);
      else
        queue.push(frame);
    };
    const std::size_t count = slot->read(limit, now.event, visit);
    if (slot->is_open() && count == limit)  // there may be more, not older
      complete = std::min(complete, alone ? batch_.now() : queue.latest());
    queues.push_back(&queue);
  }
  deliver_merged(queues, complete, batch_, sink);
  batch_.flush(sink);
  batch_.advance(complete);
}

void PcapBackend::tell_losses(CaptureSink& sink) {
  std::uint64_t lost = 0;
  for (const auto& slot : slots_) lost += slot->take_losses();
  if (lost > 0) sink.on_loss(batch_.now(), lost);
}

void PcapBackend::tell_addresses(CaptureSink& sink) {
  if (!std::exchange(ours_told_, true)) sink.on_local_addresses(ours_);
}

/// Interfaces and addresses as they are now.
Result<> PcapBackend::follow_network() {
  const auto changed = network_->refresh();
  if (!changed) return std::unexpected(changed.error());
  if (options_.local_addresses.empty() && (*changed || !ours_)) {
    LocalAddresses ours(network_->addresses());
    if (!ours_ || ours != *ours_) {
      ours_ = std::make_shared<LocalAddresses>(std::move(ours));
      ours_told_ = false;
    }
  }
  const bool room = forget_gone_slots() && left_out_ > 0;
  if (!*changed && !room) return {};
  add_slots();
  for (const auto& slot : slots_) {
    const auto found = std::ranges::find(network_->interfaces(), slot->name(),
                                         &NetworkInterface::name);
    slot->follow(found == network_->interfaces().end() ? nullptr : &*found);
  }
  return {};
}

void PcapBackend::add_slots() {
  const auto add = [&](const std::string& name) {
    if (std::ranges::any_of(
            slots_, [&](const auto& slot) { return slot->name() == name; }))
      return;
    if (options_.interfaces.empty() && slots_.size() >= options_.max_interfaces)
      ++left_out_;
    else
      slots_.push_back(std::make_unique<InterfaceSlot>(name));
  };
  left_out_ = 0;
  for (const std::string& name : options_.interfaces) add(name);
  if (!options_.interfaces.empty()) return;
  for (const NetworkInterface& interface : network_->interfaces())
    if (interface.up && interface.carries_ip) add(interface.name);
}

Result<> PcapBackend::open_slots(Instant now) {
  for (const auto& slot : slots_) {
    if (!slot->wants_to_open(now)) continue;
    const int fd = slot->open(*network_, options_, now);
    if (auto watched = watch(fd); !watched) return watched;
  }
  return {};
}

/// Named ones are waited for; the others come and go with containers.
bool PcapBackend::forget_gone_slots() {
  if (!options_.interfaces.empty()) return false;
  return std::erase_if(slots_, [&](const auto& slot) {
           if (!slot->is_history()) return false;
           lost_by_gone_ += slot->stats().lost;
           return true;
         }) > 0;
}

void PcapBackend::wake_for_held(Instant now) {
  Instant oldest = Instant::max();
  for (const auto& slot : slots_)
    oldest = std::min(oldest, slot->queue().next_at());
  itimerspec when{};  // all zero: disarmed
  if (oldest != Instant::max()) {
    const Duration wait = std::max<Duration>(oldest + kLateness - now, 1us);
    when.it_value.tv_sec = wait / 1s;
    when.it_value.tv_nsec = (wait % 1s).count();
  }
  // Cannot fail with these arguments; at worst they wait for the next period.
  [[maybe_unused]] const int ignored =
      ::timerfd_settime(held_.get(), 0, &when, nullptr);
}

CaptureStats PcapBackend::stats() const {
  const FrameCounts& counts = batch_.counts();
  CaptureStats stats{.received = counts.frames,
                     .rejected = counts.unreadable(),
                     .lost = lost_by_gone_,
                     .detail = {},
                     .rejected_by = {},
                     .out_of_order = counts.out_of_order,
                     .interfaces = {}};
  for (std::size_t i = 0; i < kDropReasonLabels.size(); ++i)
    stats.rejected_by.push_back({kDropReasonLabels[i], counts.dropped[i]});
  std::string good;
  std::string bad;
  for (const auto& slot : slots_) {
    const InterfaceStats one = slot->stats();
    stats.lost += one.lost;
    if (one.trouble.empty())
      good += (good.empty() ? "" : ", ") + one.name;
    else
      bad += fmt::format("; not on {} ({})", one.name, one.trouble);
    stats.interfaces.push_back(one);
  }
  stats.detail =
      (good.empty() ? "captures nowhere" : "captures on " + good) + bad;
  if (left_out_ > 0)
    stats.detail += fmt::format("; {} more are beyond the limit of {}",
                                left_out_, options_.max_interfaces);
  return stats;
}

}  // namespace tcpstated
