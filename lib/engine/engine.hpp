// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The whole data flow, in one file:
///
///   CaptureBackend --changes--> ConnectionTable --rows--> LeakDetector
///          |   |                  ^   |                        |
///          |   +--segments--> PacketView                       |
///          |                          |                        |
///          +------counters------------+----> HostView <--------+--> LeakEvent

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "capture/capture_backend.hpp"
#include "engine/host_view.hpp"
#include "engine/packet_view.hpp"
#include "engine/view_comparison.hpp"
#include "kernel/network_namespaces.hpp"
#include "leak/leak_detector.hpp"
#include "table/connection_table.hpp"
#include "table/state_history.hpp"

namespace tcpstated {

/// Receives what the engine concludes. Called on the engine's thread.
class EngineObserver {
 public:
  virtual ~EngineObserver() = default;
  virtual void on_leak(const LeakEvent& event) = 0;
  /// Transitions of every socket, while somebody asked for them.
  virtual void on_events(std::span<const SocketEvent> /*events*/) {}
};

/// Everything that knows about sockets, owned by one thread. It has no lock
/// because it has no second thread; others ask by posting to that thread and
/// are handed copies.
class Engine final : public CaptureSink {
 public:
  Engine(ConnectionTable& table, LeakDetector& leaks, PacketView& packets,
         ViewsInUse views, EngineObserver& observer)
      : table_(table),
        leaks_(leaks),
        packets_(packets),
        views_(views),
        observer_(observer) {}

  void on_changes(std::span<const StateChange> changes) override;
  void on_snapshot_begin(Instant at) override;
  void on_snapshot_end(const SnapshotReport& report) override;
  void on_counters(const TcpCounters& counters) override;
  void on_events(std::span<const SocketEvent> events) override;
  void on_event_report(const EventReport& report) override;
  void on_segments(std::span<const Segment> segments) override;
  void on_hard_error(const HardError& error) override;
  void on_loss(Instant now, std::uint64_t packets) override;
  void on_local_addresses(std::shared_ptr<const LocalAddresses> ours) override;
  void on_packet_time(Instant now) override;
  void on_time(Instant now) override;

  /// The answer to a question of the leak detector.
  void on_holders(const HolderAnswer& answer);

  /// Whether a view shows other network namespaces, which may have names.
  [[nodiscard]] bool knows_namespaces() const {
    return !elsewhere_.empty() || !detached_.empty();
  }

  /// The moment as a value. `backends` and `anchor` are the caller's: the
  /// engine knows neither backends nor wall clocks.
  [[nodiscard]] std::shared_ptr<const HostView> view(
      std::vector<BackendView> backends, WallAnchor anchor,
      const NamespaceNames& names = {}) const;

  [[nodiscard]] const ConnectionTable& table() const { return table_; }
  [[nodiscard]] LeakDetector& leaks() { return leaks_; }
  [[nodiscard]] const LeakDetector& leaks() const { return leaks_; }
  [[nodiscard]] const PacketView& packets() const { return packets_; }
  [[nodiscard]] ViewsInUse views() const { return views_; }
  [[nodiscard]] Instant now() const { return now_; }
  /// How often leaks were judged: a view is as new as that.
  [[nodiscard]] std::uint64_t rounds() const { return rounds_; }

 private:
  [[nodiscard]] HostCounts counts() const {
    return complete_counts(tally_, counters_.curr_estab, counters_.time_wait);
  }
  void count_move(const Transition& transition);
  void evaluate();
  [[nodiscard]] std::vector<NamespaceView> namespaces(
      const NamespaceNames& names) const;
  [[nodiscard]] std::vector<ListenerView> listeners() const;

  ConnectionTable& table_;
  LeakDetector& leaks_;
  PacketView& packets_;
  ViewsInUse views_;
  EngineObserver& observer_;

  Instant now_;
  Instant next_evaluation_;
  std::uint64_t rounds_ = 0;
  StateTally tally_;     ///< of the last complete sweep, moved on since
  StateTally sweeping_;  ///< of the sweep in progress
  bool in_sweep_ = false;
  bool ready_ = false;
  TcpCounters counters_;
  std::optional<EventReport> events_report_;
  std::vector<Connection> detached_;  ///< out of `events_report_`
  /// Watched sockets of other network namespaces, by its inode.
  std::map<std::uint32_t, StateCounts> elsewhere_;
  SnapshotReport sweep_;
  StateHistory history_;
  EngineTotals totals_;
  ViewComparison comparison_;
  std::vector<Transition> closed_;    // scratch, reused
  std::vector<LeakEvent> events_;     // scratch, reused
  std::vector<StateChange> waiting_;  // scratch, reused
};

}  // namespace tcpstated
