// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Everything a scrape or a page needs, as it was at one moment. Made by the
/// engine once a second, immutable afterwards, shared by all who read it: a
/// scrape costs O(series), never O(connections), and asks nobody.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "capture/capture_backend.hpp"
#include "engine/view_comparison.hpp"
#include "kernel/tcp_counters.hpp"
#include "leak/leak.hpp"
#include "leak/leak_detector.hpp"
#include "table/state_counts.hpp"
#include "table/state_history.hpp"
#include "tcp/tcp_model.hpp"

namespace tcpstated {

/// All sockets that listen on one address and port (SO_REUSEPORT: several).
struct ListenerView {
  Endpoint local;
  Protocol protocol = Protocol::Tcp;
  std::size_t sockets = 0;
  std::uint64_t queue = 0;  ///< connections not accepted yet
  std::uint64_t limit = 0;  ///< sum of the backlogs
  std::vector<std::uint64_t> inodes;
};

struct BackendView {
  std::string name;
  bool up = false;
  std::string detail;  ///< what it does, or why it does not
  bool wanted = true;  ///< false: the configuration says so, no trouble
  CaptureStats stats;
};

/// What is known of another network namespace: its CLOSE_WAIT and LISTEN
/// sockets, and closed ones that are still held.
struct NamespaceView {
  std::uint32_t inode = 0;  ///< as `stat /proc/PID/ns/net` shows it
  std::string name;         ///< in /run/netns; "" without one
  StateCounts counts;
};

/// Totals of what the engine had to repair or leave out.
struct EngineTotals {
  std::uint64_t clamped = 0;   ///< views in which rows contradict counters
  std::uint64_t refused = 0;   ///< sockets the full table did not take
  std::uint64_t searches = 0;  ///< for the holders of one socket
  std::uint64_t holders_not_found = 0;
  std::uint64_t holders_not_permitted = 0;
};

/// Which kinds of backends there are.
struct ViewsInUse {
  bool kernel = true;
  bool packets = false;
};

/// What packets show; empty without a packet backend.
struct ObservedView {
  ObservedCounts counts;
  std::size_t tracked = 0;        ///< connections
  std::size_t tracked_limit = 0;  ///< at most
  std::size_t bytes = 0;          ///< of their table
  bool degraded = false;          ///< connections are missing, or soon will be
  TcpModelStats stats;
  DisagreementCounts disagreements;
};

struct HostView {
  Instant at;          ///< EventClock
  WallAnchor anchor;   ///< what `at` is on the wall
  bool ready = false;  ///< a first sweep was complete

  ViewsInUse views;
  ObservedView observed;

  // Of the kernel; nothing but zeros without a kernel backend.
  StateCounts tcp;
  StateCounts mptcp;
  std::uint64_t fin_wait_2_minisocks = 0;
  TcpCounters counters;
  std::optional<StateTrend> trend;

  CauseCounts close_wait_by_cause{};
  std::optional<Duration> oldest_close_wait;
  std::size_t leaked = 0;
  std::vector<LeakGroup> leak_groups;   ///< largest first
  std::vector<ListenerView> listeners;  ///< by address and port

  std::vector<NamespaceView> namespaces;  ///< others than our own
  std::optional<EventReport> events;      ///< absent without events

  SnapshotReport sweep;
  std::size_t tracked = 0;
  std::size_t tracked_limit = 0;
  std::vector<BackendView> backends;
  EngineTotals totals;
};

}  // namespace tcpstated
