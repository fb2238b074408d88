// SPDX-License-Identifier: Apache-2.0
#include "http/listen_socket.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <filesystem>
#include <fstream>

#include "fakes/temporary_folder.hpp"
#include "unit/http/http_world.hpp"

namespace tcpstated {
namespace {

std::string error_of(std::string_view address) {
  const auto socket = open_listen_socket(address);
  return socket ? "" : socket.error().message;
}

TEST(ListenSocket, PortZeroTakesAFreePortAndSaysWhich) {
  const auto socket = open_listen_socket("127.0.0.1:0");
  ASSERT_TRUE(socket) << socket.error().message;
  EXPECT_EQ(socket->family, AF_INET);
  EXPECT_TRUE(socket->address.starts_with("127.0.0.1:"));
  EXPECT_NE(socket->address, "127.0.0.1:0");
  EXPECT_TRUE(Client(socket->address).connected());
}

TEST(ListenSocket, TakesIpv6InBrackets) {
  const auto socket = open_listen_socket("[::1]:0");
  ASSERT_TRUE(socket) << socket.error().message;
  EXPECT_EQ(socket->family, AF_INET6);
  EXPECT_TRUE(socket->address.starts_with("[::1]:"));
}

TEST(ListenSocket, WithoutAHostListensForBothFamilies) {
  const auto socket = open_listen_socket(":0");
  ASSERT_TRUE(socket) << socket.error().message;
  EXPECT_EQ(socket->family, AF_INET6);
  EXPECT_TRUE(socket->address.starts_with("[::]:"));
  EXPECT_TRUE(Client(socket->address).connected()) << "over IPv4";
}

TEST(ListenSocket, AnIpv6AddressDoesNotTakeIpv4Too) {
  const auto socket = open_listen_socket("[::]:0");
  ASSERT_TRUE(socket);
  EXPECT_FALSE(Client(socket->address).connected());
}

TEST(ListenSocket, TakesAName) {
  const auto socket = open_listen_socket("localhost:0");
  ASSERT_TRUE(socket) << socket.error().message;
}

TEST(ListenSocket, ATakenPortIsNamedWithTheReason) {
  const auto first = open_listen_socket("127.0.0.1:0");
  ASSERT_TRUE(first);
  const auto second = open_listen_socket(first->address);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message, "cannot listen on '" + first->address +
                                        "': Address already in use");
  EXPECT_EQ(second.error().code, std::errc::address_in_use);
}

TEST(ListenSocket, AnAddressOfAnotherHostIsNamedWithTheReason) {
  EXPECT_EQ(error_of("192.0.2.1:0"),
            "cannot listen on '192.0.2.1:0': Cannot assign requested address");
}

TEST(ListenSocket, BadSpellingsAreToldTheGoodOnes) {
  for (const char* text :
       {"", "localhost", "127.0.0.1", ":", ":x", ":-1", ":+1", ":65536", ":80 ",
        "::1:80", "[::1", "[::1]", "[]:80", "[::1]80", "a:b:80",
        "http://localhost:80", "19293", "localhost:http"})
    EXPECT_TRUE(
        error_of(text).contains("write 'HOST:PORT', '[IPV6]:PORT', "
                                "':PORT' or 'unix:/path'"))
        << text << ": " << error_of(text);
}

TEST(ListenSocket, BadSpellingsAreShownEscaped) {
  EXPECT_TRUE(error_of("\x1b[2J").contains("'\\x1b[2J'"));
}

TEST(ListenSocket, IsNotInheritedAndDoesNotBlock) {
  const auto socket = open_listen_socket("127.0.0.1:0");
  ASSERT_TRUE(socket);
  EXPECT_TRUE(::fcntl(socket->fd.get(), F_GETFD) & FD_CLOEXEC);
  EXPECT_TRUE(::fcntl(socket->fd.get(), F_GETFL) & O_NONBLOCK);
}

struct UnixListenSocket : testing::Test {
  TemporaryFolder folder;
  std::string path = folder.file("api.sock");
  std::string address = "unix:" + path;
};

TEST_F(UnixListenSocket, IsOpenedAtItsPath) {
  const auto socket = open_listen_socket(address);
  ASSERT_TRUE(socket) << socket.error().message;
  EXPECT_EQ(socket->family, AF_UNIX);
  EXPECT_EQ(socket->address, address);
  EXPECT_EQ(socket->unix_path, path);
  EXPECT_TRUE(Client(address).connected());
}

TEST_F(UnixListenSocket, ReplacesOneThatNobodyAnswers) {
  ASSERT_TRUE(open_listen_socket(address));  // and closed, the file stays
  ASSERT_TRUE(std::filesystem::exists(path));
  const auto socket = open_listen_socket(address);
  ASSERT_TRUE(socket) << socket.error().message;
  EXPECT_TRUE(Client(address).connected());
}

TEST_F(UnixListenSocket, LeavesOneThatSomebodyAnswers) {
  const auto first = open_listen_socket(address);
  ASSERT_TRUE(first);
  EXPECT_EQ(error_of(address), "cannot listen on '" + address +
                                   "': another process answers there");
  EXPECT_TRUE(Client(address).connected());
}

TEST_F(UnixListenSocket, LeavesOneWhoseQueueIsFull) {
  const auto first = open_listen_socket(address);
  ASSERT_TRUE(first);
  ASSERT_EQ(::listen(first->fd.get(), 0), 0);
  const Client waiting(address);
  ASSERT_TRUE(waiting.connected());
  EXPECT_EQ(error_of(address), "cannot listen on '" + address +
                                   "': another process answers there");
}

TEST_F(UnixListenSocket, LeavesAFileThatIsNoSocket) {
  std::ofstream(path) << "precious";
  EXPECT_EQ(error_of(address), "cannot listen on '" + address +
                                   "': the file exists and is not a socket");
  EXPECT_EQ(std::filesystem::file_size(path), 8U);
}

TEST_F(UnixListenSocket, DoesNotFollowALink) {
  std::filesystem::create_symlink(folder.file("elsewhere"), path);
  EXPECT_TRUE(error_of(address).contains("is not a socket"));
}

TEST_F(UnixListenSocket, NeedsItsFolder) {
  EXPECT_TRUE(error_of("unix:" + folder.file("no/such.sock"))
                  .ends_with("No such file or directory"));
}

TEST_F(UnixListenSocket, APathThatDoesNotFitIsRefused) {
  EXPECT_TRUE(error_of("unix:").contains("1 to 107 bytes"));
  EXPECT_TRUE(
      error_of("unix:/" + std::string(107, 'a')).contains("1 to 107 bytes"));
}

TEST(ListenSocket, AUnixSocketIsForItsUserAndGroupOnly) {
  const TemporaryFolder folder;
  const std::string path = folder.file("api.sock");
  const auto socket = open_listen_socket("unix:" + path);
  ASSERT_TRUE(socket) << socket.error().message;
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            perms::owner_read | perms::owner_write | perms::group_read |
                perms::group_write);
}

}  // namespace
}  // namespace tcpstated
