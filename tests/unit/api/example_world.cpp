// SPDX-License-Identifier: Apache-2.0
#include "unit/api/example_world.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<const Process> with_fds(std::int32_t pid,
                                        const std::string& name,
                                        const std::string& unit,
                                        std::uint64_t open) {
  auto made = std::make_shared<Process>(
      *process(pid, printable(name), printable(unit)));
  made->cgroup = printable("/system.slice/" + unit);
  made->uid = 1000;
  made->open_fds = open;
  made->max_fds = 1024;
  return made;
}

void add_leaks(ExampleWorld& world, const std::shared_ptr<const Process>& java,
               const std::shared_ptr<const Process>& nginx) {
  std::vector<Leak> all;
  for (std::uint64_t i = 0; i < 47; ++i)
    all.push_back(example_leak(java, static_cast<std::int32_t>(87 + i),
                               123min - i * 150s, 312 + i));
  all.push_back(example_unaccepted(nginx));
  std::vector<const Leak*> pointers;
  for (const Leak& leak : all) pointers.push_back(&leak);
  world.view.leaked = all.size();
  world.view.leak_groups = group_leaks(pointers);
  world.leaks = {.at = kNoon,
                 .total = all.size(),
                 .groups = world.view.leak_groups,
                 .oldest = {all[0], all[1], all.back()}};
}

void add_page(ExampleWorld& world,
              const std::shared_ptr<const Process>& nginx) {
  const Leak& leak = world.leaks.oldest.front();
  ListedConnection syn{
      .connection = example_row("192.0.2.9:1", TcpState::SynReceived, 77, 0s)};
  syn.connection.socket.inode = 0;
  ListedConnection mptcp{
      .connection =
          example_row("[2001:db8::9]:5000", TcpState::Established, 400, 0s)};
  mptcp.connection.socket.protocol = Protocol::Mptcp;
  mptcp.holders = found({holder(nginx, 11), holder(nginx, 12)});
  world.page = {.at = kNoon,
                .rows = {std::move(syn),
                         {.connection = leak.connection,
                          .cause = leak.cause,
                          .leaked = true,
                          .listener = {},
                          .holders = leak.holders},
                         {.connection = example_row(
                              "10.9.8.7:6", TcpState::FinWait1, 399, 12s)},
                         std::move(mptcp)},
                .next = 400};
}

EventReport example_events() {
  EventReport report;
  auto& moves = report.totals.transitions;
  moves[index(TcpState::SynReceived)][index(TcpState::Established)] = 900;
  moves[index(TcpState::Established)][index(TcpState::CloseWait)] = 120;
  moves[index(TcpState::CloseWait)][index(TcpState::LastAck)] = 73;
  auto& ends = report.totals.ends;
  ends[index(TcpState::LastAck)][static_cast<std::size_t>(SocketError::None)] =
      73;
  ends[index(TcpState::Established)]
      [static_cast<std::size_t>(SocketError::Reset)] = 4;
  ends[index(TcpState::SynSent)]
      [static_cast<std::size_t>(SocketError::Refused)] = 2;
  report.totals.reported = 193;
  report.totals.rescued = 1;
  report.corrections.missing = 1;
  report.resyncs = 1;
  for (int i = 0; i < 73; ++i) report.close_wait.add(i * 5ms);
  return report;
}

}  // namespace

ExampleWorld example_world(const ExampleNames& names) {
  ExampleWorld world;
  const WallTime now =
      std::chrono::sys_days{std::chrono::year(2026) / 11 / 24} +
      std::chrono::hours(3);
  world.daemon = {
      .version = "0.1.0",
      .revision = "0123456789ab",
      .compiler = "g++ 12.2.0",
      .hostname = names.host,
      .pid = 4242,
      .started = now - 3h - 12min,
      .capabilities = {"CAP_DAC_READ_SEARCH", "CAP_SYS_PTRACE"},
      .abilities = {
          {.name = "process names", .missing = {}, .effect = {}, .how = {}}}};
  world.self = {.cpu_seconds = 1.5,
                .start_time_seconds = 1795478880,
                .open_fds = 19,
                .max_fds = 65536,
                .virtual_bytes = 90'000'000,
                .max_virtual_bytes = {},
                .resident_bytes = 12'000'000,
                .threads = 3};
  HostView& view = world.view;
  view.at = kNoon;
  view.anchor = {.event = kNoon, .wall = now};
  view.ready = true;
  add_example_counts(view);
  view.backends = example_backends(names.detail);
  view.sweep = {.at = kNoon - 2s,
                .complete = true,
                .rows = 71,
                .cpu = 310us,
                .wall = 420us,
                .next_in = 5s};
  view.tracked = 71;
  view.tracked_limit = 1'000'000;
  view.totals = {.searches = 48};
  view.events = example_events();
  view.listeners = {
      {*Endpoint::parse("0.0.0.0:443"),
       Protocol::Tcp,
       2,
       1,
       1022,
       {5443, 5444}},
      {*Endpoint::parse("[::]:22"), Protocol::Tcp, 1, 0, 128, {5022}}};
  const auto java = with_fds(2211, names.process, names.unit, 311);
  const auto nginx = with_fds(930, "nginx", "nginx.service", 40);
  add_leaks(world, java, nginx);
  add_page(world, nginx);
  world.owners.holders[5443] = {holder(nginx, 6), holder(java, 9)};
  world.owners.holders[5444] = {holder(nginx, 7)};
  StateCounts of_java;
  of_java[TcpState::Listen] = 1;
  of_java[TcpState::CloseWait] = 47;
  of_java[TcpState::FinWait2] = 2;
  StateCounts of_nobody;
  of_nobody[TcpState::TimeWait] = 211;
  world.processes = {
      .processes = {{java, of_java}}, .unowned = of_nobody, .unreadable = 3};
  return world;
}

}  // namespace tcpstated
