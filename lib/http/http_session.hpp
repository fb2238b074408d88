// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// One connection of the HTTP server, from accept to close. Private to this
/// room.

#include <array>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "http/http_options.hpp"
#include "http/http_record.hpp"
#include "http/http_stream.hpp"
#include "http/message.hpp"
#include "http/problem.hpp"
#include "http/web_policy.hpp"

namespace tcpstated {

class HttpSession;

/// What a session needs of its server.
class HttpSessionHost {
 public:
  virtual ~HttpSessionHost() = default;
  /// Answers a request; returns the path of its route, "" if it has none.
  virtual std::string_view answer(HttpRequest request, HttpRespond respond) = 0;
  /// Once for every answer(), when the response is there.
  virtual void on_answered(const HttpRecord& record) = 0;
  /// A request was refused before it could be understood.
  virtual void on_refused(unsigned status) = 0;
  virtual void on_handshake_failed() = 0;
  /// What every response carries.
  [[nodiscard]] virtual const std::vector<WebHeader>& headers() const = 0;
  /// Whether a connection may stay open for another request.
  [[nodiscard]] virtual bool keeps_connections() const = 0;
  /// A connection is kept and begins to wait for its next request.
  virtual void on_waiting(HttpSession& session) = 0;
  /// So many bytes begin to wait for a client to take them.
  virtual void on_writing(std::size_t bytes) = 0;
  /// They wait no more.
  virtual void on_written(std::size_t bytes) = 0;
  virtual void on_closed(HttpSession& session) = 0;
};

/// Lives on the I/O thread. Every wait has an absolute deadline; while it waits
/// for a head it may be closed at any moment to make room.
class HttpSession final : public std::enable_shared_from_this<HttpSession> {
 public:
  using Socket = HttpStream::Socket;

  /// Without `tls` it is plain HTTP.
  HttpSession(Socket socket, HttpPeer peer,
              std::shared_ptr<const TlsContext> tls, const HttpOptions& options,
              HttpSessionHost& host);

  void start();
  /// At once, whatever it does. Tells the host.
  void close();
  /// Likewise; what the client has not taken does not linger in the kernel.
  void abort();
  /// At its next answer, or now if it owes none: its TLS is outdated.
  void retire();
  /// Nothing of a request has been answered yet.
  [[nodiscard]] bool awaits_head() const {
    return phase_ == Phase::Handshake || phase_ == Phase::Idle ||
           phase_ == Phase::Head;
  }
  /// No answer is owed: the one to close if there are too many.
  [[nodiscard]] bool is_dispensable() const {
    return awaits_head() || phase_ == Phase::Draining;
  }
  [[nodiscard]] bool is_writing() const { return phase_ == Phase::Writing; }
  /// When its last request was complete.
  [[nodiscard]] std::chrono::steady_clock::time_point asked() const {
    return asked_;
  }

 private:
  enum class Phase : std::uint8_t {
    Handshake,  ///< of TLS, from accept on
    Idle,       ///< no byte of a request yet
    Head,       ///< a part of the head
    Answering,  ///< the handler works
    Writing,
    Draining,  ///< closed by us; what still arrives is thrown away
    Closed,
  };

  void on_first_bytes(const boost::system::error_code& error);
  void on_handshake(const boost::system::error_code& error);
  void await_request();
  void receive();
  void on_received(const boost::system::error_code& error, std::size_t bytes);
  void handle_input();
  void handle_head(std::size_t head_bytes);
  void on_response(HttpResponse response);
  void refuse(Problem problem);
  void write(HttpResponse response);
  void on_written();
  void finish();
  void drain();
  void enter(Phase phase, Duration deadline);
  void on_deadline();
  [[nodiscard]] std::string response_head(const HttpResponse& response) const;

  HttpStream stream_;
  boost::asio::steady_timer timer_;
  HttpPeer peer_;
  std::shared_ptr<const TlsContext> tls_;
  const HttpOptions& options_;
  HttpSessionHost& host_;

  Phase phase_ = Phase::Idle;
  bool retired_ = false;
  unsigned deadline_number_ = 0;  ///< tells an outdated expiry from a real one
  std::string input_;
  std::array<char, 4096> chunk_{};
  std::size_t drained_ = 0;
  HttpRecord record_;
  std::chrono::steady_clock::time_point asked_;
  bool keep_alive_ = false;
  bool head_only_ = false;  ///< the request was a HEAD
  bool accepts_gzip_ = false;
  std::string output_head_;
  HttpBody output_body_;
  std::size_t waiting_bytes_ = 0;  ///< as told to the host
};

}  // namespace tcpstated
