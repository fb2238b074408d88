// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The contract between a source of TCP observations and the engine.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "capture/event_report.hpp"
#include "capture/packet_sink.hpp"
#include "kernel/tcp_counters.hpp"
#include "tcp/state_change.hpp"

namespace tcpstated {

/// What a whole-table snapshot cost and whether it may be believed.
struct SnapshotReport {
  Instant at;
  bool complete = false;  ///< false: unmentioned sockets may still exist
  std::size_t rows = 0;
  Duration cpu{};
  Duration wall{};
  Duration next_in{};  ///< until the next snapshot, as stretched
};

/// Where a backend puts what it observed. Called on the engine's thread; spans
/// are valid during the call.
class CaptureSink : public PacketSink {
 public:
  /// Endpoints are in these states now. CLOSED: left every table.
  virtual void on_changes(std::span<const StateChange> changes) = 0;

  /// Between the two calls every on_changes() row says "exists, in state `to`";
  /// if the snapshot is complete, what was not said is gone.
  virtual void on_snapshot_begin(Instant at) = 0;
  virtual void on_snapshot_end(const SnapshotReport& report) = 0;

  /// Kernel backends: the host's counters, at the latest when a snapshot ends.
  virtual void on_counters(const TcpCounters& counters) = 0;

  /// Kernel backends: it is `now`, after all that was delivered.
  virtual void on_time(Instant now) = 0;

  /// Every transition of every socket, while somebody wants them all
  /// (CaptureBackend::report_every_transition).
  virtual void on_events(std::span<const SocketEvent> events) = 0;

  /// Backends that get events from the kernel: their totals, every second.
  virtual void on_event_report(const EventReport& report) = 0;
};

/// What a backend looks at.
enum class ViewKind : std::uint8_t {
  Kernel,   ///< sockets: all that exist here, with their processes
  Packets,  ///< segments: both ends of what passes, sockets are inferred
};

/// Frames that became no segment, also those that need not.
struct RejectedCount {
  std::string_view reason;
  std::uint64_t count = 0;
};

/// One network interface, as far as a backend captures on it.
struct InterfaceStats {
  std::string name;
  std::uint64_t received = 0;  ///< packets read
  std::uint64_t lost = 0;      ///< by the kernel's buffer or by the card
  std::string trouble;         ///< why it is not captured now, else ""
};

/// Running totals of a backend, for /metrics and /api/v1/status.
struct CaptureStats {
  std::uint64_t received = 0;  ///< rows, packets or events
  std::uint64_t rejected = 0;  ///< arrived but unreadable
  std::uint64_t lost = 0;      ///< known to have existed, never arrived
  std::uint64_t snapshots = 0;
  std::uint64_t snapshots_failed = 0;      ///< incomplete ones
  std::string detail;                      ///< one line for people
  std::vector<RejectedCount> rejected_by;  ///< packet backends
  std::uint64_t out_of_order = 0;  ///< packets delivered later than captured
  std::vector<InterfaceStats> interfaces;  ///< packet backends
};

/// A source of TCP observations: a kernel table, a wire, a file. Entirely
/// passive: it owns descriptors but no thread, no timer and no policy about
/// when it runs. Belongs to the engine's thread.
class CaptureBackend {
 public:
  virtual ~CaptureBackend() = default;

  /// Metric label and log word: "sock_diag", "ebpf", "pcap".
  [[nodiscard]] virtual std::string_view name() const = 0;

  [[nodiscard]] virtual ViewKind view() const { return ViewKind::Kernel; }

  /// Call drain() at least this often.
  [[nodiscard]] virtual Duration period() const = 0;

  /// Readable: call drain() now. -1: there is nothing to wait for. Stays the
  /// same and open as long as the backend lives.
  [[nodiscard]] virtual int descriptor() const { return -1; }

  /// Delivers what is due. An Error means that the backend cannot go on; a
  /// broken snapshot is not an Error but `complete == false`.
  virtual Result<> drain(CaptureSink& sink) = 0;

  /// Whether CaptureSink::on_events() is called from here on. Costs the host
  /// 1-2 % of each connection, so only while somebody listens.
  virtual void report_every_transition(bool /*wanted*/) {}

  [[nodiscard]] virtual CaptureStats stats() const = 0;
};

}  // namespace tcpstated
