// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The bytes of one connection, with or without TLS around them. It has no
/// deadlines; the session has. Private to this room.

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "http/tls_context.hpp"

namespace tcpstated {

class HttpStream {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;
  using ErrorCode = boost::system::error_code;

  explicit HttpStream(Socket socket) : socket_(std::move(socket)) {}

  /// handler(error), once the client has sent something. Before that a
  /// connection costs no memory for TLS.
  template <typename Handler>
  void await_bytes(Handler handler) {
    socket_.async_wait(Socket::wait_read, std::move(handler));
  }

  /// The first byte of what was sent, which stays to be read; nullopt if the
  /// client has gone.
  [[nodiscard]] std::optional<char> peek() {
    char first = 0;
    if (::recv(socket_.native_handle(), &first, 1, MSG_PEEK) != 1)
      return std::nullopt;
    return first;
  }

  /// handler(error). From here on everything goes through TLS.
  template <typename Handler>
  void handshake(std::shared_ptr<const TlsContext> context, Handler handler) {
    context_ = std::move(context);
    auto* const session = context_->new_session();
    if (session == nullptr)
      return handler(ErrorCode(boost::asio::error::no_memory));
    tls_.emplace(socket_, session);
    tls_->async_handshake(boost::asio::ssl::stream_base::server,
                          std::move(handler));
  }

  [[nodiscard]] bool has_verified_client() {
    return tls_ && context_->has_verified_client(tls_->native_handle());
  }

  /// handler(error, bytes)
  template <typename Handler>
  void read_some(boost::asio::mutable_buffer into, Handler handler) {
    if (tls_)
      tls_->async_read_some(into, std::move(handler));
    else
      socket_.async_read_some(into, std::move(handler));
  }

  /// All of it; handler(error, bytes)
  template <typename Buffers, typename Handler>
  void write(const Buffers& buffers, Handler handler) {
    if (tls_)
      boost::asio::async_write(*tls_, buffers, std::move(handler));
    else
      boost::asio::async_write(socket_, buffers, std::move(handler));
  }

  /// Tells the client that nothing more will come; handler() when it can be
  /// forgotten. With TLS that waits for the client, for as long as it likes.
  template <typename Handler>
  void finish(Handler handler) {
    if (!tls_) {
      shutdown();
      return handler();
    }
    tls_->async_shutdown(
        [this, handler = std::move(handler)](const ErrorCode&) mutable {
          shutdown();
          handler();
        });
  }

  /// The FIN, without a word of TLS.
  void shutdown() {
    ErrorCode ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
  }

  [[nodiscard]] Socket& socket() { return socket_; }

 private:
  Socket socket_;
  std::shared_ptr<const TlsContext> context_;
  std::optional<boost::asio::ssl::stream<Socket&>> tls_;
};

}  // namespace tcpstated
