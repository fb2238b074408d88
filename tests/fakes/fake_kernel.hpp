// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// A kernel that is a small world in memory: sockets, a clock, and knobs for
/// what can go wrong. Tests make sockets and let time pass.

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "kernel/socket_view.hpp"

namespace tcpstated {

class FakeKernel {
 public:
  /// One socket; change it through the returned reference.
  StateChange& add(std::string_view local, std::string_view remote,
                   TcpState state) {
    StateChange row;
    row.tuple = {*Endpoint::parse(local), *Endpoint::parse(remote)};
    row.to = state;
    row.quality = Quality::Kernel;
    row.socket.cookie = ++last_cookie_;
    row.socket.inode = 1000 + last_cookie_;
    if (state != TcpState::Listen) row.socket.times = TcpTimes{};
    return sockets_.emplace(last_cookie_, row).first->second;
  }
  StateChange& listen(std::string_view local) {
    return add(local, "0.0.0.0:0", TcpState::Listen);
  }
  void remove(const StateChange& socket) {
    const std::uint64_t cookie = socket.socket.cookie;
    sockets_.erase(cookie);
  }
  StateChange& socket(std::uint64_t cookie) { return sockets_.at(cookie); }
  std::uint64_t last_cookie() const { return last_cookie_; }

  /// Time passes: tcp_info's "ago" values grow with it.
  void advance(Duration time) {
    now_ += time;
    for (auto& [cookie, row] : sockets_) {
      if (!row.socket.times) continue;
      row.socket.times->since_data_sent += time;
      row.socket.times->since_data_received += time;
      row.socket.times->since_ack_received += time;
    }
  }

  // Faults and measurements.
  bool mptcp = true;
  bool break_off_dumps = false;
  std::optional<Error> refuse_dumps;
  std::function<void()> during_dump;   ///< what happens while a dump runs
  std::vector<std::uint64_t> skipped;  ///< cookies the next dump passes over
  Duration dump_cpu = std::chrono::microseconds(300);
  std::size_t dumps = 0;
  std::size_t lookups = 0;
  TcpCounters extra;  ///< added to what the sockets themselves amount to

  [[nodiscard]] std::unique_ptr<SocketView> view() {
    return std::make_unique<View>(*this);
  }

 private:
  class View final : public SocketView {
   public:
    explicit View(FakeKernel& kernel) : kernel_(kernel) {}
    [[nodiscard]] Instant now() const override { return kernel_.now_; }

    Result<TcpCounters> counters() override {
      TcpCounters counters = kernel_.extra;
      for (const auto& [cookie, row] : kernel_.sockets_) {
        if (row.socket.protocol == Protocol::Mptcp) continue;
        if (row.to == TcpState::Established || row.to == TcpState::CloseWait)
          ++counters.curr_estab;
        if (row.socket.kind == SocketKind::TimeWait) ++counters.time_wait;
      }
      return counters;
    }

    Result<DumpStats> dump_tcp(StateSet states, RowSink& sink) override {
      ++kernel_.dumps;
      if (kernel_.refuse_dumps) return std::unexpected(*kernel_.refuse_dumps);
      DumpStats stats = dump(Protocol::Tcp, states, sink);
      kernel_.skipped.clear();
      if (kernel_.during_dump) kernel_.during_dump();
      return stats;
    }

    Result<DumpStats> dump_mptcp(StateSet states, RowSink& sink) override {
      if (!kernel_.mptcp) return fail_errno("no MPTCP here", ENOENT);
      return dump(Protocol::Mptcp, states, sink);
    }

    Result<> look_up(std::span<const SocketRef> sockets,
                     RowSink& sink) override {
      for (const SocketRef& ref : sockets) {
        ++kernel_.lookups;
        const auto found = kernel_.sockets_.find(ref.cookie);
        StateChange row{.tuple = ref.tuple, .quality = Quality::Kernel};
        row.socket.cookie = ref.cookie;
        if (found != kernel_.sockets_.end()) row = found->second;
        row.at = kernel_.now_;
        sink.on_rows(std::span(&row, 1));
      }
      return {};
    }

   private:
    DumpStats dump(Protocol protocol, StateSet states, RowSink& sink) {
      std::vector<StateChange> rows;
      for (const auto& [cookie, row] : kernel_.sockets_) {
        const auto& skip = kernel_.skipped;
        if (row.socket.protocol != protocol || !states.contains(row.to) ||
            std::find(skip.begin(), skip.end(), cookie) != skip.end())
          continue;
        rows.push_back(row);
        rows.back().at = kernel_.now_;
      }
      if (kernel_.break_off_dumps) rows.resize(rows.size() / 2);
      if (!rows.empty()) sink.on_rows(rows);
      return {.complete = !kernel_.break_off_dumps,
              .rows = rows.size(),
              .cpu = kernel_.dump_cpu,
              .wall = kernel_.dump_cpu};
    }

    FakeKernel& kernel_;
  };

  Instant now_{std::chrono::hours(1)};
  std::uint64_t last_cookie_ = 0;
  std::map<std::uint64_t, StateChange> sockets_;
};

}  // namespace tcpstated
