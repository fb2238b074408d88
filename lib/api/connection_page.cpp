// SPDX-License-Identifier: Apache-2.0
// The page of one connection: everything the kernel says about it, in words.
#include <fmt/format.h>

#include "api/pages.hpp"
#include "api/wording.hpp"
#include "base/strings.hpp"

namespace tcpstated {
namespace {

void line(std::string& text, std::string_view name, std::string_view value) {
  text += fmt::format("{:<14} {}\n", name, printable(value, 4096));
}

void add_socket(std::string& text, const SocketFacts& socket) {
  line(text, "receive queue", std::to_string(socket.receive_queue));
  line(text, "send queue", std::to_string(socket.send_queue));
  line(text, "inode", std::to_string(socket.inode));
  line(text, "uid", std::to_string(socket.uid));
  if (!socket.times) return;
  const TcpTimes& times = *socket.times;
  line(text, "data sent", format_age(times.since_data_sent) + " ago");
  line(text, "data received", format_age(times.since_data_received) + " ago");
  line(text, "ack received", format_age(times.since_ack_received) + " ago");
  line(text, "bytes sent", std::to_string(times.bytes_sent));
  line(text, "bytes received", std::to_string(times.bytes_received));
}

}  // namespace

std::string connection_page(const ListedConnection& row, Instant at) {
  const Connection& connection = row.connection;
  const SocketFacts& socket = connection.socket;
  std::string text;
  line(text, "id", std::to_string(connection.id));
  line(text, "protocol", label(socket.protocol));
  line(text, "state", label(connection.state));
  line(text, "local", connection.tuple.local.to_string());
  line(text, "peer", connection.tuple.remote.to_string());
  line(text, "in state for", age_text(connection.since, at));
  if (connection.quality == Quality::Kernel)
    add_socket(text, socket);
  else
    line(text, "quality", label(connection.quality));
  if (row.peer)
    line(text, "peer's state",
         fmt::format("{} ({})", label(row.peer->state),
                     label(row.peer->quality)));
  if (row.listener) line(text, "listener", row.listener->to_string());
  if (row.holders) line(text, "held by", holders_text(*row.holders));
  text += fmt::format("\n{}: {} {}\n", label(connection.state),
                      info(connection.state).meaning,
                      info(connection.state).normal);
  if (row.cause)
    text += fmt::format("{}: {} {}\n", label(*row.cause),
                        info(*row.cause).meaning, info(*row.cause).advice);
  return text;
}

}  // namespace tcpstated
