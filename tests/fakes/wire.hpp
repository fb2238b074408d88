// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The segments of one connection between a client and a server, for tests of
/// what is behind the state model. Tests of the model speak SegmentScript.

#include <memory>
#include <vector>

#include "tcp/local_addresses.hpp"
#include "tcp/segment.hpp"

namespace tcpstated {

/// Each call is a round of segments, a millisecond apart, and advances `now`.
struct Wire {
  using Segments = std::vector<Segment>;

  static Endpoint client() { return {IpAddress::v4(0x0a000007), 51312}; }
  static Endpoint server() { return {IpAddress::v4(0x0a000001), 80}; }
  static std::shared_ptr<const LocalAddresses> server_only() {
    return std::make_shared<const LocalAddresses>(
        std::vector{IpPrefix{.ip = server().ip, .bits = 128}});
  }

  Instant now{std::chrono::hours(1)};
  Seq client_next{1000};
  Seq server_next{500'000};

  Segments open() {
    return {from_client({.syn = true}), from_server({.syn = true, .ack = true}),
            from_client({.ack = true})};
  }
  Segments close_from_client() {
    return {from_client({.ack = true, .fin = true}),
            from_server({.ack = true})};
  }
  Segments close_from_server() {
    return {from_server({.ack = true, .fin = true}),
            from_client({.ack = true})};
  }
  Segments data_from_server(std::uint32_t bytes) {
    return {from_server({.ack = true}, bytes), from_client({.ack = true})};
  }

 private:
  Segment from_client(TcpFlags flags, std::uint32_t payload = 0) {
    return send(client(), server(), client_next, server_next, flags, payload);
  }
  Segment from_server(TcpFlags flags, std::uint32_t payload = 0) {
    return send(server(), client(), server_next, client_next, flags, payload);
  }
  Segment send(const Endpoint& from, const Endpoint& to, Seq& next, Seq ack,
               TcpFlags flags, std::uint32_t payload) {
    now += std::chrono::milliseconds(1);
    Segment segment{.from = from,
                    .to = to,
                    .at = now,
                    .seq = next,
                    .ack = flags.ack ? ack : Seq{},
                    .payload = payload,
                    .window = 65'000,
                    .flags = flags};
    next = segment.end();
    return segment;
  }
};

}  // namespace tcpstated
