// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// A client that speaks TLS to 127.0.0.1. It never blocks.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <string>

#include "base/fd.hpp"
#include "base/strings.hpp"

namespace tcpstated {

class TlsClient {
 public:
  explicit TlsClient(const std::string& address)
      : context_(::SSL_CTX_new(::TLS_client_method()), &::SSL_CTX_free),
        ssl_(::SSL_new(context_.get()), &::SSL_free),
        fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(*parse_number<std::uint16_t>(
        std::string_view(address).substr(address.rfind(':') + 1)));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    (void)::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&to),
                    sizeof(to));
    ::fcntl(fd_.get(), F_SETFL, O_NONBLOCK);
    ::SSL_set_fd(ssl_.get(), fd_.get());
  }

  /// A step of the handshake; true once it is done.
  bool shake_hands() { return ::SSL_connect(ssl_.get()) == 1; }

  bool send(std::string_view text) {
    return ::SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())) >
           0;
  }

  /// Whatever has arrived so far, and whether the server has said its end.
  const std::string& receive() {
    std::array<char, 16384> chunk{};
    int bytes = 0;
    while ((bytes = ::SSL_read(ssl_.get(), chunk.data(), chunk.size())) > 0)
      text_.append(chunk.data(), static_cast<std::size_t>(bytes));
    error_ = ::SSL_get_error(ssl_.get(), bytes);
    return text_;
  }
  /// By a close_notify, not by a bare FIN or a reset.
  [[nodiscard]] bool ended_in_order() const {
    return error_ == SSL_ERROR_ZERO_RETURN;
  }

 private:
  std::unique_ptr<SSL_CTX, decltype(&::SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&::SSL_free)> ssl_;
  UniqueFd fd_;
  std::string text_;
  int error_ = 0;
};

}  // namespace tcpstated
