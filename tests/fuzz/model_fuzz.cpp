// SPDX-License-Identifier: Apache-2.0
// Sequences of segments on a few connections, plausible and wild, through the
// passive state model. Checked: what a change says of the state before is what
// the change before said; an end that surely sent its FIN is not open
// again; time never goes back; the table keeps its limit and forgets all that
// ends by time.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <source_location>
#include <span>
#include <utility>
#include <vector>

#include "tcp/tcp_model.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;
using enum TcpState;

constexpr std::size_t kMostConnections = 6;

void require(bool holds,
             std::source_location where = std::source_location::current()) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: line %u\n",
               static_cast<unsigned>(where.line()));
  std::abort();
}

/// The bytes of the input, then zeros.
class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}
  [[nodiscard]] bool empty() const { return rest_.empty(); }
  std::uint8_t next() {
    if (rest_.empty()) return 0;
    const std::uint8_t byte = rest_.front();
    rest_ = rest_.subspan(1);
    return byte;
  }
  std::uint32_t next32() {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value = value << 8U | next();
    return value;
  }

 private:
  std::span<const std::uint8_t> rest_;
};

bool is_open_before_fin(TcpState state) {
  return state == SynSent || state == SynReceived || state == Established ||
         state == CloseWait;
}

class Watch {
 public:
  void check(std::vector<EndpointChange>& changes) {
    for (const EndpointChange& change : changes) {
      require(change.at >= last_);
      last_ = change.at;
      auto& told = told_[{change.connection, change.tuple.local}];
      require(change.from == told.to);
      require(change.to != Listen);  // nobody listens on the wire
      require(change.to != told.to || change.to != Closed);
      // A FIN that was seen is never unsent.
      const bool was_sure = told.quality >= Quality::Presumed;
      if (was_sure && told.to != Closed && !is_open_before_fin(told.to))
        require(change.to == Closed || !is_open_before_fin(change.to));
      if (change.reason == ChangeReason::Superseded)
        require(change.to == Closed);
      told = change;
    }
    changes.clear();
  }

  /// Whether any end is in a state that only segments can end.
  [[nodiscard]] bool waits_forever(std::uint64_t connection) const {
    return std::any_of(told_.begin(), told_.end(), [&](const auto& entry) {
      return entry.first.first == connection &&
             (entry.second.to == Established || entry.second.to == CloseWait ||
              entry.second.to == FinWait2);
    });
  }
  [[nodiscard]] std::size_t waiting() const {
    std::vector<std::uint64_t> ids;
    for (const auto& [key, change] : told_)
      if (waits_forever(key.first)) ids.push_back(key.first);
    std::sort(ids.begin(), ids.end());
    return static_cast<std::size_t>(std::unique(ids.begin(), ids.end()) -
                                    ids.begin());
  }

 private:
  Instant last_;
  std::map<std::pair<std::uint64_t, Endpoint>, EndpointChange> told_;
};

Endpoint endpoint(unsigned host) {
  return {IpAddress::v4(0x0a000000 + host / 4),
          static_cast<std::uint16_t>(host % 4)};
}

/// What an end of a pair sent last, so that a segment can be plausible.
struct Sent {
  Seq next{1000};
};

Segment read_segment(Bytes& bytes,
                     std::map<std::pair<unsigned, unsigned>, Sent>& sent,
                     Instant at) {
  const std::uint8_t who = bytes.next();
  const unsigned a = who & 3U;              // 10.0.0.0: beside us
  const unsigned b = 4 + (who >> 2U & 3U);  // 10.0.0.1
  const bool outward = (who & 16U) != 0;
  const auto path = outward ? std::pair(a, b) : std::pair(b, a);
  Sent& mine = sent[path];
  Sent& theirs = sent[{path.second, path.first}];
  const std::uint8_t flags = bytes.next();
  const std::uint8_t shape = bytes.next();
  Segment s;
  s.from = endpoint(path.first);
  s.to = endpoint(path.second);
  s.at = at;
  s.flags = {.syn = (flags & 1U) != 0,
             .ack = (flags & 2U) != 0,
             .fin = (flags & 4U) != 0,
             .rst = (flags & 8U) != 0};
  s.options.has_timestamp = (flags & 16U) != 0;
  s.options.has_window_scale = (flags & 32U) != 0;
  s.options.window_scale = flags >> 4U;
  s.options.has_sack = (flags & 64U) != 0;
  s.options.timestamp = shape;
  s.window = (shape & 128U) != 0 ? 0 : 1000;
  s.payload = (shape & 64U) != 0 ? shape & 7U : 0;
  s.seq = mine.next;
  s.ack = theirs.next;
  if ((shape & 8U) != 0)
    s.seq = s.seq +
            static_cast<std::uint32_t>(static_cast<std::int8_t>(bytes.next()));
  if ((shape & 16U) != 0)
    s.ack = s.ack +
            static_cast<std::uint32_t>(static_cast<std::int8_t>(bytes.next()));
  if ((shape & 32U) != 0) {  // wild
    s.seq.raw ^= bytes.next32();
    s.ack.raw ^= bytes.next32();
    s.payload ^= bytes.next32() & 0xfffffU;
    s.options.sack_edge = s.seq;
  }
  s.ip_id = bytes.next();
  mine.next = latest(mine.next, s.end());
  return s;
}

ObservedCounts counts_of(const TcpModel& model) {
  ObservedCounts counts;
  model.visit([&](const ObservedConnection& connection) {
    for (const ObservedEnd& end : connection.ends)
      if (end.quality != Quality::Unknown && end.state != Closed)
        ++(end.local ? counts.local : counts.remote)[index(end.state)];
  });
  return counts;
}

void run(Bytes bytes) {
  TcpModelOptions options;
  options.max_connections = kMostConnections;
  TcpModel model(options, 11,
                 [](const IpAddress& ip) { return ip == endpoint(0).ip; });
  std::map<std::pair<unsigned, unsigned>, Sent> sent;
  std::vector<EndpointChange> changes;
  Watch watch;
  Instant now{1h};
  while (!bytes.empty()) {
    const std::uint8_t pause = bytes.next();
    now += pause < 200 ? Duration(pause * 1ms) : Duration((pause - 199) * 2s);
    if (pause == 255) {
      model.expire(now, changes);
    } else if (pause == 254) {
      const Segment about = read_segment(bytes, sent, now);
      model.observe(HardError{about.from, about.to, about.seq, now}, changes);
    } else if (pause == 253) {
      model.note_loss(now);
    } else if (pause == 252) {
      const unsigned host = bytes.next() & 4U;
      model.set_local(
          [host](const IpAddress& ip) { return ip == endpoint(host).ip; });
    } else {
      std::vector<Segment> batch;
      for (int i = pause % 16 == 7 ? 3 : 1; i > 0; --i)
        batch.push_back(read_segment(bytes, sent, now));
      model.observe(batch, changes);
    }
    watch.check(changes);
    require(model.size() <= kMostConnections);
    require(model.stats().refused == 0);
    require(counts_of(model) == model.counts());
  }
  model.expire(now + 24h, changes);
  watch.check(changes);
  require(model.size() <= watch.waiting());
}

}  // namespace
}  // namespace tcpstated

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  tcpstated::run({data, size});
  return 0;
}
