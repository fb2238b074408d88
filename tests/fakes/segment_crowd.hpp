// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Many clients of one server beside us, each with a connection of its own.
/// What each of them does takes no time on the wire, but 10 us between two
/// segments.

#include <cstdint>
#include <span>
#include <vector>

#include "tcp/tcp_model.hpp"

namespace tcpstated {

class SegmentCrowd {
 public:
  using Id = std::uint32_t;  ///< of a client

  explicit SegmentCrowd(const TcpModelOptions& options)
      : model_(options, 7, &is_local) {}

  static bool is_local(const IpAddress& ip) { return ip == server().ip; }

  /// A new client sends a SYN.
  Id ask() {
    const Id id = next_++;
    send(id, true, {.syn = true}, 0, 0);
    return id;
  }
  Id answer(Id id) {
    send(id, false, {.syn = true, .ack = true}, 0, 1);
    return id;
  }
  Id open() {
    const Id id = answer(ask());
    send(id, true, {.ack = true}, 1, 1);
    return id;
  }
  void send_data(Id id) { send(id, true, {.ack = true}, 1, 1, 10); }
  Id reset(Id id) {
    send(id, true, {.ack = true, .rst = true}, 1, 1);
    return id;
  }
  /// The client closes, the server does not.
  Id half_close(Id id) {
    send(id, true, {.ack = true, .fin = true}, 1, 1);
    send(id, false, {.ack = true}, 1, 2);
    return id;
  }
  /// Both close.
  Id close(Id id) {
    half_close(id);
    send(id, false, {.ack = true, .fin = true}, 1, 2);
    send(id, true, {.ack = true}, 2, 2);
    return id;
  }
  void pass(Duration time) {
    now_ += time;
    model_.expire(now_, changes_);
  }

  [[nodiscard]] bool knows(Id id) const {
    return model_.find({server(), client(id)}).has_value();
  }
  [[nodiscard]] TcpModel& model() { return model_; }
  [[nodiscard]] std::vector<EndpointChange>& changes() { return changes_; }

 private:
  static Endpoint server() { return {IpAddress::v4(0x0a000001), 80}; }
  static Endpoint client(Id id) {
    return {IpAddress::v4(0x0b000000 + id), 40000};
  }

  /// `seq` and `ack` from the ISNs, which are 0.
  void send(Id id, bool from_client, TcpFlags flags, std::uint32_t seq,
            std::uint32_t ack, std::uint32_t payload = 0) {
    Segment s;
    s.from = from_client ? client(id) : server();
    s.to = from_client ? server() : client(id);
    now_ += std::chrono::microseconds(10);
    s.at = now_;
    s.flags = flags;
    s.seq = {seq};
    s.ack = {ack};
    s.payload = payload;
    s.window = 1000;
    model_.observe(std::span(&s, 1), changes_);
  }

  TcpModel model_;
  Instant now_{std::chrono::hours(1)};
  Id next_ = 0;
  std::vector<EndpointChange> changes_;
};

}  // namespace tcpstated
