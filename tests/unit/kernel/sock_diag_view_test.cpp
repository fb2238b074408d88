// SPDX-License-Identifier: Apache-2.0
// The real SocketView asked about real sockets, on loopback of whatever network
// namespace this runs in. Other sockets of the host come and go meanwhile.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <vector>

#include "base/fd.hpp"
#include "kernel/socket_view.hpp"

namespace tcpstated {
namespace {

constexpr int kMptcp = 262;  // IPPROTO_MPTCP
constexpr int kTimeout = 10'000;

std::uint64_t inode_of(const UniqueFd& fd) {
  struct stat status{};
  EXPECT_EQ(::fstat(fd.get(), &status), 0);
  return status.st_ino;
}

std::uint64_t cookie_of(const UniqueFd& fd) {
  std::uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  EXPECT_EQ(::getsockopt(fd.get(), SOL_SOCKET, SO_COOKIE, &cookie, &size), 0);
  return cookie;
}

/// Waits for what the other end did, never for time to pass.
bool arrived(const UniqueFd& fd, short events) {
  pollfd ready{.fd = fd.get(), .events = events, .revents = 0};
  return ::poll(&ready, 1, kTimeout) == 1 && (ready.revents & events) != 0;
}

/// A listening socket on a free port of 127.0.0.1.
struct Listener {
  UniqueFd fd;
  sockaddr_in address{};

  explicit Listener(int protocol = IPPROTO_TCP)
      : fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, protocol)) {
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    if (fd &&
        (::bind(fd.get(), raw, size) != 0 || ::listen(fd.get(), 64) != 0 ||
         ::getsockname(fd.get(), raw, &size) != 0))
      fd.reset();
  }
  [[nodiscard]] std::uint16_t port() const { return ntohs(address.sin_port); }
};

/// One established connection to a listener.
struct Connection {
  UniqueFd client;
  UniqueFd server;

  explicit Connection(const Listener& listener, int protocol = IPPROTO_TCP)
      : client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, protocol)) {
    const auto* const raw =
        reinterpret_cast<const sockaddr*>(&listener.address);
    EXPECT_EQ(::connect(client.get(), raw, sizeof listener.address), 0)
        << std::strerror(errno);
    server.reset(::accept4(listener.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
    EXPECT_TRUE(server) << std::strerror(errno);
  }
  void close_client() {
    client.reset();
    EXPECT_TRUE(arrived(server, POLLRDHUP));
  }
};

class Rows final : public RowSink {
 public:
  void on_rows(std::span<const StateChange> rows) override {
    all.insert(all.end(), rows.begin(), rows.end());
  }
  [[nodiscard]] const StateChange* of(const UniqueFd& fd) const {
    const auto row =
        std::ranges::find(all, cookie_of(fd),
                          [](const StateChange& r) { return r.socket.cookie; });
    return row == all.end() ? nullptr : &*row;
  }

  std::vector<StateChange> all;
};

struct SockDiagViewTest : testing::Test {
  std::unique_ptr<SocketView> view;
  Listener listener;

  void SetUp() override {
    auto opened = open_socket_view();
    ASSERT_TRUE(opened) << opened.error().message;
    view = *std::move(opened);
    ASSERT_TRUE(listener.fd);
  }
  /// A dump of a table that others change can break off; it is then repeated,
  /// as its users do.
  Rows dump(StateSet states) {
    for (int attempt = 0; attempt < 20; ++attempt) {
      Rows rows;
      const auto stats = view->dump_tcp(states, rows);
      if (!stats) ADD_FAILURE() << stats.error().message;
      if (!stats || stats->complete) return rows;
    }
    ADD_FAILURE() << "20 dumps broke off";
    return {};
  }
  StateChange look_up(const SocketRef& socket) {
    Rows rows;
    const auto done = view->look_up(std::span(&socket, 1), rows);
    EXPECT_TRUE(done) << done.error().message;
    EXPECT_EQ(rows.all.size(), 1U);
    return rows.all.empty() ? StateChange{} : rows.all[0];
  }
};

TEST_F(SockDiagViewTest, FindsAListener) {
  const Rows rows = dump({TcpState::Listen});
  const StateChange* const row = rows.of(listener.fd);
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->to, TcpState::Listen);
  EXPECT_EQ(row->tuple.local.port, listener.port());
  EXPECT_EQ(row->tuple.remote, *Endpoint::parse("0.0.0.0:0"));
  EXPECT_EQ(row->socket.inode, inode_of(listener.fd));
  EXPECT_EQ(row->socket.uid, ::geteuid());
  EXPECT_EQ(row->socket.send_queue, 64U);  // its backlog
  EXPECT_EQ(row->quality, Quality::Kernel);
}

