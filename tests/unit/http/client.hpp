// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// A client of raw bytes: what a well-behaved library would not send, it can.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "base/strings.hpp"

namespace tcpstated {

/// A response as a client reads it.
struct Answer {
  unsigned status = 0;
  std::string head;  ///< status line and fields, without the empty line
  std::string body;

  /// "" if there is no such field.
  [[nodiscard]] std::string field(std::string_view name) const {
    for (const std::string_view line : split(head, '\n')) {
      const auto colon = line.find(':');
      if (colon != line.npos &&
          to_lower(line.substr(0, colon)) == to_lower(name))
        return std::string(trim(line.substr(colon + 1)));
    }
    return "";
  }
};

/// One connection. Reads only what is there; never blocks.
class Client {
 public:
  /// To "127.0.0.1:PORT" or "unix:/path"; a window of a few KiB if `narrow`.
  explicit Client(const std::string& address, bool narrow = false) {
    if (address.starts_with("unix:")) {
      sockaddr_un to{.sun_family = AF_UNIX, .sun_path = {}};
      std::memcpy(to.sun_path, address.data() + 5, address.size() - 5);
      fd_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
      connect(reinterpret_cast<const sockaddr*>(&to), sizeof(to));
      return;
    }
    fd_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int small = 2048;
    const int on = 1;
    if (narrow)
      ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(*parse_number<std::uint16_t>(
        std::string_view(address).substr(address.rfind(':') + 1)));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connect(reinterpret_cast<const sockaddr*>(&to), sizeof(to));
  }

  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] bool closed() const { return error_.has_value(); }
  [[nodiscard]] bool was_reset() const { return error_ == ECONNRESET; }
  [[nodiscard]] const std::string& received() const { return received_; }

  /// How many bytes the kernel took at once.
  std::size_t send(std::string_view bytes) {
    const auto sent =
        ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }
  /// Says that nothing more will be sent.
  void finish() { ::shutdown(fd_.get(), SHUT_WR); }
  void close() { fd_.reset(); }

  void read_what_is_there() {
    std::array<char, 65536> chunk{};
    while (fd_ && !error_) {
      const auto bytes = ::recv(fd_.get(), chunk.data(), chunk.size(), 0);
      if (bytes > 0)
        received_.append(chunk.data(), static_cast<std::size_t>(bytes));
      else if (bytes == 0 || errno != EAGAIN)
        error_ = bytes == 0 ? 0 : errno;
      else
        return;
    }
  }

  /// The first answer, taken off what was received, if it is complete.
  std::optional<Answer> take_answer(bool to_head = false) {
    const auto head_end = received_.find("\r\n\r\n");
    if (head_end == std::string::npos) return std::nullopt;
    Answer answer{.head = received_.substr(0, head_end), .body = ""};
    answer.status =
        parse_number<unsigned>(std::string_view(received_).substr(9, 3))
            .value_or(0);
    const std::size_t length =
        to_head ? 0
                : parse_number<std::size_t>(answer.field("Content-Length"))
                      .value_or(0);
    if (received_.size() < head_end + 4 + length) return std::nullopt;
    answer.body = received_.substr(head_end + 4, length);
    received_.erase(0, head_end + 4 + length);
    return answer;
  }

 private:
  void connect(const sockaddr* to, socklen_t length) {
    connected_ = ::connect(fd_.get(), to, length) == 0;
    ::fcntl(fd_.get(), F_SETFL, O_NONBLOCK);
  }

  UniqueFd fd_;
  bool connected_ = false;
  std::string received_;
  std::optional<int> error_;  ///< 0: closed in order
};

}  // namespace tcpstated
