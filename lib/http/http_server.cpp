// SPDX-License-Identifier: Apache-2.0
#include "http/http_server.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <list>
#include <utility>

#include "http/http_gate.hpp"
#include "http/http_session.hpp"
#include "http/inherited_sockets.hpp"
#include "http/listen_socket.hpp"
#include "http/peer_address.hpp"
#include "http/problem.hpp"

namespace tcpstated {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Protocol = asio::generic::stream_protocol;
using Acceptor = asio::basic_socket_acceptor<Protocol>;

/// Descriptors that are not for clients: netlink, epoll, files of /proc.
constexpr std::size_t kReservedDescriptors = 32;
constexpr Duration kAcceptPause = std::chrono::milliseconds(100);
/// A response to a slow reader waits in the kernel up to this size.
constexpr int kSendBuffer = 128 * 1024;
constexpr int kAcceptsPerWake = 64;

/// As many connections as the options say and the descriptor limit allows.
std::size_t effective_cap(std::size_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
      limit.rlim_cur == RLIM_INFINITY)
    return wanted;
  const std::size_t all = limit.rlim_cur;
  const std::size_t for_clients =
      all > 2 * kReservedDescriptors ? all - kReservedDescriptors : all / 2;
  return std::max<std::size_t>(1, std::min(wanted, for_clients));
}

bool is_exhausted(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS ||
         error == ENOMEM;
}

/// What accept(2) may return although the next call can succeed.
bool is_of_one_connection(int error) {
  return error != EAGAIN && error != EBADF && error != EINVAL &&
         error != ENOTSOCK && error != EFAULT && error != EOPNOTSUPP;
}

}  // namespace

struct HttpServer::Impl final : HttpSessionHost {
  using Sessions = std::list<std::shared_ptr<HttpSession>>;

  struct Listener {
    Listener(asio::io_context& io, ListenSocket socket)
        : unix_path(std::move(socket.unix_path)),
          acceptor(io, Protocol(socket.family, 0), socket.fd.release()),
          pause(io) {}
    std::string unix_path;
    Acceptor acceptor;
    asio::steady_timer pause;
  };

  Impl(asio::io_context& context, const HttpOptions& given, Router routes,
       Observer observe)
      : io(context),
        options(given),
        gate(context, std::move(routes)),
        observer(std::move(observe)),
        reserve(::open("/dev/null", O_RDONLY | O_CLOEXEC)) {
    totals.max_connections = effective_cap(options.max_connections);
  }

  Result<> open() {
    if (options.systemd_sockets) {
      auto sockets = take_inherited_sockets();
      if (!sockets) return std::unexpected(std::move(sockets).error());
      for (ListenSocket& socket : *sockets) add_listener(std::move(socket));
    } else {
      for (const std::string& address : options.listen) {
        auto socket = open_listen_socket(address);
        if (!socket) return std::unexpected(std::move(socket).error());
        add_listener(std::move(*socket));
      }
    }
    for (Listener& listener : listeners) wait_for_clients(listener);
    return {};
  }

  void add_listener(ListenSocket socket) {
    (void)::setsockopt(socket.fd.get(), SOL_SOCKET, SO_SNDBUF, &kSendBuffer,
                       sizeof(kSendBuffer));
    addresses.push_back(socket.address);
    listeners.emplace_back(io, std::move(socket));
  }

  void wait_for_clients(Listener& listener) {
    listener.acceptor.async_wait(Acceptor::wait_read,
                                 [this, &listener](const error_code& error) {
                                   if (!error) accept_clients(listener);
                                 });
  }

  void pause_accepting(Listener& listener) {
    listener.pause.expires_after(kAcceptPause);
    listener.pause.async_wait([this, &listener](const error_code& error) {
      if (!error) accept_clients(listener);
    });
  }

  void accept_clients(Listener& listener) {
    if (stopping) return;  // this call was already on its way
    if (look_for_policy) look_for_policy();
    for (int i = 0; i < kAcceptsPerWake; ++i) {
      if (sessions.size() >= totals.max_connections) {
        if (!has_client(listener)) break;
        if (!evict_oldest()) return pause_accepting(listener);
      }
      sockaddr_storage address{};
      socklen_t length = sizeof(address);
      const int fd = ::accept4(listener.acceptor.native_handle(),
                               reinterpret_cast<sockaddr*>(&address), &length,
                               SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd >= 0) {
        open_session(UniqueFd(fd), address);
        continue;
      }
      const int error = errno;
      if (error == EAGAIN) break;
      // accept(2) fails for want of a descriptor before it looks for a client.
      if (is_exhausted(error) && !has_client(listener)) break;
      ++totals.accept_failed;
      if (is_exhausted(error)) {
        if (evict_oldest()) continue;
        shed_one(listener);
        return pause_accepting(listener);
      }
      if (!is_of_one_connection(error)) return pause_accepting(listener);
    }
    wait_for_clients(listener);
  }

  /// Whether somebody waits to be accepted: nobody is evicted for nobody.
  static bool has_client(Listener& listener) {
    pollfd queue{.fd = listener.acceptor.native_handle(), .events = POLLIN};
    return ::poll(&queue, 1, 0) > 0;
  }

  void open_session(UniqueFd fd, const sockaddr_storage& address) {
    HttpPeer peer = peer_of(address);
    if (!peer.unix_socket) set_tcp_options(fd.get());
    HttpSession::Socket socket(io);
    error_code error;
    socket.assign(Protocol(address.ss_family, 0), fd.get(), error);
    if (error) {  // epoll takes no more descriptors
      ++totals.accept_failed;
      return;
    }
    (void)fd.release();
    ++totals.accepted;
    // A unix socket leaves this host by no wire.
    auto tls = peer.unix_socket ? nullptr : gate.policy().tls;
    auto session = std::make_shared<HttpSession>(
        std::move(socket), std::move(peer), std::move(tls), options, *this);
    sessions.push_back(session);
    session->start();
  }

