// SPDX-License-Identifier: Apache-2.0
#include "leak/listener_match.hpp"

#include <gtest/gtest.h>

#include "fakes/fake_kernel.hpp"

namespace tcpstated {
namespace {

struct ListenerMatchTest : testing::Test {
  FakeKernel kernel;
  ConnectionTable table{{}, 3};

  StateChange& listen(std::string_view local, std::uint32_t queue = 0) {
    StateChange& row = kernel.listen(local);
    row.socket.receive_queue = queue;
    row.socket.ipv6 = local.starts_with('[');
    return row;
  }
  std::vector<std::uint64_t> owners(std::string_view local) {
    StateChange& child = kernel.add(local, "10.0.0.9:1", TcpState::CloseWait);
    child.socket.ipv6 = local.starts_with('[');
    for (std::uint64_t cookie = 1; cookie <= kernel.last_cookie(); ++cookie)
      table.apply(kernel.socket(cookie));
    std::vector<std::uint64_t> inodes;
    for (const Connection* row :
         ListenerMatch(table).find(*table.find(child.key())))
      inodes.push_back(row->socket.inode);
    return inodes;
  }
};

TEST_F(ListenerMatchTest, TheExactAddressWinsOverTheWildcard) {
  listen("0.0.0.0:80", 4);
  const auto exact = listen("10.0.0.1:80", 1).socket.inode;
  EXPECT_EQ(owners("10.0.0.1:80"), std::vector{exact});
}

TEST_F(ListenerMatchTest, ADualStackListenerTakesIpv4Connections) {
  const auto dual = listen("[::]:80", 1).socket.inode;
  EXPECT_EQ(owners("10.0.0.1:80"), std::vector{dual});
}

TEST_F(ListenerMatchTest, AnIpv4WildcardDoesNotTakeIpv6) {
  listen("0.0.0.0:80", 1);
  EXPECT_TRUE(owners("[2001:db8::1]:80").empty());
}

TEST_F(ListenerMatchTest, AmongSharersTheOneWithAQueueIsMeant) {
  listen("0.0.0.0:80", 0);
  const auto full = listen("0.0.0.0:80", 3).socket.inode;
  EXPECT_EQ(owners("10.0.0.1:80"), std::vector{full});
}

TEST_F(ListenerMatchTest, SharersThatCannotBeToldApartAreAllNamed) {
  listen("0.0.0.0:80", 2);
  listen("0.0.0.0:80", 3);
  EXPECT_EQ(owners("10.0.0.1:80").size(), 2U);
}

TEST_F(ListenerMatchTest, AnotherPortIsAnotherListener) {
  listen("0.0.0.0:81", 2);
  EXPECT_TRUE(owners("10.0.0.1:80").empty());
}

}  // namespace
}  // namespace tcpstated
