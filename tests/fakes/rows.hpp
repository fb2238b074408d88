// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Rows, processes and leaks as short as tests want to write them.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "leak/leak.hpp"
#include "table/connection.hpp"

namespace tcpstated {

inline constexpr Instant kNoon{std::chrono::hours(12)};

/// A CLOSE_WAIT socket whose peer closed `age` before kNoon, read at kNoon.
inline Connection close_wait(Duration age, std::uint32_t receive_queue = 0,
                             std::uint64_t id = 1) {
  Connection row;
  row.id = id;
  row.tuple = {*Endpoint::parse("10.0.0.1:8080"),
               *Endpoint::parse("10.0.0.7:" + std::to_string(51000 + id))};
  row.state = TcpState::CloseWait;
  row.since = {.earliest = kNoon - age, .latest = kNoon - age, .exact = true};
  row.first_seen = row.last_seen = kNoon;
  row.socket.cookie = id;
  row.socket.inode = 7000 + id;
  row.socket.receive_queue = receive_queue;
  row.socket.times = TcpTimes{.since_data_sent = age + std::chrono::hours(1),
                              .since_data_received = age,
                              .since_ack_received = age};
  return row;
}

inline std::shared_ptr<const Process> process(std::int32_t pid,
                                              std::string command,
                                              std::string unit = "") {
  auto made = std::make_shared<Process>();
  made->id = {.pid = pid, .start_time = static_cast<std::uint64_t>(pid) * 10};
  made->command = std::move(command);
  made->unit = std::move(unit);
  made->cgroup = made->unit.empty() ? "/" : "/system.slice/" + made->unit;
  return made;
}

inline Holder holder(std::shared_ptr<const Process> who, std::int32_t fd) {
  return {.process = std::move(who), .fd = fd, .kind = HolderKind::Descriptor};
}

inline std::shared_ptr<const Holders> found(std::vector<Holder> holders) {
  auto made = std::make_shared<Holders>();
  made->attribution = Attribution::Found;
  made->holders = std::move(holders);
  return made;
}

inline Leak leak(const Connection& row, LeakCause cause,
                 std::shared_ptr<const Holders> holders) {
  Leak made;
  made.connection = row;
  made.cause = cause;
  made.leaking_since = kNoon;
  made.held_inodes = {row.socket.inode};
  made.holders = std::move(holders);
  return made;
}

}  // namespace tcpstated