TEST_F(SockDiagViewTest, FindsBothEndsOfAConnection) {
  const Connection connection(listener);
  const Rows rows = dump({TcpState::Established});
  const StateChange* const client = rows.of(connection.client);
  const StateChange* const server = rows.of(connection.server);
  ASSERT_NE(client, nullptr);
  ASSERT_NE(server, nullptr);
  EXPECT_EQ(client->to, TcpState::Established);
  EXPECT_EQ(client->tuple.reversed(), server->tuple);
  EXPECT_EQ(server->tuple.local.port, listener.port());
  EXPECT_TRUE(server->tuple.local.ip.is_loopback());
  EXPECT_EQ(server->socket.protocol, Protocol::Tcp);
  EXPECT_EQ(server->socket.kind, SocketKind::Full);
  EXPECT_FALSE(server->socket.ipv6);
}

TEST_F(SockDiagViewTest, ASocketInCloseWaitComesWithItsFacts) {
  Connection connection(listener);
  ASSERT_EQ(::send(connection.client.get(), "hello", 5, 0), 5);
  connection.close_client();
  const Rows rows = dump({TcpState::CloseWait});
  const StateChange* const row = rows.of(connection.server);
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->to, TcpState::CloseWait);
  EXPECT_EQ(row->socket.inode, inode_of(connection.server));
  EXPECT_EQ(row->socket.receive_queue, 6U);  // and the FIN
  ASSERT_TRUE(row->socket.times);
  EXPECT_EQ(row->socket.times->bytes_received, 6U);
  EXPECT_LT(row->socket.times->since_data_received, std::chrono::minutes(1));
}

TEST_F(SockDiagViewTest, AConnectionNobodyAcceptedHasNoInode) {
  const UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::connect(client.get(),
                      reinterpret_cast<const sockaddr*>(&listener.address),
                      sizeof listener.address),
            0);
  ASSERT_TRUE(arrived(listener.fd, POLLIN));
  const Rows rows = dump({TcpState::Established, TcpState::Listen});
  const auto server = std::ranges::find(
      rows.all, rows.of(client)->tuple.reversed(), &StateChange::tuple);
  ASSERT_NE(server, rows.all.end());
  EXPECT_EQ(server->socket.inode, 0U);
  EXPECT_EQ(rows.of(listener.fd)->socket.receive_queue, 1U);
}

TEST_F(SockDiagViewTest, OnlyStatesAskedForComeBack) {
  Connection connection(listener);
  connection.close_client();
  const Rows rows = dump({TcpState::CloseWait, TcpState::Listen});
  EXPECT_NE(rows.of(connection.server), nullptr);
  EXPECT_TRUE(std::ranges::all_of(rows.all, [](const StateChange& row) {
    return row.to == TcpState::CloseWait || row.to == TcpState::Listen;
  }));
}

