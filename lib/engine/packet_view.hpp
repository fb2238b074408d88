// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// What packets say about connections, in the engine's service: the state
/// model, and those of our ends that wait in CLOSE_WAIT.

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "tcp/local_addresses.hpp"
#include "tcp/state_change.hpp"
#include "tcp/tcp_model.hpp"

namespace tcpstated {

/// The row of one end of a connection that only packets show: unique, and the
/// smaller the older the connection is.
[[nodiscard]] std::uint64_t row_id(std::uint64_t connection,
                                   const FourTuple& tuple);

/// Belongs to the engine's thread.
class PacketView {
 public:
  PacketView(const TcpModelOptions& options, std::uint64_t hash_seed);

  void observe(std::span<const Segment> segments);
  void observe(const HardError& error);
  void expire(Instant now);
  void note_loss(Instant now) { model_.note_loss(now); }
  void set_local(std::shared_ptr<const LocalAddresses> ours);

  /// Appends what became of our ends in confirmed CLOSE_WAIT since the last
  /// call: all that are in it, with what is known of their queues at `now`, and
  /// those that left it as CLOSED.
  void report_waiting(Instant now, std::vector<StateChange>& rows);

  [[nodiscard]] const TcpModel& model() const { return model_; }

 private:
  /// One of our ends in CLOSE_WAIT.
  struct Waiting {
    FourTuple tuple;
    Instant since;
    Seq next;           ///< it has sent so much
    Instant last_sent;  ///< when that was seen to move
  };

  void follow_changes();

  std::shared_ptr<const LocalAddresses> ours_;
  TcpModel model_;
  std::vector<EndpointChange> changes_;       ///< scratch, reused
  std::map<std::uint64_t, Waiting> waiting_;  ///< by row_id()
  std::vector<StateChange> left_;             ///< since the last report
};

}  // namespace tcpstated
