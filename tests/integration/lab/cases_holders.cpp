// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "cases.hpp"
#include "connected.hpp"

namespace tcpstated::lab {
namespace {

/// Its children end with their control sockets, and so do their descriptors.
void cure_by_ending_children(Made& made) {
  made.cure = [&made] {
    made.kept.clear();
    for (Child& child : made.children) child.finish();
  };
}

/// The first child of a process that is then killed.
void become_parent_of_holder(int control) {
  const pid_t holder = ::fork();
  if (holder < 0) die("cannot fork");
  if (holder == 0) {
    ::alarm(300);  // survives its parent, not the lab: that ends `control`
    read_to_end(control);
    ::_exit(0);
  }
  tell(control, holder);
  for (;;) ::pause();
}

}  // namespace

void make_inherited(Made& made) {
  Connected pair = connect_pair(made);
  pause_ms(200);
  close_client(made, pair);
  made.children.emplace_back([](int) {});
  made.holders = {{made.children.back().pid(), pair.server.get()}};
  pair.server.reset();
  cure_by_ending_children(made);
}

void make_orphan_child(Made& made) {
  Connected pair = connect_pair(made);
  pause_ms(200);
  close_client(made, pair);
  Child& parent = made.children.emplace_back(become_parent_of_holder);
  const auto holder = static_cast<pid_t>(hear(parent.control()));
  made.holders = {{holder, pair.server.get()}};
  pair.server.reset();
  ::kill(parent.pid(), SIGKILL);
  ::waitpid(parent.pid(), nullptr, 0);
  cure_by_ending_children(made);
}

void make_many_holders(Made& made) {
  Connected pair = connect_pair(made);
  pause_ms(200);
  close_client(made, pair);
  made.holders = {{::getpid(), pair.server.get()}};
  for (int i = 0; i < 2; ++i) {
    made.children.emplace_back([](int) {});
    made.holders.push_back({made.children.back().pid(), pair.server.get()});
  }
  made.kept.push_back(std::move(pair.server));
  cure_by_ending_children(made);
}

void make_passed(Made& made) {
  Child& receiver = made.children.emplace_back([](int control) {
    static UniqueFd received = receive_descriptor(control);
    tell(control, received.get());
  });
  Connected pair = connect_pair(made);
  pause_ms(200);
  close_client(made, pair);
  send_descriptor(receiver.control(), pair.server.get());
  pair.server.reset();
  made.holders = {{receiver.pid(), static_cast<int>(hear(receiver.control()))}};
  cure_by_ending_children(made);
}

void make_in_flight(Made& made) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    die("cannot make a unix socket");
  made.kept.emplace_back(ends[0]);
  made.kept.emplace_back(ends[1]);
  Connected pair = connect_pair(made);
  pause_ms(200);
  close_client(made, pair);
  send_descriptor(ends[0], pair.server.get());
  made.candidates = {{::getpid(), ends[1], "in_flight"}};
  made.cure = [&made] { receive_descriptor(made.kept[1].get()).reset(); };
}

}  // namespace tcpstated::lab
