// SPDX-License-Identifier: Apache-2.0
#include "http/http_session.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <ctime>
#include <utility>

#include "http/gzip.hpp"
#include "http/negotiation.hpp"
#include "http/problem.hpp"
#include "http/request_head.hpp"

namespace tcpstated {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// How long, and how much, a closed connection is read on, so that the client
/// sees our last answer and not a reset (RFC 9112 9.6).
constexpr Duration kDrainDeadline = std::chrono::seconds(1);
constexpr std::size_t kMaxDrained = std::size_t{256} * 1024;

/// How TLS begins (RFC 8446 5.1), and no HTTP does.
constexpr char kTlsHandshake = 22;

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7).
std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 40> text{};
  const std::size_t length = std::strftime(text.data(), text.size(),
                                           "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), length};
}

std::string_view phrase(unsigned status) {
  if (status == 200) return "OK";
  if (status == 204) return "No Content";
  return reason_phrase(status);
}

/// Answers exactly once, from any thread, on the session's thread. Until then
/// it counts as work of the io_context, which does not run out of it.
class Reply {
 public:
  using Executor = HttpSession::Socket::executor_type;
  using Deliver = std::function<void(HttpResponse)>;

  Reply(const Executor& executor, Deliver deliver)
      : executor_(
            asio::prefer(executor, asio::execution::outstanding_work.tracked)),
        deliver_(std::move(deliver)) {}
  Reply(Reply&& other) noexcept
      : executor_(std::move(other.executor_)),
        deliver_(std::exchange(other.deliver_, nullptr)) {}
  Reply& operator=(Reply&&) = delete;
  ~Reply() {
    if (deliver_)
      send(to_text_response(
          {.status = 503,
           .detail = "The question was dropped before it was answered.",
           .hint = "again in a moment",
           .headers = {{"Retry-After", "1"}}}));
  }
  void operator()(HttpResponse response) { send(std::move(response)); }

 private:
  void send(HttpResponse response) {
    if (!deliver_) return;
    asio::post(executor_, [deliver = std::exchange(deliver_, nullptr),
                           response = std::move(response)]() mutable {
      deliver(std::move(response));
    });
    executor_ = {};
  }

  Executor executor_;
  Deliver deliver_;
};

}  // namespace

HttpSession::HttpSession(Socket socket, HttpPeer peer,
                         std::shared_ptr<const TlsContext> tls,
                         const HttpOptions& options, HttpSessionHost& host)
    : stream_(std::move(socket)),
      timer_(stream_.socket().get_executor()),
      peer_(std::move(peer)),
      tls_(std::move(tls)),
      options_(options),
      host_(host) {}

void HttpSession::start() {
  enter(tls_ ? Phase::Handshake : Phase::Head, options_.head_deadline);
  if (!tls_) return receive();
  stream_.await_bytes([self = shared_from_this()](const error_code& error) {
    self->on_first_bytes(error);
  });
}

void HttpSession::on_first_bytes(const error_code& error) {
  if (phase_ != Phase::Handshake) return;
  const auto first = error ? std::nullopt : stream_.peek();
  if (!first) return close();
  if (*first != kTlsHandshake)
    return refuse({.status = 400,
                   .detail = "This port speaks TLS and nothing else.",
                   .hint = "https:// instead of http://"});
  stream_.handshake(
      tls_, [self = shared_from_this()](const error_code& handshake_error) {
        self->on_handshake(handshake_error);
      });
}

void HttpSession::on_handshake(const error_code& error) {
  if (phase_ != Phase::Handshake) return;
  if (error) {
    host_.on_handshake_failed();
    // The alert that says why is on its way; a reset would overtake it.
    stream_.shutdown();
    enter(Phase::Draining, kDrainDeadline);
    return drain();
  }
  peer_.tls = true;
  peer_.verified = stream_.has_verified_client();
  phase_ = Phase::Head;  // under the deadline that the handshake had
  receive();
}

void HttpSession::close() {
  if (phase_ == Phase::Closed) return;
  phase_ = Phase::Closed;
  timer_.cancel();
  error_code ignored;
  stream_.socket().close(ignored);
  host_.on_written(std::exchange(waiting_bytes_, 0));
  host_.on_closed(*this);
}

void HttpSession::abort() {
  // Else the kernel keeps the unsent rest (reliability.md 0.4).
  const linger reset{.l_onoff = 1, .l_linger = 0};
  (void)::setsockopt(stream_.socket().native_handle(), SOL_SOCKET, SO_LINGER,
                     &reset, sizeof(reset));
  close();
}

void HttpSession::retire() {
  retired_ = true;
  if (phase_ == Phase::Idle) finish();
}

void HttpSession::enter(Phase phase, Duration deadline) {
  phase_ = phase;
  const unsigned number = ++deadline_number_;
  timer_.expires_after(deadline);
  timer_.async_wait(
      [self = shared_from_this(), number](const error_code& error) {
        if (!error && number == self->deadline_number_) self->on_deadline();
      });
}

void HttpSession::on_deadline() {
  switch (phase_) {
    case Phase::Head:
      if (input_.size() == count_leading_line_ends(input_)) return close();
      return refuse(
          {.status = 408, .detail = "The request head took too long."});
    case Phase::Writing:
      return abort();
    case Phase::Idle:
      return tls_ ? finish() : close();
    case Phase::Handshake:
    case Phase::Draining:
      return close();
    case Phase::Answering:  // the handler has all the time it needs
    case Phase::Closed:
      return;
  }
}

void HttpSession::await_request() {
  host_.on_waiting(*this);
  if (!input_.empty()) {  // pipelined
    enter(Phase::Head, options_.head_deadline);
    return handle_input();
  }
  enter(Phase::Idle, options_.idle_deadline);
  receive();
}

