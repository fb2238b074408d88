// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Infers the states of both ends of every connection from the segments between
/// them.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "tcp/change_reason.hpp"
#include "tcp/eviction.hpp"
#include "tcp/four_tuple.hpp"
#include "tcp/model_options.hpp"
#include "tcp/observed.hpp"
#include "tcp/segment.hpp"

namespace tcpstated {

/// One end of a connection is in another state, or (`from` equals `to`) its
/// state is known better than before; CLOSE-WAIT also: worse.
struct EndpointChange {
  std::uint64_t connection = 0;  ///< both ends have the same
  FourTuple tuple;               ///< as this end sees it
  Instant at;
  TcpState from = TcpState::Closed;
  TcpState to = TcpState::Closed;
  Quality quality = Quality::Unknown;
  ChangeReason reason = ChangeReason::Segment;
  bool local = false;  ///< we sit beside this end
};

/// What became of segments.
struct TcpModelStats {
  std::uint64_t segments = 0;
  std::uint64_t copies = 0;   ///< of packets seen on another device before
  std::uint64_t ignored = 0;  ///< thrown away by their receiver, or unrelated
  std::uint64_t refused = 0;  ///< of connections that found no room at all
  /// Connections that made room for others, by EvictionClass.
  std::array<std::uint64_t, kEvictionClassCount> evicted{};
};

/// Pure: the same segments in, the same changes out, in the same order. Time
/// comes with the segments; what a timer does, it does at its own time. Not
/// thread-safe; belongs to the thread that captures.
class TcpModel {
 public:
  using IsLocal = std::function<bool(const IpAddress&)>;

  /// `hash_seed` from getrandom: strangers choose half of every tuple.
  TcpModel(const TcpModelOptions& options, std::uint64_t hash_seed,
           IsLocal is_local);
  ~TcpModel();

  /// Takes segments and appends what they changed, timers that ran out before
  /// each of them first. Time must not go back.
  void observe(std::span<const Segment> segments,
               std::vector<EndpointChange>& changes);
  void observe(const HardError& error, std::vector<EndpointChange>& changes);

  /// Packets were lost on their way to us until `now` (state-model.md A6). Of
  /// a FIN whose last copy passed before and whose ACK did not, silence proves
  /// then that it was acknowledged; and the next segment of a connection may
  /// show a FIN that we missed. Costs nothing, however many there are.
  void note_loss(Instant now);

  /// Other addresses are ours from now on; known connections included.
  void set_local(IsLocal is_local);

  /// Lets time pass. Work is proportional to what runs out.
  void expire(Instant now, std::vector<EndpointChange>& changes);

  /// Called for every connection when it is forgotten: over and not seen for a
  /// while, superseded, or evicted.
  void on_forgotten(
      std::function<void(const ObservedConnection& connection)> hook);

  /// The end at `tuple.local`, if the connection is known.
  [[nodiscard]] std::optional<ObservedEnd> find(const FourTuple& tuple) const;

  /// Visits every connection in the order of their ids.
  void visit(
      const std::function<void(const ObservedConnection&)>& visitor) const;

  /// Visits those at the next `most` places of the table from `from` on, in no
  /// particular order. Returns where to go on, 0 at the end: between two calls
  /// segments may be observed.
  std::size_t visit_some(
      std::size_t from, std::size_t most,
      const std::function<void(const ObservedConnection&)>& visitor) const;

  [[nodiscard]] std::size_t size() const;
  /// At most so many connections: the smaller one of the bounds.
  [[nodiscard]] std::size_t capacity() const;
  /// Memory of the table, without what keep_traffic keeps.
  [[nodiscard]] std::size_t bytes() const;
  /// Connections are missing, or will be soon: the table is nearly full. Until
  /// it is well below.
  [[nodiscard]] bool degraded() const;
  [[nodiscard]] const ObservedCounts& counts() const;
  [[nodiscard]] const TcpModelStats& stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tcpstated
