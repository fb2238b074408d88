// SPDX-License-Identifier: Apache-2.0
#include "lab.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <iostream>
#include <span>
#include <string>

namespace tcpstated::lab {
namespace {

constexpr unsigned kLongestLifeSeconds = 300;

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

Address loopback(Family family, std::uint16_t port) {
  Address address;
  if (family == Family::V4) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.length = sizeof v4;
    std::memcpy(&address.storage, &v4, sizeof v4);
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    v6.sin6_addr = family == Family::V6 ? in6addr_loopback : in6addr_any;
    address.length = sizeof v6;
    std::memcpy(&address.storage, &v6, sizeof v6);
  }
  return address;
}

UniqueFd open_stream(int domain, int protocol) {
  UniqueFd fd(::socket(domain, SOCK_STREAM | SOCK_CLOEXEC, protocol));
  if (!fd) die("cannot open a socket");
  return fd;
}

std::string holders_json(std::span<const HeldBy> holders) {
  std::string text;
  for (const HeldBy& holder : holders)
    text += fmt::format(R"({}{{"pid":{},"fd":{},"kind":"{}"}})",
                        text.empty() ? "" : ",", holder.pid, holder.fd,
                        holder.kind);
  return "[" + text + "]";
}

}  // namespace

void die(std::string_view what) {
  std::cerr << "lab: " << what << ": " << std::strerror(errno) << std::endl;
  ::_exit(1);
}

void skip(const std::string& reason) {
  std::cout << "SKIP " << reason << std::endl;
  ::_exit(77);
}

void expect_mptcp() {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM, kMptcp));
  if (!fd) skip(std::string("kernel without MPTCP: ") + std::strerror(errno));
}

std::int64_t boottime_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void pause_ms(int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

void bound_lifetime() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::alarm(kLongestLifeSeconds);
}

void raise_fd_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

Listener listen_on(Family family, ListenOptions options) {
  Address address = loopback(family, options.port);
  UniqueFd fd = open_stream(address.storage.ss_family, options.protocol);
  const int on = 1;
  if (options.reuse_port &&
      ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0)
    die("cannot set SO_REUSEPORT");
  if (::bind(fd.get(), address.get(), address.length) != 0) die("cannot bind");
  if (::listen(fd.get(), options.backlog) != 0) die("cannot listen");
  const std::uint16_t port = local_port(fd.get());
  return {std::move(fd), port};
}

UniqueFd connect_to(Family family, std::uint16_t port, int protocol) {
  const Family of_client = family == Family::V6 ? Family::V6 : Family::V4;
  Address address = loopback(of_client, port);
  UniqueFd fd = open_stream(address.storage.ss_family, protocol);
  if (::connect(fd.get(), address.get(), address.length) != 0)
    die("cannot connect");
  return fd;
}

UniqueFd accept_from(int listener) {
  UniqueFd fd(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  if (!fd) die("cannot accept");
  return fd;
}

std::uint16_t local_port(int fd) {
  Address address;
  address.length = sizeof address.storage;
  if (::getsockname(fd, address.get(), &address.length) != 0)
    die("cannot read the name of a socket");
  // The port is at the same place for both families.
  sockaddr_in v4{};
  std::memcpy(&v4, &address.storage, sizeof v4);
  return ntohs(v4.sin_port);
}

void write_all(int fd, std::size_t bytes) {
  const std::string data(bytes, 'x');
  for (std::size_t done = 0; done < bytes;) {
    const ssize_t sent =
        ::send(fd, data.data() + done, bytes - done, MSG_NOSIGNAL);
    if (sent < 0) die("cannot send");
    done += static_cast<std::size_t>(sent);
  }
}

void read_exactly(int fd, std::size_t bytes) {
  std::string data(bytes, '\0');
  for (std::size_t done = 0; done < bytes;) {
    const ssize_t got = ::read(fd, data.data() + done, bytes - done);
    if (got <= 0) die("cannot read what was sent");
    done += static_cast<std::size_t>(got);
  }
}

void read_to_end(int fd) {
  std::array<char, 4096> data{};
  while (::read(fd, data.data(), data.size()) > 0) continue;
}

void wait_for_fin(int fd) {
  pollfd wanted{.fd = fd, .events = POLLRDHUP, .revents = 0};
  if (::poll(&wanted, 1, 5000) != 1) die("the peer's FIN did not come");
}

Child::Child(const std::function<void(int control)>& body) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    die("cannot make a control socket");
  pid_ = ::fork();
  if (pid_ < 0) die("cannot fork");
  if (pid_ > 0) {
    ::close(ends[1]);
    control_.reset(ends[0]);
    return;
  }
  bound_lifetime();
  ::close(ends[0]);
  body(ends[1]);
  read_to_end(ends[1]);
  ::_exit(0);
}

void Child::finish() {
  // Not only close(): later children have copies of it.
  ::shutdown(control_.get(), SHUT_RDWR);
  control_.reset();
  ::waitpid(pid_, nullptr, 0);
}

void tell(int control, std::int64_t value) {
  if (::send(control, &value, sizeof value, MSG_NOSIGNAL) != sizeof value)
    die("cannot tell a process");
}

std::int64_t hear(int control) {
  std::int64_t value = 0;
  if (::recv(control, &value, sizeof value, MSG_WAITALL) != sizeof value)
    die("a process does not answer");
  return value;
}

void send_descriptor(int unix_socket, int fd) {
  char byte = 'f';
  iovec data{.iov_base = &byte, .iov_len = 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> space{};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = space.data();
  message.msg_controllen = space.size();
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  if (::sendmsg(unix_socket, &message, 0) != 1) die("cannot pass a descriptor");
}

UniqueFd receive_descriptor(int unix_socket) {
  char byte = 0;
  iovec data{.iov_base = &byte, .iov_len = 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> space{};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = space.data();
  message.msg_controllen = space.size();
  if (::recvmsg(unix_socket, &message, MSG_CMSG_CLOEXEC) != 1)
    die("cannot receive a descriptor");
  const cmsghdr* const header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS)
    die("no descriptor was passed");
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return UniqueFd(fd);
}

std::string to_json(std::string_view name, const Made& made) {
  return fmt::format(
      R"({{"case":"{}","pid":{},"port":{},"peer_port":{},"holders":{},)"
      R"("candidates":{},"peer_closed_after_boottime_ns":{},)"
      R"("peer_closed_boottime_ns":{}}})",
      name, ::getpid(), made.port, made.peer_port, holders_json(made.holders),
      holders_json(made.candidates), made.peer_closed_after, made.peer_closed);
}

}  // namespace tcpstated::lab