TEST_F(SockDiagViewTest, BothFamiliesComeWithOneDump) {
  const UniqueFd server(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  if (!server || ::bind(server.get(), reinterpret_cast<const sockaddr*>(&any),
                        sizeof any) != 0)
    GTEST_SKIP() << "no IPv6 here: " << std::strerror(errno);
  ASSERT_EQ(::listen(server.get(), 1), 0);
  const Rows rows = dump({TcpState::Listen});
  ASSERT_NE(rows.of(server), nullptr);
  EXPECT_TRUE(rows.of(server)->socket.ipv6);
  EXPECT_EQ(rows.of(server)->tuple.local.ip, IpAddress{});
  ASSERT_NE(rows.of(listener.fd), nullptr);
  EXPECT_FALSE(rows.of(listener.fd)->socket.ipv6);
}

TEST_F(SockDiagViewTest, AnIpv4ClientOfAnIpv6ListenerIsTheSameAddress) {
  Listener dual;
  dual.fd.reset(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  socklen_t size = sizeof any;
  auto* const raw = reinterpret_cast<sockaddr*>(&any);
  const int off = 0;
  (void)::setsockopt(dual.fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off,
                     sizeof off);
  if (!dual.fd || ::bind(dual.fd.get(), raw, size) != 0)
    GTEST_SKIP() << "no IPv6 here: " << std::strerror(errno);
  ASSERT_EQ(::listen(dual.fd.get(), 1), 0);
  ASSERT_EQ(::getsockname(dual.fd.get(), raw, &size), 0);
  dual.address.sin_port = any.sin6_port;

  const Connection connection(dual);
  const Rows rows = dump({TcpState::Established});
  const StateChange* const server = rows.of(connection.server);
  ASSERT_NE(server, nullptr);
  ASSERT_NE(rows.of(connection.client), nullptr);
  EXPECT_TRUE(server->socket.ipv6);
  EXPECT_EQ(server->tuple.reversed(), rows.of(connection.client)->tuple);
  EXPECT_EQ(look_up(ref_to(*server)).to, TcpState::Established);
}

TEST_F(SockDiagViewTest, CountersCountWhatWeOpened) {
  std::vector<Connection> connections;
  for (int i = 0; i < 20; ++i) connections.emplace_back(listener);
  for (int i = 0; i < 10; ++i)
    connections[static_cast<std::size_t>(i)].close_client();
  const auto counters = view->counters();
  ASSERT_TRUE(counters) << counters.error().message;
  // 10 clients and 10 servers are established, 10 servers in CLOSE_WAIT.
  EXPECT_GE(counters->curr_estab, 30U);
  EXPECT_GE(counters->inuse_ipv4, 31U);  // and the listener
  EXPECT_GE(counters->allocated, counters->inuse_ipv4);
}

TEST_F(SockDiagViewTest, ALookUpSaysWhatASocketIsNow) {
  Connection connection(listener);
  const Rows rows = dump({TcpState::Established});
  ASSERT_NE(rows.of(connection.server), nullptr);
  const SocketRef server = ref_to(*rows.of(connection.server));
  EXPECT_EQ(look_up(server).to, TcpState::Established);
  connection.close_client();
  const StateChange now = look_up(server);
  EXPECT_EQ(now.to, TcpState::CloseWait);
  EXPECT_EQ(now.socket.receive_queue, 1U);
  EXPECT_EQ(ref_to(now).key(), server.key());
}

TEST_F(SockDiagViewTest, AVanishedSocketIsLookedUpAsClosed) {
  Connection connection(listener);
  connection.close_client();
  const Rows rows = dump({TcpState::CloseWait});
  ASSERT_NE(rows.of(connection.server), nullptr);
  SocketRef server = ref_to(*rows.of(connection.server));
  server.interface = 1;  // as if bound to a device: has to come back
  connection.server.reset();
  const StateChange gone = look_up(server);
  EXPECT_EQ(gone.to, TcpState::Closed);
  EXPECT_EQ(gone.quality, Quality::Kernel);
  EXPECT_EQ(gone.socket.protocol, Protocol::Tcp);
  EXPECT_EQ(gone.key(), server.key());
  EXPECT_EQ(gone.socket.interface, 1U);
  EXPECT_FALSE(gone.socket.ipv6);
}

TEST_F(SockDiagViewTest, AnotherSocketWithTheSameAddressesIsNotTakenForIt) {
  const Connection connection(listener);
  const Rows rows = dump({TcpState::Established});
  ASSERT_NE(rows.of(connection.server), nullptr);
  SocketRef earlier = ref_to(*rows.of(connection.server));
  earlier.cookie += 0x100000000;
  EXPECT_EQ(look_up(earlier).to, TcpState::Closed);
  EXPECT_EQ(look_up(earlier).socket.cookie, earlier.cookie);
}

TEST_F(SockDiagViewTest, ALookUpOfManyAnswersEachOnce) {
  std::vector<Connection> connections;
  for (int i = 0; i < 50; ++i) connections.emplace_back(listener);
  const Rows rows = dump({TcpState::Established});
  std::vector<SocketRef> sockets;
  for (const Connection& connection : connections) {
    ASSERT_NE(rows.of(connection.server), nullptr);
    sockets.push_back(ref_to(*rows.of(connection.server)));
    sockets.push_back(sockets.back());
    sockets.back().cookie += 0x100000000;  // one that is not there
  }
  Rows answers;
  const auto done = view->look_up(sockets, answers);
  ASSERT_TRUE(done) << done.error().message;
  ASSERT_EQ(answers.all.size(), sockets.size());
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    EXPECT_EQ(answers.all[i].key(), sockets[i].key());
    EXPECT_EQ(answers.all[i].to,
              i % 2 == 0 ? TcpState::Established : TcpState::Closed);
  }
}

TEST_F(SockDiagViewTest, ALookUpOfNothingAnswersNothing) {
  Rows rows;
  EXPECT_TRUE(view->look_up({}, rows));
  EXPECT_TRUE(rows.all.empty());
}

TEST_F(SockDiagViewTest, TimeDoesNotGoBack) {
  const Instant before = view->now();
  const Rows rows = dump({TcpState::Listen});
  ASSERT_FALSE(rows.all.empty());
  EXPECT_GE(rows.all.front().at, before);
  EXPECT_LE(rows.all.back().at, view->now());
}

TEST_F(SockDiagViewTest, AnMptcpConnectionInCloseWaitIsFoundByItsOwnDump) {
  const Listener mptcp(kMptcp);
  if (!mptcp.fd) GTEST_SKIP() << "no MPTCP here: " << std::strerror(errno);
  Connection connection(mptcp, kMptcp);
  connection.close_client();
  Rows rows;
  const auto stats = view->dump_mptcp({TcpState::CloseWait}, rows);
  ASSERT_TRUE(stats) << stats.error().message;
  const std::uint64_t inode = inode_of(connection.server);
  const auto row = std::ranges::find(
      rows.all, inode, [](const StateChange& r) { return r.socket.inode; });
  ASSERT_NE(row, rows.all.end());
  EXPECT_EQ(row->to, TcpState::CloseWait);
  EXPECT_EQ(row->socket.protocol, Protocol::Mptcp);
  EXPECT_EQ(row->tuple.local.port, mptcp.port());
}

}  // namespace
}  // namespace tcpstated
