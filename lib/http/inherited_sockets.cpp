// SPDX-License-Identifier: Apache-2.0
#include "http/inherited_sockets.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

namespace tcpstated {
namespace {

Result<ListenSocket> adopt(int fd) {
  const std::string what =
      "cannot listen on descriptor " + std::to_string(fd) + " of systemd";
  ListenSocket made;
  made.fd.reset(fd);
  if (::sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) <= 0)
    return fail(what + ": it is not a stream socket that listens");
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
    return fail_errno(what);
  socklen_t length = sizeof(made.family);
  if (::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &made.family, &length) != 0)
    return fail_errno(what);
  made.address = bound_address(fd);
  return made;
}

}  // namespace

Result<std::vector<ListenSocket>> take_inherited_sockets() {
  const int count = ::sd_listen_fds(1);  // sets CLOEXEC
  if (count < 0)
    return fail_errno("cannot take the sockets of systemd", -count);
  if (count == 0)
    return fail(
        "no socket activation file descriptors found: --web.systemd-socket is "
        "for a daemon that a systemd .socket unit starts");
  std::vector<ListenSocket> sockets;
  for (int i = 0; i < count; ++i) {
    auto made = adopt(SD_LISTEN_FDS_START + i);
    if (!made) return std::unexpected(made.error());
    sockets.push_back(std::move(*made));
  }
  return sockets;
}

}  // namespace tcpstated
