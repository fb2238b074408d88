// SPDX-License-Identifier: Apache-2.0
#include "kernel/network_namespaces.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace tcpstated {
namespace {

TEST(NetworkNamespaces, AreNamedByTheFilesOfIpNetns) {
  std::string directory = testing::TempDir() + "netns-XXXXXX";
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  const std::string file = directory + "/blue\x1b";
  std::ofstream(file).put('\n');
  struct stat info{};
  ASSERT_EQ(::stat(file.c_str(), &info), 0);
  const NamespaceNames names = named_network_namespaces(directory);
  std::filesystem::remove_all(directory);
  ASSERT_EQ(names.size(), 1U);
  EXPECT_EQ(names.begin()->first, info.st_ino);
  EXPECT_EQ(names.begin()->second, "blue\\x1b");
}

TEST(NetworkNamespaces, HaveNoNamesWhereThereIsNoDirectory) {
  EXPECT_TRUE(named_network_namespaces("/nowhere").empty());
}

}  // namespace
}  // namespace tcpstated
