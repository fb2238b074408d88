// SPDX-License-Identifier: Apache-2.0
#include "api/event_metrics.hpp"

#include <array>
#include <map>
#include <ranges>
#include <string>
#include <utility>

#include "api/leak_series.hpp"

namespace tcpstated {
namespace {

using enum TcpState;

/// What Linux does in ordinary operation: series that are there from the start,
/// at 0. FIN_WAIT_2, CLOSING > CLOSED is where TIME_WAIT begins, which is no
/// socket any more; a child of a listener is born as LISTEN > SYN_RECEIVED.
constexpr std::array<std::pair<TcpState, TcpState>, 20> kOrdinary{{
    {Closed, Listen},           {Closed, SynSent},        {Listen, Closed},
    {Listen, SynReceived},      {SynSent, Established},   {SynSent, Closed},
    {SynReceived, Established}, {SynReceived, FinWait1},  {SynReceived, Closed},
    {Established, FinWait1},    {Established, CloseWait}, {Established, Closed},
    {FinWait1, FinWait2},       {FinWait1, Closing},      {FinWait1, Closed},
    {FinWait2, Closed},         {CloseWait, LastAck},     {CloseWait, Closed},
    {Closing, Closed},          {LastAck, Closed},
}};

double number(std::uint64_t value) { return static_cast<double>(value); }

std::string text(std::string_view view) { return std::string(view); }

bool is_ordinary(TcpState from, TcpState to) {
  return std::ranges::find(kOrdinary, std::pair(from, to)) != kOrdinary.end();
}

using Reasons = std::map<std::string_view, std::uint64_t>;

/// What ended a connection: the handshake of closing, or what broke it off.
std::string_view end_of(TcpState from, SocketError error) {
  switch (error) {
    case SocketError::Reset:
      return "reset";
    case SocketError::TimedOut:
      return "timeout";
    case SocketError::Unreachable:
      return "unreachable";
    case SocketError::Aborted:
      return "aborted";
    case SocketError::None:
      // Without waiting for the peer: linger 0, or data left unread.
      return from == FinWait2 || from == Closing || from == LastAck ? "normal"
                                                                    : "aborted";
    case SocketError::Refused:
    case SocketError::Other:
      break;
  }
  return "other";
}

/// What ended an attempt to connect.
std::string_view failure_of(SocketError error) {
  switch (error) {
    case SocketError::None:
    case SocketError::Aborted:
      return "cancelled";
    case SocketError::Refused:
      return "refused";
    case SocketError::TimedOut:
      return "timeout";
    case SocketError::Unreachable:
      return "unreachable";
    case SocketError::Reset:
      return "reset";
    case SocketError::Other:
      break;
  }
  return "other";
}

template <typename Name>
void count_ends(const EventTotals& totals, TcpState from, Name name,
                Reasons& into) {
  const auto& errors = totals.ends[index(from)];
  for (std::size_t i = 0; i < errors.size(); ++i)
    into[name(static_cast<SocketError>(i))] += errors[i];
}

}  // namespace

void add_transitions(const MetricSource& from, MetricSamples& into) {
  if (!from.view.events) return;
  const auto& counts = from.view.events->totals.transitions;
  for (const TcpStateInfo& old_state : kTcpStates)
    for (const TcpStateInfo& new_state : kTcpStates) {
      const auto count = counts[index(old_state.state)][index(new_state.state)];
      if (count > 0 || is_ordinary(old_state.state, new_state.state))
        into.add(number(count), {{"from", text(old_state.label)},
                                 {"to", text(new_state.label)}});
    }
}

void add_state_durations(const MetricSource& from, MetricSamples& into) {
  if (!from.view.events) return;
  const DurationHistogram& histogram = from.view.events->close_wait;
  std::vector<std::pair<double, std::uint64_t>> buckets;
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < histogram.kBounds.size(); ++i) {
    below += histogram.counts[i];
    buckets.emplace_back(
        std::chrono::duration<double>(histogram.kBounds[i]).count(), below);
  }
  into.add_histogram(buckets, below + histogram.counts.back(),
                     std::chrono::duration<double>(histogram.sum).count(),
                     {{"state", text(label(CloseWait))}});
}

void add_opened(const MetricSource& from, MetricSamples& into) {
  if (!from.view.events) return;
  const auto& counts = from.view.events->totals.transitions;
  into.add(number(counts[index(SynSent)][index(Established)]),
           {{"role", "active"}});
  into.add(number(counts[index(SynReceived)][index(Established)]),
           {{"role", "passive"}});
}

void add_closed(const MetricSource& from, MetricSamples& into) {
  if (!from.view.events) return;
  Reasons reasons;
  for (const TcpState state :
       {Established, FinWait1, FinWait2, CloseWait, Closing, LastAck})
    count_ends(
        from.view.events->totals, state,
        [&](SocketError error) { return end_of(state, error); }, reasons);
  for (const auto& [reason, count] : reasons)
    into.add(number(count), {{"reason", text(reason)}});
}

void add_failed_attempts(const MetricSource& from, MetricSamples& into) {
  if (!from.view.events) return;
  for (const auto& [role, state] :
       {std::pair("active", SynSent), std::pair("passive", SynReceived)}) {
    Reasons reasons;
    count_ends(from.view.events->totals, state, failure_of, reasons);
    for (const auto& [reason, count] : reasons)
      into.add(number(count), {{"role", role}, {"reason", text(reason)}});
  }
}

void add_detached(const MetricSource& from, MetricSamples& into) {
  std::vector<LeakGroup> detached;
  for (const LeakGroup& group : from.view.leak_groups)
    if (group.cause == LeakCause::Detached) detached.push_back(group);
  for (const LeakSeries& series : leak_series(detached, from.max_processes))
    into.add(number(series.sockets),
             {{"process", series.process}, {"unit", series.unit}});
}

}  // namespace tcpstated