void HttpSession::receive() {
  stream_.read_some(
      asio::buffer(chunk_),
      [self = shared_from_this()](const error_code& error, std::size_t bytes) {
        self->on_received(error, bytes);
      });
}

void HttpSession::on_received(const error_code& error, std::size_t bytes) {
  if (!awaits_head()) return;  // closed, or refused at the deadline
  if (error) return close();   // the client has gone
  input_.append(chunk_.data(), bytes);
  if (phase_ == Phase::Idle) enter(Phase::Head, options_.head_deadline);
  handle_input();
}

void HttpSession::handle_input() {
  // The same bytes get the same answer, however they were cut into segments.
  if (input_.starts_with(kTlsHandshake))
    return refuse({.status = 400,
                   .detail = "This port speaks HTTP without TLS.",
                   .hint = "http:// instead of https://"});
  const std::size_t skipped = count_leading_line_ends(input_);
  const std::string_view received =
      std::string_view(input_).substr(skipped, options_.max_header_bytes);
  if (const auto head_bytes = find_head_end(received)) {
    input_.erase(0, skipped);
    return handle_head(*head_bytes);
  }
  if (received.size() < options_.max_header_bytes) return receive();
  const unsigned status = received.contains('\n') ? 431 : 414;
  refuse({.status = status,
          .detail = "The request head is longer than " +
                    std::to_string(options_.max_header_bytes) + " bytes."});
}

void HttpSession::handle_head(std::size_t head_bytes) {
  auto head = parse_head(std::string_view(input_).substr(0, head_bytes));
  if (!head) return refuse(std::move(head.error()));
  input_.erase(0, head_bytes);
  phase_ = Phase::Answering;
  keep_alive_ = head->keep_alive;
  head_only_ = head->request.method == HttpMethod::Head;
  accepts_gzip_ = accepts_gzip(head->request.accept_encoding);
  head->request.peer = peer_;
  head->request.authenticated = peer_.verified;
  asked_ = std::chrono::steady_clock::now();
  record_.method = label(head->request.method);
  record_.route =
      host_.answer(std::move(head->request),
                   Reply(stream_.socket().get_executor(),
                         [self = shared_from_this()](HttpResponse response) {
                           self->on_response(std::move(response));
                         }));
}

void HttpSession::on_response(HttpResponse response) {
  record_.status = response.status;
  record_.took = std::chrono::steady_clock::now() - asked_;
  host_.on_answered(record_);
  if (phase_ == Phase::Answering) write(std::move(response));
}

void HttpSession::refuse(Problem problem) {
  host_.on_refused(problem.status);
  keep_alive_ = false;
  head_only_ = false;
  accepts_gzip_ = false;
  write(to_text_response(std::move(problem)));
}

std::string HttpSession::response_head(const HttpResponse& response) const {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " " +
                     std::string(phrase(response.status)) + "\r\n";
  const auto add = [&](std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
  };
  add("Date", http_date());
  add("Connection", keep_alive_ ? "keep-alive" : "close");
  const auto add_default = [&](std::string_view name, std::string_view value) {
    if (std::ranges::find(host_.headers(), name, &WebHeader::name) ==
        host_.headers().end())
      add(name, value);
  };
  if (output_body_) {
    add("Content-Type", response.content_type);
    add_default("X-Content-Type-Options", "nosniff");
    add("Cache-Control", "no-store");
    add_default("Content-Security-Policy", "default-src 'none'; sandbox");
    add("Vary", "Accept, Accept-Encoding");
  }
  for (const WebHeader& header : host_.headers())
    add(header.name, header.value);
  for (const HttpHeader& header : response.headers)
    add(header.name, header.value);
  if (response.status != 204)
    add("Content-Length",
        std::to_string(output_body_ ? output_body_->size() : 0));
  return head + "\r\n";
}

void HttpSession::write(HttpResponse response) {
  output_body_ = std::move(response.body);
  keep_alive_ = keep_alive_ && !retired_ && host_.keeps_connections();
  if (accepts_gzip_ && output_body_ && output_body_->size() >= kMinGzipBytes)
    if (auto packed = gzip(*output_body_)) {
      output_body_ = std::make_shared<const std::string>(std::move(*packed));
      response.headers.push_back({"Content-Encoding", "gzip"});
    }
  output_head_ = response_head(response);
  if (head_only_) output_body_.reset();
  waiting_bytes_ = output_body_ ? output_body_->size() : 0;
  host_.on_writing(waiting_bytes_);
  enter(Phase::Writing, options_.write_deadline);
  const std::array<asio::const_buffer, 2> buffers{
      asio::buffer(output_head_),
      output_body_ ? asio::buffer(*output_body_) : asio::const_buffer()};
  stream_.write(buffers, [self = shared_from_this()](const error_code& error,
                                                     std::size_t) {
    if (self->phase_ != Phase::Writing) return;
    if (error) return self->close();
    self->on_written();
  });
}

void HttpSession::on_written() {
  output_body_.reset();
  host_.on_written(std::exchange(waiting_bytes_, 0));
  if (keep_alive_ && !retired_ && host_.keeps_connections())
    return await_request();
  finish();
}

void HttpSession::finish() {
  enter(Phase::Draining, kDrainDeadline);
  stream_.finish([self = shared_from_this()] {
    if (self->phase_ == Phase::Draining) self->drain();
  });
}

/// Under TLS what arrives is not even deciphered.
void HttpSession::drain() {
  stream_.socket().async_read_some(
      asio::buffer(chunk_),
      [self = shared_from_this()](const error_code& error, std::size_t bytes) {
        if (self->phase_ != Phase::Draining) return;
        self->drained_ += bytes;
        if (error || self->drained_ > kMaxDrained) return self->close();
        self->drain();
      });
}

}  // namespace tcpstated
