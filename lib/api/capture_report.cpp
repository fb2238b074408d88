// SPDX-License-Identifier: Apache-2.0
// The page of a capture: states, leaks, connections. The same words and order
// as `/`, which is about a host.
#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "api/capture_output.hpp"
#include "api/observed_record.hpp"
#include "api/text_table.hpp"
#include "base/strings.hpp"

namespace tcpstated {
namespace {

struct ClosedByPeer {
  ObservedEnd end;
  ObservedEnd peer;
};

std::string plural(std::uint64_t count, std::string_view word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

std::string header(const CaptureSummary& summary) {
  const WallAnchor anchor;
  std::string text = fmt::format("tcpstated {} read ", TCPSTATED_VERSION);
  text += summary.files.size() == 1 ? printable(summary.files.front())
                                    : plural(summary.files.size(), "file");
  text += fmt::format(": {}", plural(summary.packets, "packet"));
  if (summary.packets > 0)
    text +=
        fmt::format(", {} to {}", format_rfc3339(anchor.to_wall(summary.first)),
                    format_rfc3339(anchor.to_wall(summary.last)));
  text += fmt::format(".\n{}", plural(summary.segments, "TCP segment"));
  if (summary.copies > 0)
    text += fmt::format(", {} seen twice", summary.copies);
  if (summary.out_of_order > 0)
    text += fmt::format(", {} stamped out of order", summary.out_of_order);
  text += ".\n";
  if (const std::string bad = unreadable_text(summary); !bad.empty())
    text += bad + ".\n";
  if (summary.evicted > 0)
    text += fmt::format("{} forgotten to make room: table.max_connections.\n",
                        plural(summary.evicted, "connection"));
  if (!summary.trouble.empty()) text += printable(summary.trouble, 512) + "\n";
  return text + '\n';
}

std::string states(const CaptureSummary& summary) {
  const ObservedCounts& counts = summary.counts;
  std::vector<TextColumn> columns{{"STATE", Align::Left}};
  if (summary.local_known) columns.push_back({"LOCAL", Align::Right});
  columns.push_back(
      {summary.local_known ? "REMOTE" : "ENDPOINTS", Align::Right});
  TextTable table(columns);
  for (const TcpStateInfo& row : kTcpStates) {
    const auto local = counts.local[index(row.state)];
    const auto remote = counts.remote[index(row.state)];
    if (local + remote == 0) continue;
    std::vector<std::string> cells{std::string(row.label)};
    if (summary.local_known) cells.push_back(std::to_string(local));
    cells.push_back(std::to_string(remote));
    table.add(std::move(cells));
  }
  return table.to_string() + "(all others 0)\n\n";
}

std::string state_text(const ObservedEnd& end) {
  const bool sure =
      end.quality >= Quality::Confirmed || end.state == TcpState::Closed;
  return fmt::format("{}{}", label(end.state), sure ? "" : "?");
}

class Report final : public CaptureOutput {
 public:
  Report(const LeakPolicy& policy, WriteText write)
      : policy_(policy), write_(std::move(write)) {}

  void on_connection(const ObservedConnection& connection) override {
    const Traffic& traffic = *connection.traffic;
    const std::size_t first = traffic.originator;
    const ObservedEnd& originator = connection.ends[first];
    const ObservedEnd& responder = connection.ends[1 - first];
    const std::string_view closer = closed_by(traffic);
    rows_.add({originator.endpoint.to_string(), state_text(originator),
               responder.endpoint.to_string(), state_text(responder),
               std::to_string(traffic.ends[first].bytes),
               std::to_string(traffic.ends[1 - first].bytes),
               std::to_string(traffic.ends[0].retransmissions +
                              traffic.ends[1].retransmissions),
               closer.empty()
                   ? std::string(label(traffic.closed))
                   : fmt::format("{} {}", closer, label(traffic.closed)),
               std::string(conn_state(traffic)), traffic.history});
    ++connections_;
    for (std::size_t i = 0; i < 2; ++i) {
      const ObservedEnd& end = connection.ends[i];
      if (end.state == TcpState::CloseWait && end.quality >= Quality::Confirmed)
        waiting_.push_back({end, connection.ends[1 - i]});
    }
  }

  void finish(const CaptureSummary& summary) override {
    write_(header(summary) + states(summary) + leaks(summary));
    write_(fmt::format("CONNECTIONS  {}\n", connections_));
    if (!rows_.empty()) write_(rows_.to_string());
    write_(
        "\n? not confirmed by the endpoint itself. Columns and letters: "
        "tcpstated(8).\n");
  }

 private:
  [[nodiscard]] std::string leaks(const CaptureSummary& summary) {
    std::erase_if(waiting_, [&](const ClosedByPeer& leak) {
      return (summary.local_known && !leak.end.local) ||
             summary.last - leak.end.since < policy_.threshold;
    });
    if (waiting_.empty())
      return fmt::format(
          "LEAKS  none: no endpoint was in close_wait for {}\n\n",
          format_duration(policy_.threshold));
    std::ranges::sort(waiting_, {},
                      [](const ClosedByPeer& leak) { return leak.end.since; });
    TextTable table({{" AGE", Align::Right},
                     {"ENDPOINT", Align::Left},
                     {"PEER", Align::Left},
                     {"STATE OF THE PEER", Align::Left}});
    for (const ClosedByPeer& leak : waiting_)
      table.add({format_age(summary.last - leak.end.since),
                 leak.end.endpoint.to_string(), leak.peer.endpoint.to_string(),
                 state_text(leak.peer)});
    return fmt::format(
        "LEAKS  {}: closed by the peer, never by the application\n{}"
        "Packets do not show who holds them: ask tcpstated on that host.\n\n",
        plural(waiting_.size(), "endpoint"), table.to_string());
  }

  LeakPolicy policy_;
  WriteText write_;
  TextTable rows_{{{"ORIGINATOR", Align::Left},
                   {"STATE", Align::Left},
                   {"RESPONDER", Align::Left},
                   {"STATE", Align::Left},
                   {"SENT", Align::Right},
                   {"RECEIVED", Align::Right},
                   {"AGAIN", Align::Right},
                   {"CLOSED BY", Align::Left},
                   {"CONN", Align::Left},
                   {"HISTORY", Align::Left}}};
  std::size_t connections_ = 0;
  std::vector<ClosedByPeer> waiting_;
};

}  // namespace

std::unique_ptr<CaptureOutput> make_capture_report(const LeakPolicy& policy,
                                                   WriteText write) {
  return std::make_unique<Report>(policy, std::move(write));
}

}  // namespace tcpstated
