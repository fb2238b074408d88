// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// What the lab programs share: sockets on loopback, children that never
/// outlive the program, and lines of JSON. A failure ends the program: a lab
/// that is not what it says proves nothing.

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/fd.hpp"

namespace tcpstated::lab {

/// Prints `what` and errno to stderr and ends the program with status 1.
[[noreturn]] void die(std::string_view what);
/// Says that the kernel lacks something and ends the program with status 77.
[[noreturn]] void skip(const std::string& reason);

constexpr int kMptcp = 262;  // IPPROTO_MPTCP
/// Skips if the kernel has no MPTCP.
void expect_mptcp();

/// CLOCK_BOOTTIME, the clock of the daemon.
[[nodiscard]] std::int64_t boottime_ns();
void pause_ms(int milliseconds);
/// Ends this process with its parent, and after a while in any case.
void bound_lifetime();
/// As many descriptors as this user may have.
void raise_fd_limit();

enum class Family { V4, V6, V4Mapped };

struct Listener {
  UniqueFd fd;
  std::uint16_t port = 0;
};
struct ListenOptions {
  int protocol = 0;
  std::uint16_t port = 0;
  bool reuse_port = false;
  int backlog = 128;
};
/// On the loopback address of `family`; V4Mapped: on [::] for both families.
[[nodiscard]] Listener listen_on(Family family, ListenOptions options = {});
/// To the loopback address; V4Mapped: as an IPv4 client.
[[nodiscard]] UniqueFd connect_to(Family family, std::uint16_t port,
                                  int protocol = 0);
[[nodiscard]] UniqueFd accept_from(int listener);
[[nodiscard]] std::uint16_t local_port(int fd);

void write_all(int fd, std::size_t bytes);
void read_exactly(int fd, std::size_t bytes);
/// Until read() returns 0 or fails.
void read_to_end(int fd);
/// Waits until the peer's FIN has arrived; reads nothing.
void wait_for_fin(int fd);

/// A forked process. It ends when its control socket is closed, that is with
/// this process at the latest.
class Child {
 public:
  /// `body` runs in the child and may serve `control`; then the child waits
  /// for the end of it.
  explicit Child(const std::function<void(int control)>& body);
  Child(Child&&) = default;
  Child& operator=(Child&&) = default;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] int control() const { return control_.get(); }
  /// Closes the control socket and waits for the end of the child.
  void finish();

 private:
  pid_t pid_ = -1;
  UniqueFd control_;
};

/// Sends or receives a number over a control socket.
void tell(int control, std::int64_t value);
[[nodiscard]] std::int64_t hear(int control);

/// Sends or receives a descriptor over a unix socket.
void send_descriptor(int unix_socket, int fd);
[[nodiscard]] UniqueFd receive_descriptor(int unix_socket);

struct HeldBy {
  pid_t pid = 0;
  int fd = -1;
  std::string_view kind = "descriptor";
};

/// One case, made.
struct Made {
  std::uint16_t port = 0;       ///< of the server
  std::uint16_t peer_port = 0;  ///< of the client; 0: many
  std::vector<HeldBy> holders;
  std::vector<HeldBy> candidates;      ///< where it may be in flight
  std::int64_t peer_closed_after = 0;  ///< boottime before the FIN was sent
  std::int64_t peer_closed = 0;        ///< boottime after it
  std::vector<UniqueFd> kept;          ///< sockets that stay open
  std::vector<Child> children;
  std::vector<std::jthread> threads;  ///< stopped by `cure`
  std::function<void()> cure;
};

[[nodiscard]] std::string to_json(std::string_view name, const Made& made);

/// One way to make CLOSE_WAIT.
struct Case {
  std::string_view name;
  void (*make)(Made& made);
};

}  // namespace tcpstated::lab
