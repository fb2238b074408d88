// SPDX-License-Identifier: Apache-2.0
// The real SocketView: NETLINK_SOCK_DIAG and /proc/net.
#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "kernel/clock.hpp"
#include "kernel/netlink_socket.hpp"
#include "kernel/socket_view.hpp"

namespace tcpstated {
namespace {

/// Look-ups sent in one datagram. Their answers wait in the socket's buffer
/// together (about 2.3 KiB each of 208 KiB).
constexpr std::size_t kLookupBatch = 32;

class SockDiagView final : public SocketView {
 public:
  SockDiagView(NetlinkSocket socket, TcpCountersReader counters)
      : socket_(std::move(socket)), counters_(std::move(counters)) {}

  [[nodiscard]] Instant now() const override {
    return Instant(read_clock(CLOCK_BOOTTIME));
  }

  Result<TcpCounters> counters() override { return counters_.read(); }

  Result<DumpStats> dump_tcp(StateSet states, RowSink& sink) override {
    return dump(Protocol::Tcp,
                tcp_dump_request(states, socket_.next_sequence()), sink);
  }

  Result<DumpStats> dump_mptcp(StateSet states, RowSink& sink) override {
    auto total =
        dump(Protocol::Mptcp,
             mptcp_dump_request(false, states, socket_.next_sequence()), sink);
    if (!total) return total;
    auto ipv6 =
        dump(Protocol::Mptcp,
             mptcp_dump_request(true, states, socket_.next_sequence()), sink);
    if (!ipv6) return ipv6;
    total->complete = total->complete && ipv6->complete;
    total->rows += ipv6->rows;
    total->bytes += ipv6->bytes;
    total->cpu += ipv6->cpu;
    total->wall += ipv6->wall;
    for (std::size_t i = 0; i < total->rejected.size(); ++i)
      total->rejected[i] += ipv6->rejected[i];
    return total;
  }

  Result<> look_up(std::span<const SocketRef> sockets, RowSink& sink) override {
    while (!sockets.empty()) {
      const auto batch = sockets.first(std::min(kLookupBatch, sockets.size()));
      if (auto done = look_up_batch(batch, sink); !done) return done;
      sockets = sockets.subspan(batch.size());
    }
    return {};
  }

 private:
  Result<DumpStats> dump(Protocol protocol, const NetlinkRequest& request,
                         RowSink& sink) {
    DumpStats stats;
    const Duration cpu = read_clock(CLOCK_THREAD_CPUTIME_ID);
    const Duration wall = read_clock(CLOCK_MONOTONIC);
    // The kernel fills a datagram while the one before it is received (the
    // first at the request), so rows are as of before that: never later than
    // the truth, or what was sent long ago would look like sent after the FIN.
    Instant at = now();
    Instant next_at = at;
    auto dumped = socket_.dump(
        request,
        [&](const NetlinkMessage& message) {
          const auto row = decode_diag(message.payload, protocol, at);
          if (row)
            rows_.push_back(*row);
          else
            ++stats.rejected[static_cast<std::size_t>(row.error())];
        },
        [&] {
          stats.rows += rows_.size();
          if (!rows_.empty()) sink.on_rows(rows_);
          rows_.clear();
          at = std::exchange(next_at, now());
        });
    if (!dumped) return std::unexpected(std::move(dumped).error());
    stats.complete = dumped->complete;
    stats.bytes = dumped->bytes;
    stats.cpu = read_clock(CLOCK_THREAD_CPUTIME_ID) - cpu;
    stats.wall = read_clock(CLOCK_MONOTONIC) - wall;
    return stats;
  }

  Result<> look_up_batch(std::span<const SocketRef> batch, RowSink& sink) {
    requests_.clear();
    const std::uint32_t first = socket_.next_sequence();
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const auto sequence = i == 0 ? first : socket_.next_sequence();
      const NetlinkRequest request = lookup_request(batch[i], sequence);
      requests_.insert(requests_.end(), request.begin(), request.end());
    }
    const Instant at = now();
    int refusal = 0;
    auto done = socket_.exchange(
        requests_, first, batch.size(),
        [&](const NetlinkMessage& message) {
          if (const auto row = decode_diag(message.payload, Protocol::Tcp, at))
            rows_.push_back(*row);
        },
        [&](std::uint32_t sequence, int error) {
          if (error == ENOENT || error == ESTALE)
            rows_.push_back(vanished(batch[sequence - first], at));
          else
            refusal = error;
        });
    if (!rows_.empty()) sink.on_rows(rows_);
    rows_.clear();
    if (done && refusal != 0)
      return fail_errno("the kernel refused to look up a socket", refusal);
    return done;
  }

  static StateChange vanished(const SocketRef& socket, Instant at) {
    StateChange row;
    row.tuple = socket.tuple;
    row.at = at;
    row.to = TcpState::Closed;
    row.quality = Quality::Kernel;
    row.socket.cookie = socket.cookie;
    row.socket.interface = socket.interface;
    row.socket.ipv6 = socket.ipv6;
    return row;
  }

  NetlinkSocket socket_;
  TcpCountersReader counters_;
  std::vector<StateChange> rows_;  // scratch, reused: no allocation per batch
  NetlinkRequest requests_;        // scratch
};

}  // namespace

Result<std::unique_ptr<SocketView>> open_socket_view() {
  auto socket = NetlinkSocket::open();
  if (!socket) return std::unexpected(std::move(socket).error());
  return std::make_unique<SockDiagView>(std::move(*socket),
                                        TcpCountersReader());
}

}  // namespace tcpstated
