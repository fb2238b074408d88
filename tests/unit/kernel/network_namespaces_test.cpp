// SPDX-License-Identifier: Apache-2.0
#include "kernel/network_namespaces.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "fakes/temporary_folder.hpp"

namespace tcpstated {
namespace {

TEST(NetworkNamespaces, AreNamedByTheFilesOfIpNetns) {
  const TemporaryFolder folder;
  const std::string file = folder.write("blue\x1b", "\n");
  struct stat info{};
  ASSERT_EQ(::stat(file.c_str(), &info), 0);
  const NamespaceNames names = named_network_namespaces(folder.path());
  ASSERT_EQ(names.size(), 1U);
  EXPECT_EQ(names.begin()->first, info.st_ino);
  EXPECT_EQ(names.begin()->second, "blue\\x1b");
}

TEST(NetworkNamespaces, HaveNoNamesWhereThereIsNoDirectory) {
  EXPECT_TRUE(named_network_namespaces("/nowhere").empty());
}

}  // namespace
}  // namespace tcpstated
