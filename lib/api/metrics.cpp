// SPDX-License-Identifier: Apache-2.0
#include "api/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include "api/event_metrics.hpp"
#include "api/leak_series.hpp"

namespace tcpstated {
namespace {

using enum prometheus::MetricType;

/// Listeners with series of their own; the fullest queues first.
constexpr std::size_t kMaxListenerSeries = 100;

double number(std::uint64_t value) { return static_cast<double>(value); }

double unix_seconds(WallTime at) {
  return std::chrono::duration<double>(at.time_since_epoch()).count();
}

void add_states(const StateCounts& counts, MetricSamples& into) {
  for (const TcpStateInfo& row : kTcpStates)
    into.add(number(counts[row.state]), {{"state", std::string(row.label)}});
}

void add_observed(const MetricSource& from, MetricSamples& into) {
  const auto add = [&](const auto& counts, const char* endpoint) {
    for (const TcpStateInfo& row : kTcpStates)
      into.add(number(counts[index(row.state)]),
               {{"state", std::string(row.label)}, {"endpoint", endpoint}});
  };
  add(from.view.observed.counts.local, "local");
  add(from.view.observed.counts.remote, "remote");
}

bool is_there(MetricView needed, ViewsInUse views) {
  if (needed == MetricView::Any) return true;
  return needed == MetricView::Kernel ? views.kernel : views.packets;
}

void add_causes(const MetricSource& from, MetricSamples& into) {
  std::uint64_t judged = 0;
  for (const LeakCauseInfo& row : kLeakCauses) {
    if (row.cause == LeakCause::Detached) continue;  // not in CLOSE_WAIT
    const auto count =
        from.view.close_wait_by_cause[static_cast<std::size_t>(row.cause)];
    judged += count;
    into.add(number(count), {{"cause", std::string(row.label)}});
  }
  if (!from.view.views.kernel) return;
  const std::uint64_t all =
      from.view.tcp[TcpState::CloseWait] + from.view.mptcp[TcpState::CloseWait];
  into.add(number(all - std::min(judged, all)), {{"cause", "unattributed"}});
}

/// The listeners with the fullest queues.
std::vector<const ListenerView*> shown_listeners(const HostView& view) {
  std::vector<const ListenerView*> shown;
  for (const ListenerView& listener : view.listeners)
    if (listener.protocol == Protocol::Tcp) shown.push_back(&listener);
  std::ranges::stable_sort(shown, std::ranges::greater{}, &ListenerView::queue);
  if (shown.size() > kMaxListenerSeries) shown.resize(kMaxListenerSeries);
  return shown;
}

template <auto Member>
void add_listeners(const MetricSource& from, MetricSamples& into) {
  for (const ListenerView* listener : shown_listeners(from.view))
    into.add(number(listener->*Member),
             {{"address", listener->local.ip.to_string()},
              {"port", std::to_string(listener->local.port)}});
}

void add_listeners_omitted(const MetricSource& from, MetricSamples& into) {
  const auto all = std::ranges::count(from.view.listeners, Protocol::Tcp,
                                      &ListenerView::protocol);
  into.add(number(static_cast<std::uint64_t>(all) -
                  shown_listeners(from.view).size()));
}

template <auto Member>
void add_backends(const MetricSource& from, MetricSamples& into) {
  for (const BackendView& backend : from.view.backends)
    into.add(number(backend.stats.*Member), {{"backend", backend.name}});
}

void add_log_levels(const MetricSource& from, MetricSamples& into) {
  for (std::size_t i = 0; i < kLogLevelLabels.size(); ++i)
    into.add(number(from.log.count(static_cast<LogLevel>(i))),
             {{"level", std::string(kLogLevelLabels[i])}});
}

void add_corrections(const MetricSource& from, MetricSamples& into) {
  if (!from.view.events) return;
  const Corrections& made = from.view.events->corrections;
  into.add(number(made.mismatched), {{"kind", "mismatched"}});
  into.add(number(made.missing), {{"kind", "missing"}});
  into.add(number(made.moved), {{"kind", "moved"}});
  into.add(number(made.gone), {{"kind", "gone"}});
}

std::vector<LeakGroup> in_close_wait(const std::vector<LeakGroup>& groups) {
  std::vector<LeakGroup> kept;
  for (const LeakGroup& group : groups)
    if (group.cause != LeakCause::Detached) kept.push_back(group);
  return kept;
}

// clang-format off
const std::vector<MetricInfo> kMetrics{
    {"tcpstate_connections", Gauge, "Number of TCP sockets on this host by RFC 9293 state, from the kernel.",
     [](const MetricSource& from, MetricSamples& into) { add_states(from.view.tcp, into); }, false, MetricView::Kernel},
    {"tcpstate_observed_connections", Gauge, "Number of TCP endpoint states inferred from captured packets.", add_observed, false, MetricView::Packets},
    {"tcpstate_view_disagreements_total", Counter, "Number of sockets about whose state the kernel and the packets disagreed for longer than a second.",
     [](const MetricSource& from, MetricSamples& into) {
       for (const auto& [states, count] : from.view.observed.disagreements)
         into.add(number(count), {{"kernel", std::string(label(states.first))}, {"inferred", std::string(label(states.second))}});
     }, false, MetricView::Packets},
    {"tcpstate_mptcp_connections", Gauge, "Number of MPTCP connections on this host by state, from the kernel. Their subflows are TCP sockets of their own.",
     [](const MetricSource& from, MetricSamples& into) { add_states(from.view.mptcp, into); }, false, MetricView::Kernel},
    {"tcpstate_transitions_total", Counter, "Number of TCP state transitions of sockets on this host, in all network namespaces.", add_transitions, false, MetricView::Kernel},
    {"tcpstate_state_duration_seconds", Histogram, "Time sockets spent in a state before they left it; only close_wait is timed.", add_state_durations, false, MetricView::Kernel},
    {"tcpstate_connections_opened_total", Counter, "Number of connections that reached ESTABLISHED, by local role.", add_opened, false, MetricView::Kernel},
    {"tcpstate_connections_closed_total", Counter, "Number of connections that ended, by reason.", add_closed, false, MetricView::Kernel},
    {"tcpstate_connection_attempts_failed_total", Counter, "Number of connection attempts that never reached ESTABLISHED, by reason.", add_failed_attempts, false, MetricView::Kernel},
    {"tcpstate_resets_sent_total", Counter, "Number of TCP resets sent by this host.",
     [](const MetricSource& from, MetricSamples& into) { into.add(number(from.view.counters.resets_sent)); }, false, MetricView::Kernel},
    {"tcpstate_close_wait_sockets", Gauge, "Number of sockets in CLOSE_WAIT by what the local application did with them.", add_causes},
    {"tcpstate_close_wait_leaked_sockets", Gauge, "Number of sockets in CLOSE_WAIT for longer than the leak threshold, by process.",
     [](const MetricSource& from, MetricSamples& into) {
       for (const LeakSeries& series : leak_series(in_close_wait(from.view.leak_groups), from.max_processes))
         into.add(number(series.sockets), {{"process", series.process}, {"unit", series.unit}, {"cause", std::string(label(series.cause))}});
     }},
    {"tcpstate_detached_sockets", Gauge, "Number of sockets that left every table of the kernel and are still open, for longer than the leak threshold, by process.", add_detached, false, MetricView::Kernel},
    {"tcpstate_close_wait_oldest_age_seconds", Gauge, "Age of the oldest socket in CLOSE_WAIT, 0 if there is none.",
     [](const MetricSource& from, MetricSamples& into) {
       into.add(std::chrono::duration<double>(from.view.oldest_close_wait.value_or(Duration::zero())).count());
     }},
    {"tcpstate_process_open_fds", Gauge, "Number of open file descriptors of processes that hold leaked sockets.",
     [](const MetricSource& from, MetricSamples& into) {
       for (const FdSeries& series : fd_series(from.view.leak_groups, from.max_processes))
         into.add(number(series.open), {{"process", series.process}, {"unit", series.unit}});
     }},
    {"tcpstate_process_max_fds", Gauge, "Soft limit of open file descriptors of processes that hold leaked sockets.",
     [](const MetricSource& from, MetricSamples& into) {
       for (const FdSeries& series : fd_series(from.view.leak_groups, from.max_processes))
         into.add(number(series.limit), {{"process", series.process}, {"unit", series.unit}});
     }},
    {"tcpstate_accept_queue_length", Gauge, "Number of connections that wait in the accept queue of a listener.", add_listeners<&ListenerView::queue>, false, MetricView::Kernel},
    {"tcpstate_accept_queue_limit", Gauge, "Maximum length of the accept queue of a listener.", add_listeners<&ListenerView::limit>, false, MetricView::Kernel},
    {"tcpstated_listeners_omitted", Gauge, "Number of listeners without accept queue series of their own.", add_listeners_omitted},
    {"tcpstated_build_info", Gauge, "A metric with a constant '1' value labeled by version, revision and compiler.",
     [](const MetricSource& from, MetricSamples& into) {
       into.add(1, {{"version", from.daemon.version}, {"revision", from.daemon.revision}, {"compiler", from.daemon.compiler}});
     }},
    {"tcpstated_backend_up", Gauge, "Whether a capture backend works (1) or not (0).",
     [](const MetricSource& from, MetricSamples& into) {
       for (const BackendView& backend : from.view.backends)
         if (backend.wanted) into.add(backend.up ? 1 : 0, {{"backend", backend.name}});
     }},
    {"tcpstated_events_total", Counter, "Number of packets or kernel events that a backend received.", add_backends<&CaptureStats::received>},
    {"tcpstated_events_lost_total", Counter, "Number of packets or kernel events that a backend lost.", 
     [](const MetricSource& from, MetricSamples& into) {
       for (const BackendView& backend : from.view.backends)
         into.add(number(backend.stats.lost + backend.stats.rejected), {{"backend", backend.name}});
     }},
    {"tcpstated_reconciliation_corrections_total", Counter, "Number of connections whose tracked state a kernel dump corrected.",
     [](const MetricSource& from, MetricSamples& into) { into.add(number(from.view.totals.clamped), {{"kind", "counters"}}); add_corrections(from, into); }},
    {"tcpstated_events_rescued_total", Counter, "Number of kernel events that only the second program saw.",
     [](const MetricSource& from, MetricSamples& into) {
       if (from.view.events) into.add(number(from.view.events->totals.rescued), {{"backend", "ebpf"}});
     }},
    {"tcpstated_resyncs_total", Counter, "Number of kernel dumps because events were lost.",
     [](const MetricSource& from, MetricSamples& into) {
       if (from.view.events) into.add(number(from.view.events->resyncs), {{"backend", "ebpf"}});
     }},
    {"tcpstated_connections_tracked", Gauge, "Number of connections in the table.",
     [](const MetricSource& from, MetricSamples& into) { into.add(number(from.view.tracked)); }},
    {"tcpstated_connections_tracked_limit", Gauge, "Maximum number of connections in the table.",
     [](const MetricSource& from, MetricSamples& into) { into.add(number(from.view.tracked_limit)); }},
    {"tcpstated_packet_connections_tracked", Gauge, "Number of connections that the packet view knows.",
     [](const MetricSource& from, MetricSamples& into) { into.add(number(from.view.observed.tracked)); }, false, MetricView::Packets},
    {"tcpstated_packet_connections_tracked_limit", Gauge, "Most connections that the packet view can know.",
     [](const MetricSource& from, MetricSamples& into) { into.add(number(from.view.observed.tracked_limit)); }, false, MetricView::Packets},
    {"tcpstated_packet_view_degraded", Gauge, "Whether connections are missing in the packet view for want of room, or soon will be.",
     [](const MetricSource& from, MetricSamples& into) { into.add(from.view.observed.degraded ? 1 : 0); }, false, MetricView::Packets},
    {"tcpstated_connections_evicted_total", Counter, "Number of connections dropped from the table before they closed.",
     [](const MetricSource& from, MetricSamples& into) { 
       into.add(number(from.view.totals.refused), {{"reason", "table_full"}});
       if (!from.view.views.packets) return;
       const TcpModelStats& stats = from.view.observed.stats;
       into.add(number(stats.refused), {{"reason", "packet_view_full"}});
       for (std::size_t i = 0; i < kEvictionClassCount; ++i)
         into.add(number(stats.evicted[i]), {{"reason", std::string(kEvictionClassLabels[i])}});
     }},
    {"tcpstated_dump_duration_seconds", Gauge, "Duration of the last full kernel dump.",
     [](const MetricSource& from, MetricSamples& into) {
       into.add(std::chrono::duration<double>(from.view.sweep.wall).count(), {{"backend", "sock_diag"}});
     }},
    {"tcpstated_dumps_total", Counter, "Number of full kernel dumps.", add_backends<&CaptureStats::snapshots>},
    {"tcpstated_dumps_failed_total", Counter, "Number of full kernel dumps that failed.", add_backends<&CaptureStats::snapshots_failed>},
    {"tcpstated_attributions_total", Counter, "Number of attempts to find the process of a socket.",
     [](const MetricSource& from, MetricSamples& into) { into.add(number(from.view.totals.searches)); }},
    {"tcpstated_attributions_failed_total", Counter, "Number of sockets whose process was not found.",
     [](const MetricSource& from, MetricSamples& into) {
       into.add(number(from.view.totals.holders_not_found), {{"reason", "not_found"}});
       into.add(number(from.view.totals.holders_not_permitted), {{"reason", "not_permitted"}});
     }},
    {"tcpstated_http_connections", Gauge, "Number of open HTTP connections.",
     [](const MetricSource& from, MetricSamples& into) { into.add(number(from.http.connections)); }, true},
    {"tcpstated_http_handshakes_failed_total", Counter, "Number of TLS handshakes that failed.",
     [](const MetricSource& from, MetricSamples& into) { into.add(number(from.http.handshakes_failed)); }, true},
    {"tcpstated_config_last_reload_successful", Gauge, "Whether the last configuration reload succeeded.",
     [](const MetricSource& from, MetricSamples& into) { into.add(from.reload.successful ? 1 : 0); }},
    {"tcpstated_config_last_reload_success_timestamp_seconds", Gauge, "Timestamp of the last successful configuration reload.",
     [](const MetricSource& from, MetricSamples& into) { into.add(unix_seconds(from.reload.last_success)); }},
    {"tcpstated_log_messages_total", Counter, "Number of log messages by level.", add_log_levels},
    {"process_cpu_seconds_total", Counter, "Total user and system CPU time spent in seconds.",
     [](const MetricSource& from, MetricSamples& into) { into.add(from.self.cpu_seconds); }, true},
    {"process_open_fds", Gauge, "Number of open file descriptors.",
     [](const MetricSource& from, MetricSamples& into) { into.add(number(from.self.open_fds)); }, true},
    {"process_max_fds", Gauge, "Maximum number of open file descriptors.",
     [](const MetricSource& from, MetricSamples& into) { into.add(number(from.self.max_fds)); }, true},
    {"process_virtual_memory_bytes", Gauge, "Virtual memory size in bytes.",
     [](const MetricSource& from, MetricSamples& into) { into.add(number(from.self.virtual_bytes)); }, true},
    {"process_virtual_memory_max_bytes", Gauge, "Maximum amount of virtual memory available in bytes.",
     [](const MetricSource& from, MetricSamples& into) {
       into.add(from.self.max_virtual_bytes ? number(*from.self.max_virtual_bytes) : -1);
     }, true},
    {"process_resident_memory_bytes", Gauge, "Resident memory size in bytes.",
     [](const MetricSource& from, MetricSamples& into) { into.add(number(from.self.resident_bytes)); }, true},
    {"process_start_time_seconds", Gauge, "Start time of the process since unix epoch in seconds.",
     [](const MetricSource& from, MetricSamples& into) { into.add(from.self.start_time_seconds); }, true},
    {"process_threads", Gauge, "Number of OS threads in the process.",
     [](const MetricSource& from, MetricSamples& into) { into.add(number(from.self.threads)); }, true},
};
// clang-format on

}  // namespace

void MetricSamples::add(double value,
                        std::vector<prometheus::ClientMetric::Label> labels) {
  prometheus::ClientMetric metric;
  metric.label = std::move(labels);
  if (family_.type == Counter)
    metric.counter.value = value;
  else
    metric.gauge.value = value;
  family_.metric.push_back(std::move(metric));
}

void MetricSamples::add_histogram(
    const std::vector<std::pair<double, std::uint64_t>>& buckets,
    std::uint64_t count, double sum,
    std::vector<prometheus::ClientMetric::Label> labels) {
  prometheus::ClientMetric metric;
  metric.label = std::move(labels);
  for (const auto& [bound, below] : buckets) {
    prometheus::ClientMetric::Bucket bucket;
    bucket.upper_bound = bound;
    bucket.cumulative_count = below;
    metric.histogram.bucket.push_back(bucket);
  }
  prometheus::ClientMetric::Bucket all;
  all.upper_bound = std::numeric_limits<double>::infinity();
  all.cumulative_count = count;
  metric.histogram.bucket.push_back(all);
  metric.histogram.sample_count = count;
  metric.histogram.sample_sum = sum;
  family_.metric.push_back(std::move(metric));
}

std::span<const MetricInfo> metrics() { return kMetrics; }

std::vector<prometheus::MetricFamily> collect_metrics(const MetricSource& from,
                                                      bool exporter_metrics) {
  std::vector<prometheus::MetricFamily> families;
  for (const MetricInfo& info : kMetrics) {
    if (info.exporter && !exporter_metrics) continue;
    if (!is_there(info.needs, from.view.views)) continue;
    // Before the first sweep a 0 would be a count that is not known.
    if (info.name.starts_with("tcpstate_") && !from.view.ready) continue;
    prometheus::MetricFamily family;
    family.name = info.name;
    family.help = info.help;
    family.type = info.type;
    MetricSamples samples(family);
    info.collect(from, samples);
    families.push_back(std::move(family));
  }
  return families;
}

}  // namespace tcpstated
