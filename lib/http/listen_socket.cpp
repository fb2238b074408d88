// SPDX-License-Identifier: Apache-2.0
#include "http/listen_socket.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>
#include <memory>

#include "base/strings.hpp"

namespace tcpstated {
namespace {

constexpr std::string_view kUnixPrefix = "unix:";
constexpr int kBacklog = 512;
constexpr mode_t kUnixMode = 0660;
constexpr int kSocketType = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;

std::string quoted(std::string_view address) {
  return "'" + printable(address) + "'";
}

Result<ListenSocket> listen_on(const sockaddr* address, socklen_t length,
                               bool dual_stack, std::string_view text) {
  ListenSocket made{.family = address->sa_family};
  made.fd.reset(::socket(address->sa_family, kSocketType, 0));
  const std::string what = "cannot listen on " + quoted(text);
  if (!made.fd) return fail_errno(what);
  const int on = 1;
  const int ipv6_only = dual_stack ? 0 : 1;
  if (made.family != AF_UNIX)
    (void)::setsockopt(made.fd.get(), SOL_SOCKET, SO_REUSEADDR, &on,
                       sizeof(on));
  if (made.family == AF_INET6)
    (void)::setsockopt(made.fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &ipv6_only,
                       sizeof(ipv6_only));
  if (::bind(made.fd.get(), address, length) != 0 ||
      ::listen(made.fd.get(), kBacklog) != 0)
    return fail_errno(what);
  return made;
}

/// Whether nobody listens at this path any more. A queue that is full and a
/// socket we may not use belong to somebody.
bool is_stale(const sockaddr_un& address) {
  const UniqueFd probe(::socket(AF_UNIX, kSocketType, 0));
  return probe &&
         ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address),
                   sizeof(address)) != 0 &&
         errno == ECONNREFUSED;
}

Result<ListenSocket> listen_unix(std::string_view text) {
  const std::string path(text.substr(kUnixPrefix.size()));
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  if (path.empty() || path.size() >= sizeof(address.sun_path))
    return fail("cannot listen on " + quoted(text) +
                ": the path must have 1 to 107 bytes");
  std::memcpy(address.sun_path, path.data(), path.size());
  struct stat info{};
  if (::lstat(path.c_str(), &info) == 0) {
    if (!S_ISSOCK(info.st_mode))
      return fail("cannot listen on " + quoted(text) +
                  ": the file exists and is not a socket");
    if (!is_stale(address))
      return fail("cannot listen on " + quoted(text) +
                  ": another process answers there");
    ::unlink(path.c_str());
  }
  auto made = listen_on(reinterpret_cast<const sockaddr*>(&address),
                        sizeof(address), false, text);
  if (!made) return made;
  if (::chmod(path.c_str(), kUnixMode) != 0)
    return fail_errno("cannot set the mode of " + quoted(text));
  made->address = std::string(kUnixPrefix) + path;
  made->unix_path = path;
  return made;
}

struct HostPort {
  std::string host;  ///< empty: every address
  std::string port;
};

std::optional<HostPort> split_host_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']') && host.size() > 2)
    host = host.substr(1, host.size() - 2);
  else if (host.contains(':') || host.contains('['))
    return std::nullopt;  // an IPv6 address without brackets
  if (!parse_number<std::uint16_t>(port)) return std::nullopt;
  return HostPort{std::string(host), std::string(port)};
}

Result<ListenSocket> listen_everywhere(const std::string& port,
                                       std::string_view text) {
  const std::uint16_t number = htons(*parse_number<std::uint16_t>(port));
  sockaddr_in6 all6{};
  all6.sin6_family = AF_INET6;
  all6.sin6_port = number;
  auto made = listen_on(reinterpret_cast<const sockaddr*>(&all6), sizeof(all6),
                        true, text);
  if (made || made.error().code != std::errc::address_family_not_supported)
    return made;
  sockaddr_in all4{};
  all4.sin_family = AF_INET;
  all4.sin_port = number;
  return listen_on(reinterpret_cast<const sockaddr*>(&all4), sizeof(all4),
                   false, text);
}

/// A name may have an IPv6 address although this host has none.
bool is_not_of_this_host(const Error& error) {
  return error.code == std::errc::address_not_available ||
         error.code == std::errc::address_family_not_supported;
}

Result<ListenSocket> listen_tcp(std::string_view text) {
  const auto parts = split_host_port(text);
  if (!parts)
    return fail("cannot listen on " + quoted(text) +
                ": write 'HOST:PORT', '[IPV6]:PORT', ':PORT' or 'unix:/path'");
  if (parts->host.empty()) return listen_everywhere(parts->port, text);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  if (const int error = ::getaddrinfo(parts->host.c_str(), parts->port.c_str(),
                                      &hints, &list);
      error != 0)
    return fail("cannot listen on " + quoted(text) + ": " +
                ::gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(
      list, &::freeaddrinfo);
  for (const addrinfo* at = list;; at = at->ai_next) {
    auto made = listen_on(at->ai_addr, at->ai_addrlen, false, text);
    if (made || at->ai_next == nullptr || !is_not_of_this_host(made.error()))
      return made;
  }
}

}  // namespace

std::string bound_address(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  auto* const address = reinterpret_cast<sockaddr*>(&storage);
  if (::getsockname(fd, address, &length) != 0) return "?";
  if (storage.ss_family == AF_UNIX) {
    sockaddr_un local{};
    std::memcpy(&local, &storage, sizeof(local));
    return std::string(kUnixPrefix) +
           printable(std::string_view(
               local.sun_path,
               ::strnlen(local.sun_path, sizeof(local.sun_path))));
  }
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (::getnameinfo(address, length, host.data(), host.size(), port.data(),
                    port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return "?";
  const std::string name(host.data());
  return (name.contains(':') ? "[" + name + "]" : name) + ":" + port.data();
}

Result<ListenSocket> open_listen_socket(std::string_view address) {
  if (address.starts_with(kUnixPrefix)) return listen_unix(address);
  auto made = listen_tcp(address);
  if (made) made->address = bound_address(made->fd.get());
  return made;
}

}  // namespace tcpstated