  void set_tcp_options(int fd) const {
    const int on = 1;
    (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    // The end of an answer may be left to the kernel when we close; a client
    // that does not take it must not keep it there either.
    using std::chrono::milliseconds;
    const auto patience = static_cast<unsigned>(
        std::chrono::duration_cast<milliseconds>(options.write_deadline)
            .count());
    (void)::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience,
                       sizeof(patience));
  }

  /// Of the connections that are owed no answer, closes the one that has made
  /// us wait longest.
  bool evict_oldest() {
    const auto victim = std::ranges::find_if(sessions, [](const auto& session) {
      return session->is_dispensable();
    });
    if (victim == sessions.end()) return false;
    ++totals.evicted;
    // Closing takes it off the list, which may be the last to hold it.
    (*victim)->shared_from_this()->close();
    return true;
  }

  /// Nobody can be evicted and there is no descriptor: the client at the head
  /// of the queue is told so by a close instead of waiting for ever.
  void shed_one(Listener& listener) {
    reserve.reset();
    const UniqueFd refused(::accept4(listener.acceptor.native_handle(), nullptr,
                                     nullptr, SOCK_CLOEXEC));
    reserve.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  }

  // HttpSessionHost

  std::string_view answer(HttpRequest request, HttpRespond respond) override {
    if (look_for_policy) look_for_policy();
    request.base = base_of(request);
    if (++answering <= options.max_requests)
      return gate.answer(request, std::move(respond),
                         std::chrono::steady_clock::now());
    ++totals.overloaded;
    respond(to_response({.status = 503,
                         .detail = "Too many requests are being answered.",
                         .hint = "again in a moment",
                         .headers = {{"Retry-After", "1"}}},
                        request));
    return "";
  }

  [[nodiscard]] std::string base_of(const HttpRequest& request) const {
    if (!options.external_url.empty()) return options.external_url;
    return (request.peer.tls ? "https://" : "") + request.host +
           options.route_prefix;
  }

  void on_answered(const HttpRecord& record) override {
    --answering;
    observer(record);
  }

  void on_refused(unsigned status) override {
    ++totals.malformed;
    observer({.route = "", .method = "", .status = status});
  }

  void on_handshake_failed() override { ++totals.handshakes_failed; }

  [[nodiscard]] const std::vector<WebHeader>& headers() const override {
    return gate.policy().headers;
  }

  [[nodiscard]] bool keeps_connections() const override { return !stopping; }

  void on_waiting(HttpSession& session) override {
    sessions.splice(sessions.end(), sessions, find(session));
  }

  void on_writing(std::size_t bytes) override {
    waiting_bytes += bytes;
    while (waiting_bytes > options.max_waiting_bytes && abort_slowest())
      ++totals.evicted;
  }

  void on_written(std::size_t bytes) override { waiting_bytes -= bytes; }

  void on_closed(HttpSession& session) override {
    sessions.erase(find(session));
  }

  Sessions::iterator find(const HttpSession& session) {
    return std::ranges::find_if(
        sessions, [&](const auto& open) { return open.get() == &session; });
  }

  /// Gives up the client that has been sent an answer for longest.
  bool abort_slowest() {
    std::shared_ptr<HttpSession> slowest;
    for (const auto& session : sessions)
      if (session->is_writing() &&
          (!slowest || session->asked() < slowest->asked()))
        slowest = session;
    if (slowest) slowest->abort();
    return slowest != nullptr;
  }

  void set_policy(WebPolicy policy) {
    const bool other_tls = policy.tls != gate.policy().tls;
    gate.set_policy(std::move(policy));
    if (other_tls)
      for (const auto& session : sessions) session->retire();
  }

  void stop() {
    if (std::exchange(stopping, true)) return;
    for (Listener& listener : listeners) {
      error_code ignored;
      listener.acceptor.close(ignored);
      listener.pause.cancel();
      if (!listener.unix_path.empty()) ::unlink(listener.unix_path.c_str());
    }
    const auto open = sessions;  // closing one takes it off the list
    for (const auto& session : open)
      if (session->awaits_head()) session->close();
  }

  asio::io_context& io;
  HttpOptions options;
  HttpGate gate;
  Observer observer;
  std::function<void()> look_for_policy;
  UniqueFd reserve;
  std::vector<std::string> addresses;
  std::list<Listener> listeners;
  /// Those who have made us wait for longest first.
  Sessions sessions;
  std::size_t waiting_bytes = 0;
  HttpStats totals;
  std::size_t answering = 0;
  bool stopping = false;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() { impl_->stop(); }

Result<std::unique_ptr<HttpServer>> HttpServer::listen(
    asio::io_context& io, const HttpOptions& options, Router router,
    Observer observer) {
  std::unique_ptr<HttpServer> server(new HttpServer(std::make_unique<Impl>(
      io, options, std::move(router), std::move(observer))));
  if (auto opened = server->impl_->open(); !opened)
    return std::unexpected(opened.error());
  return server;
}

const std::vector<std::string>& HttpServer::addresses() const {
  return impl_->addresses;
}

HttpStats HttpServer::stats() const {
  HttpStats stats = impl_->totals;
  stats.connections = impl_->sessions.size();
  return stats;
}

Router& HttpServer::router() { return impl_->gate.router(); }

void HttpServer::set_policy(WebPolicy policy) {
  impl_->set_policy(std::move(policy));
}

void HttpServer::on_activity(std::function<void()> look) {
  impl_->look_for_policy = std::move(look);
}

void HttpServer::stop() { impl_->stop(); }

}  // namespace tcpstated
