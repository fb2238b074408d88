// SPDX-License-Identifier: Apache-2.0
#include "daemon/config_file.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/fd.hpp"
#include "fakes/temporary_folder.hpp"

namespace tcpstated {
namespace {

struct ConfigFile : testing::Test {
  TemporaryFolder folder;
  std::string path = folder.file("tcpstated.yml");

  void write(std::string_view text, ::mode_t mode = 0644) {
    folder.write("tcpstated.yml", text);
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
  }
  /// Every line of the failure, with the folder as "DIR"; "" if it was read.
  [[nodiscard]] std::string trouble(bool may_be_absent = false) const {
    const auto config = load_config(path, may_be_absent);
    if (config) return "";
    std::string text;
    for (const std::string& line : config.error()) text += line + "\n";
    return folder.without_path(std::move(text));
  }
};

TEST_F(ConfigFile, IsRead) {
  write("metrics: {max_processes: 7}\n");
  const auto config = load_config(path, false);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->leaks.max_processes, 7U);
}

TEST_F(ConfigFile, ProblemsNameFileLineAndColumn) {
  write("metrics: {max_processes: x}\nweb: 1\n");
  EXPECT_EQ(trouble(),
            "DIR/tcpstated.yml:1:26: metrics.max_processes: 'x' is not a "
            "number from 1 to 100\n"
            "DIR/tcpstated.yml:2:6: web: this is a section with the keys "
            "detail_access, max_connections\n");
}

TEST_F(ConfigFile, MayBeAbsentIfNobodyNamedIt) {
  const auto config = load_config(path, true);
  ASSERT_TRUE(config);
  EXPECT_EQ(format_config(*config), format_config(Config{}));
}

TEST_F(ConfigFile, MustBeThereIfItWasNamed) {
  EXPECT_EQ(trouble(),
            "cannot read 'DIR/tcpstated.yml': No such file or directory\n");
}

TEST_F(ConfigFile, ThatIsThereButBadIsNoAbsentFile) {
  write("x: 1\n");
  EXPECT_NE(trouble(true), "");
}

TEST_F(ConfigFile, ALinkIsFollowed) {
  write("metrics: {max_processes: 7}\n");
  std::filesystem::rename(path, folder.file("real.yml"));
  std::filesystem::create_symlink("real.yml", path);
  EXPECT_EQ(load_config(path, false)->leaks.max_processes, 7U);
}

TEST_F(ConfigFile, ALinkToNothingIsAbsent) {
  std::filesystem::create_symlink("nothing.yml", path);
  EXPECT_EQ(trouble(true), "");
  EXPECT_NE(trouble(false), "");
}

/// Opening it must not wait for a writer: a reload would hang the daemon.
TEST_F(ConfigFile, AFifoIsRefusedAtOnce) {
  ASSERT_EQ(::mkfifo(path.c_str(), 0644), 0);
  EXPECT_EQ(trouble(true),
            "cannot read 'DIR/tcpstated.yml': it is not a regular file\n");
}

TEST_F(ConfigFile, ADirectoryIsRefused) {
  std::filesystem::create_directory(path);
  EXPECT_EQ(trouble(true),
            "cannot read 'DIR/tcpstated.yml': it is not a regular file\n");
}

TEST_F(ConfigFile, ASocketIsRefused) {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  ASSERT_LT(path.size(), sizeof(address.sun_path));
  std::memcpy(address.sun_path, path.data(), path.size());
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address),
                   sizeof(address)),
            0);
  EXPECT_NE(trouble(true), "");
}

TEST_F(ConfigFile, AFileThatEverybodyMayWriteIsRefused) {
  write("", 0646);
  EXPECT_EQ(trouble(true),
            "cannot read 'DIR/tcpstated.yml': everybody may write it; chmod "
            "o-w it\n");
}

TEST_F(ConfigFile, AFileOfItsGroupIsFine) {
  write("", 0660);
  EXPECT_EQ(trouble(), "");
}

TEST_F(ConfigFile, AFileOfAnotherUserIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to give a file away";
  write("");
  ASSERT_EQ(::chown(path.c_str(), 12345, 0), 0);
  EXPECT_EQ(trouble(true),
            "cannot read 'DIR/tcpstated.yml': it belongs to user 12345, not to "
            "root or the user of the daemon\n");
}

TEST_F(ConfigFile, AVeryLargeFileIsRefused) {
  write(std::string(kMaxConfigBytes + 1, '#'));
  EXPECT_EQ(trouble(),
            "DIR/tcpstated.yml:1:1: the file is larger than 1 MiB\n");
}

TEST_F(ConfigFile, OneMebibyteIsRead) {
  write(std::string(kMaxConfigBytes, '#'));
  EXPECT_EQ(trouble(), "");
}

TEST_F(ConfigFile, AHostilePathIsShownHarmlessly) {
  const auto config = load_config("/nowhere/\x1b[2J\n", false);
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().at(0),
            R"(cannot read '/nowhere/\x1b[2J\x0a': No such file or directory)");
}

}  // namespace
}  // namespace tcpstated
