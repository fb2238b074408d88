// SPDX-License-Identifier: Apache-2.0
#include "engine/packet_view.hpp"

#include <algorithm>
#include <utility>

namespace tcpstated {
namespace {

bool is_waiting(const EndpointChange& change) {
  return change.local && change.to == TcpState::CloseWait &&
         change.quality >= Quality::Confirmed;
}

}  // namespace

std::uint64_t row_id(std::uint64_t connection, const FourTuple& tuple) {
  return connection * 2 + (tuple.local <= tuple.remote ? 0 : 1);
}

PacketView::PacketView(const TcpModelOptions& options, std::uint64_t hash_seed)
    : ours_(std::make_shared<const LocalAddresses>()),
      model_(options, hash_seed,
             [this](const IpAddress& ip) { return ours_->contains(ip); }) {}

void PacketView::observe(std::span<const Segment> segments) {
  model_.observe(segments, changes_);
  follow_changes();
}

void PacketView::observe(const HardError& error) {
  model_.observe(error, changes_);
  follow_changes();
}

void PacketView::expire(Instant now) {
  model_.expire(now, changes_);
  follow_changes();
}

void PacketView::set_local(std::shared_ptr<const LocalAddresses> ours) {
  ours_ = std::move(ours);
  model_.set_local([this](const IpAddress& ip) { return ours_->contains(ip); });
}

void PacketView::follow_changes() {
  for (const EndpointChange& change : changes_) {
    const std::uint64_t id = row_id(change.connection, change.tuple);
    if (is_waiting(change)) {
      waiting_.try_emplace(id, Waiting{.tuple = change.tuple,
                                       .since = change.at,
                                       .next = {},
                                       .last_sent = Instant::min()});
      continue;
    }
    // In another state now, or only thought to be in this one.
    if (waiting_.erase(id) == 0) continue;
    left_.push_back({.tuple = change.tuple,
                     .at = change.at,
                     .to = TcpState::Closed,
                     .quality = Quality::Confirmed,
                     .socket = {.cookie = id}});
  }
  changes_.clear();
}

void PacketView::report_waiting(Instant now, std::vector<StateChange>& rows) {
  rows.insert(rows.end(), left_.begin(), left_.end());
  left_.clear();
  for (auto& [id, waiting] : waiting_) {
    const auto end = model_.find(waiting.tuple);
    if (!end) continue;
    // What it sent before the FIN came is no evidence of a half-close.
    if (waiting.next == Seq{}) waiting.next = end->next;
    if (std::exchange(waiting.next, end->next) != end->next)
      waiting.last_sent = now;
    const Duration waited = now - waiting.since;
    const Duration silent =
        waiting.last_sent == Instant::min() ? waited : now - waiting.last_sent;
    StateChange row{.tuple = waiting.tuple,
                    .at = now,
                    .to = TcpState::CloseWait,
                    .quality = Quality::Confirmed,
                    .socket = {.cookie = id}};
    row.socket.send_queue = static_cast<std::uint32_t>(
        std::max<std::int32_t>(0, end->next - end->acked));
    row.socket.times = TcpTimes{.since_data_sent = silent,
                                .since_data_received = waited,
                                .since_ack_received = waited};
    rows.push_back(row);
  }
}

}  // namespace tcpstated
