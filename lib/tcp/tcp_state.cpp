// SPDX-License-Identifier: Apache-2.0
#include "tcp/tcp_state.hpp"

#include <algorithm>
#include <string>

namespace tcpstated {
namespace {

struct StateAlias {
  std::string_view spelling;  ///< lower case, '-' written as '_'
  TcpState state;
};

/// Spellings that are not the label itself.
constexpr auto kAliases = std::to_array<StateAlias>({
    {"close", TcpState::Closed},          // Linux, node_exporter
    {"unconn", TcpState::Closed},         // ss
    {"listening", TcpState::Listen},      // netstat on Windows
    {"syn_send", TcpState::SynSent},      // netstat
    {"syn_recv", TcpState::SynReceived},  // Linux, ss, node_exporter
    {"syn_rcvd", TcpState::SynReceived},  // BSD
    {"estab", TcpState::Established},     // ss
    {"fin_wait1", TcpState::FinWait1},    // Linux, node_exporter
    {"fin_wait2", TcpState::FinWait2},    // Linux, node_exporter
    {"timed_wait", TcpState::TimeWait},   // netstat
});

}  // namespace

std::optional<TcpState> parse_state(std::string_view text) {
  std::string spelling(text);
  for (char& c : spelling) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '-') c = '_';
  }
  for (const TcpStateInfo& row : kTcpStates)
    if (row.label == spelling) return row.state;
  const auto alias =
      std::ranges::find(kAliases, spelling, &StateAlias::spelling);
  if (alias == kAliases.end()) return std::nullopt;
  return alias->state;
}

}  // namespace tcpstated
