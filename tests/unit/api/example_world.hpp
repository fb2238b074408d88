// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The host of the manual at one moment: a server where java forgot 47 sockets
/// and nginx does not accept one. The names can be a stranger's.

#include "api/daemon_info.hpp"
#include "base/strings.hpp"
#include "engine/host_view.hpp"
#include "engine/inspector.hpp"
#include "engine/listing.hpp"
#include "fakes/rows.hpp"

namespace tcpstated {

struct ExampleNames {
  std::string process = "java";
  std::string unit = "app.service";
  std::string host = "web1";
  std::string detail = "41 rows in 310 us of CPU, every 5.0 s";
};

struct ExampleWorld {
  DaemonInfo daemon;
  ProcessSelf self;
  HostView view;
  LeakListing leaks;
  ListingPage page;
  ProcessScan owners;
  ProcessReport processes;
};

/// As if packets were captured too: two connections, one leaked.
inline void see_packets(ExampleWorld& world) {
  world.view.views.packets = true;
  ObservedView& seen = world.view.observed;
  seen.tracked = 3;
  seen.counts.local[index(TcpState::CloseWait)] = 1;
  seen.counts.local[index(TcpState::Established)] = 1;
  seen.counts.remote[index(TcpState::FinWait2)] = 1;
  seen.counts.remote[index(TcpState::Established)] = 2;
  seen.disagreements[{TcpState::CloseWait, TcpState::Established}] = 1;
}

inline Leak example_leak(std::shared_ptr<const Process> who, std::int32_t fd,
                         Duration age, std::uint64_t id) {
  Connection row = close_wait(age, 0, id);
  row.socket.uid = 1000;
  row.socket.cgroup_id = 4711;
  row.socket.times->bytes_sent = 5120;
  row.socket.times->bytes_received = 740;
  return leak(row, LeakCause::NotClosed, found({holder(std::move(who), fd)}));
}

/// Waits in the accept queue of nginx since 71 s, at the least.
inline Leak example_unaccepted(std::shared_ptr<const Process> nginx) {
  Connection row = close_wait(std::chrono::seconds(71), 213);
  row.id = 9007199254740993;  // as text only: it exceeds 2^53
  row.tuple = {*Endpoint::parse("[2001:db8::1]:443"),
               *Endpoint::parse("[2001:db8::7]:40022")};
  row.socket.inode = 0;
  row.since.earliest -= std::chrono::seconds(9);
  row.since.exact = false;
  Leak made =
      leak(row, LeakCause::NeverAccepted, found({holder(std::move(nginx), 6)}));
  made.listener = *Endpoint::parse("0.0.0.0:443");
  made.held_inodes = {5443};
  return made;
}

inline Connection example_row(std::string_view remote, TcpState state,
                              std::uint64_t id, Duration seen_before) {
  Connection row;
  row.id = id;
  row.tuple = {*Endpoint::parse("10.0.0.1:443"), *Endpoint::parse(remote)};
  row.state = state;
  row.since = {.latest = kNoon - seen_before};
  row.first_seen = row.since.latest;
  row.last_seen = kNoon;
  row.socket.cookie = id;
  row.socket.inode = state == TcpState::TimeWait ? 0 : 7000 + id;
  return row;
}

inline void add_example_counts(HostView& view) {
  view.tcp[TcpState::Listen] = 23;
  view.tcp[TcpState::Established] = 443;
  view.tcp[TcpState::CloseWait] = 48;
  view.tcp[TcpState::TimeWait] = 211;
  StateTrend trend{.window = std::chrono::seconds(300)};
  trend.change[index(TcpState::Established)] = 3;
  trend.change[index(TcpState::CloseWait)] = 12;
  trend.change[index(TcpState::TimeWait)] = -18;
  view.trend = trend;
  view.counters = {.curr_estab = 491, .resets_sent = 12, .time_wait = 211};
  view.close_wait_by_cause = {1, 0, 0, 47, 0};
  view.oldest_close_wait = std::chrono::minutes(123);
}

inline std::vector<BackendView> example_backends(const std::string& detail) {
  const CaptureStats stats{.received = 81000,
                           .snapshots = 2304,
                           .snapshots_failed = 2,
                           .detail = detail};
  return {{.name = "ebpf", .up = true, .detail = "ring of 4 MiB", .stats = {}},
          {.name = "sock_diag", .up = true, .detail = detail, .stats = stats},
          {.name = "pcap",
           .up = false,
           .detail = "off in the configuration",
           .wanted = false,
           .stats = {}}};
}

/// Names pass through printable(), as ProcessIndex has it.
ExampleWorld example_world(const ExampleNames& names = {});

}  // namespace tcpstated
