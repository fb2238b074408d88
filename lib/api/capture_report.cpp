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

/// Nobody reads more on a page, and every row takes memory.
constexpr std::size_t kMostRows = 10'000;

struct ClosedByPeer {
  ObservedEnd end;
  ObservedEnd peer;
};

/// A connection as it will be printed, apart from ages: the last packet has not
/// been read yet.
struct Row {
  std::uint64_t id = 0;
  std::array<ObservedEnd, 2> ends;  ///< originator, responder
  std::array<std::uint64_t, 2> bytes{};
  std::array<std::uint64_t, 2> retransmissions{};
  std::array<std::string_view, 2> closing;  ///< beside the end that closed
  std::string_view verdict;
  std::string history;
};

std::string plural(std::uint64_t count, std::string_view word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

std::string source_of(const CaptureSummary& summary) {
  if (summary.files.size() != 1) return plural(summary.files.size(), "file");
  const std::string& file = summary.files.front();
  return file == "-" ? "standard input" : printable(file, 1024);
}

std::string header(const CaptureSummary& summary) {
  std::string text = fmt::format(
      "tcpstated {} read {}.\n{}, {} of TCP", TCPSTATED_VERSION,
      source_of(summary), plural(summary.packets, "packet"), summary.segments);
  if (summary.packets > 0)
    text +=
        fmt::format(", in {} from {}", format_age(summary.last - summary.first),
                    format_rfc3339(WallAnchor{}.to_wall(summary.first)));
  text += ".\n";
  if (summary.copies > 0)
    text += fmt::format("{} seen twice, on two devices.\n",
                        plural(summary.copies, "segment"));
  if (summary.out_of_order > 0)
    text += fmt::format("{} stamped earlier than the one before.\n",
                        plural(summary.out_of_order, "packet"));
  if (const std::string bad = unreadable_text(summary); !bad.empty())
    text += bad + ".\n";
  if (summary.evicted > 0)
    text += fmt::format("{} forgotten to make room.\n",
                        plural(summary.evicted, "connection"));
  if (!summary.trouble.empty()) text += printable(summary.trouble, 1024) + "\n";
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
  if (table.empty()) return "STATES  none: nothing was open at the end\n\n";
  std::string text = table.to_string() + "(all others 0)\n";
  if (!summary.local_known)
    text +=
        "The ends of both sides are shown. Whose host is it? "
        "--local-address=ADDRESS\n";
  return text + '\n';
}

std::string state_text(const ObservedEnd& end) {
  const bool sure =
      end.quality >= Quality::Confirmed || end.state == TcpState::Closed;
  return fmt::format("{}{}", label(end.state), sure ? "" : "?");
}

Row row_of(const ObservedConnection& connection) {
  const Traffic& traffic = *connection.traffic;
  Row row{.id = connection.id,
          .verdict = conn_state(traffic),
          .history = traffic.history};
  for (const std::size_t role : {0U, 1U}) {
    const std::size_t i =
        role == 0 ? traffic.originator : 1 - traffic.originator;
    row.ends[role] = connection.ends[i];
    row.bytes[role] = traffic.ends[i].bytes;
    row.retransmissions[role] = traffic.ends[i].retransmissions;
  }
  const bool by_responder =
      !closed_by(traffic).empty() && traffic.closed_by != traffic.originator;
  row.closing[by_responder ? 1 : 0] = label(traffic.closed);
  return row;
}

class Report final : public CaptureOutput {
 public:
  Report(const LeakPolicy& policy, WriteText write)
      : policy_(policy), write_(std::move(write)) {}

  void on_connection(const ObservedConnection& connection) override {
    ++connections_;
    if (rows_.size() < kMostRows) rows_.push_back(row_of(connection));
    for (std::size_t i = 0; i < 2; ++i) {
      const ObservedEnd& end = connection.ends[i];
      if (end.state == TcpState::CloseWait && end.quality >= Quality::Confirmed)
        waiting_.push_back({end, connection.ends[1 - i]});
    }
  }

  void finish(const CaptureSummary& summary) override {
    write_(header(summary) + states(summary) + leaks(summary));
    write_(fmt::format("CONNECTIONS  {}\n", connections_));
    if (!rows_.empty()) write_(connections(summary.last));
    if (rows_.size() < connections_)
      write_(fmt::format("Only {} are shown: --output=ndjson has all.\n",
                         rows_.size()));
    write_(
        "\n? is not confirmed by the end itself. CONN and HISTORY: as in "
        "Zeek's "
        "conn.log.\n");
  }

 private:
  [[nodiscard]] std::string leaks(const CaptureSummary& summary) {
    if (summary.local_known)
      std::erase_if(waiting_,
                    [](const ClosedByPeer& leak) { return !leak.end.local; });
    std::ranges::sort(waiting_, {},
                      [](const ClosedByPeer& leak) { return leak.end.since; });
    TextTable table({{"AGE", Align::Right},
                     {"ENDPOINT", Align::Left},
                     {"PEER", Align::Left},
                     {"STATE OF PEER", Align::Left}});
    std::size_t found = 0;
    for (const auto& [end, peer] : waiting_) {
      if (summary.last - end.since < policy_.threshold) break;  // the rest too
      table.add({format_age(summary.last - end.since), end.endpoint.to_string(),
                 peer.endpoint.to_string(), state_text(peer)});
      ++found;
    }
    if (found > 0)
      return fmt::format(
          "LEAKS  {}: closed by the peer, not by the application for {}\n{}"
          "Packets do not show who holds them: ask tcpstated on that host.\n\n",
          plural(found, "endpoint"), format_duration(policy_.threshold),
          table.to_string());
    std::string text =
        fmt::format("LEAKS  none: no endpoint was in close_wait for {}",
                    format_duration(policy_.threshold));
    if (!waiting_.empty())
      text +=
          fmt::format(", {} for up to {}", waiting_.size(),
                      format_age(summary.last - waiting_.front().end.since));
    return text + "\n\n";
  }

  /// A line for each end, so that it fits; the originator is the first of two.
  [[nodiscard]] std::string connections(Instant last) {
    std::ranges::sort(rows_, {}, &Row::id);
    TextTable table({{"ORIGINATOR, RESPONDER", Align::Left},
                     {"STATE", Align::Left},
                     {"FOR", Align::Right},
                     {"SENT", Align::Right},
                     {"AGAIN", Align::Right},
                     {"CLOSING", Align::Left},
                     {"CONN", Align::Left},
                     {"HISTORY", Align::Left}});
    for (const Row& row : rows_)
      for (const std::size_t role : {0U, 1U}) {
        const ObservedEnd& end = row.ends[role];
        const bool is_over = end.state == TcpState::Closed;
        const bool first = role == 0;
        table.add({(first ? "" : "  ") + end.endpoint.to_string(),
                   state_text(end), is_over ? "" : format_age(last - end.since),
                   std::to_string(row.bytes[role]),
                   std::to_string(row.retransmissions[role]),
                   std::string(row.closing[role]),
                   std::string(first ? row.verdict : ""),
                   first ? row.history : ""});
      }
    return table.to_string();
  }

  LeakPolicy policy_;
  WriteText write_;
  std::size_t connections_ = 0;
  std::vector<Row> rows_;
  std::vector<ClosedByPeer> waiting_;
};

}  // namespace

std::unique_ptr<CaptureOutput> make_capture_report(const LeakPolicy& policy,
                                                   WriteText write) {
  return std::make_unique<Report>(policy, std::move(write));
}

}  // namespace tcpstated
