// SPDX-License-Identifier: Apache-2.0
#include "kernel/cgroup.hpp"

#include <gtest/gtest.h>

#include "fakes/fake_proc.hpp"

namespace tcpstated {
namespace {

TEST(CgroupOf, AUnifiedHostHasOnePath) {
  EXPECT_EQ(cgroup_of("0::/system.slice/app.service\n"),
            "/system.slice/app.service");
}

TEST(CgroupOf, AHybridHostHasTheUnifiedPathWhereSystemdUsesIt) {
  EXPECT_EQ(cgroup_of("12:pids:/system.slice/app.service\n"
                      "4:cpu,cpuacct:/\n"
                      "1:name=systemd:/system.slice/app.service\n"
                      "0::/system.slice/app.service/unified\n"),
            "/system.slice/app.service/unified");
}

TEST(CgroupOf, AnEmptyUnifiedHierarchyLeavesSystemdsOwn) {
  EXPECT_EQ(cgroup_of("2:memory:/docker/0123\n"
                      "1:name=systemd:/system.slice/app.service\n"
                      "0::/\n"),
            "/system.slice/app.service");
}

TEST(CgroupOf, AV1HostHasSystemdsOwn) {
  EXPECT_EQ(cgroup_of("3:cpu,cpuacct:/x\n"
                      "2:memory:/y\n"
                      "1:name=systemd:/user.slice/session-1.scope\n"),
            "/user.slice/session-1.scope");
}

TEST(CgroupOf, OtherHierarchiesDoNotCount) {
  EXPECT_EQ(cgroup_of("2:memory:/y\n3:name=elogind:/1\n"), "/");
}

TEST(CgroupOf, AColonBelongsToThePath) {
  EXPECT_EQ(cgroup_of("0::/kube/cri-containerd:0123\n"),
            "/kube/cri-containerd:0123");
}

TEST(CgroupOf, NothingIsTheRoot) {
  for (const char* text :
       {"", "\n", "0", "0:", "0::", "0::\n", "1:name=systemd:\n", "garbage"})
    EXPECT_EQ(cgroup_of(text), "/") << text;
}

TEST(UnitOf, IsTheServiceOrScope) {
  EXPECT_EQ(unit_of("/system.slice/app.service"), "app.service");
  EXPECT_EQ(unit_of("/user.slice/user-1000.slice/session-3.scope"),
            "session-3.scope");
  EXPECT_EQ(unit_of("/init.scope"), "init.scope");
}

TEST(UnitOf, BelowAServiceIsStillTheService) {
  EXPECT_EQ(unit_of("/system.slice/app.service/worker/3"), "app.service");
}

TEST(UnitOf, OfNestedManagersTheInnermostUnitCounts) {
  EXPECT_EQ(unit_of("/user.slice/user-1000.slice/user@1000.service/app.slice/"
                    "db.service"),
            "db.service");
}

TEST(UnitOf, AnInstanceAndAnEscapedNameStayWhole) {
  EXPECT_EQ(unit_of("/system.slice/system-web.slice/web@3.service"),
            "web@3.service");
  EXPECT_EQ(unit_of(R"(/system.slice/a\x2db.service)"), R"(a\x2db.service)");
}

TEST(UnitOf, AContainerOfSystemdIsItsScope) {
  EXPECT_EQ(unit_of("/system.slice/docker-0123abcd.scope"),
            "docker-0123abcd.scope");
  EXPECT_EQ(unit_of("/kubepods.slice/kubepods-burstable.slice/"
                    "kubepods-burstable-pod1.slice/cri-containerd-4.scope"),
            "cri-containerd-4.scope");
}

TEST(UnitOf, SlicesAndPlainDirectoriesAreNoUnits) {
  for (const char* path : {"", "/", "/system.slice", "/docker/0123abcd",
                           "/kubepods/besteffort/pod1/2", "/a.service.d"})
    EXPECT_EQ(unit_of(path), "") << path;
}

TEST(Cgroup2Mount, IsTheFirstCgroup2FileSystem) {
  EXPECT_EQ(
      cgroup2_mount(
          "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
          "30 22 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 "
          "rw,nsdelegate\n"
          "31 22 0:26 / /mnt/again rw - cgroup2 cgroup2 rw\n"),
      "/sys/fs/cgroup");
}

TEST(Cgroup2Mount, OfAHybridHostIsTheUnifiedOne) {
  EXPECT_EQ(
      cgroup2_mount("31 30 0:27 / /sys/fs/cgroup/systemd rw - cgroup cgroup "
                    "rw,name=systemd\n"
                    "32 30 0:28 / /sys/fs/cgroup/unified rw shared:9 - cgroup2 "
                    "cgroup2 rw\n"),
      "/sys/fs/cgroup/unified");
}

TEST(Cgroup2Mount, BlanksInThePathAreUnescaped) {
  EXPECT_EQ(cgroup2_mount(R"(1 2 0:1 / /a\040b\134c\011 rw - cgroup2 none rw)"),
            "/a b\\c\t");
}

TEST(Cgroup2Mount, AnIncompleteEscapeStaysAsItIs) {
  EXPECT_EQ(cgroup2_mount(R"(1 2 0:1 / /a\04 rw - cgroup2 none rw)"),
            R"(/a\04)");
  EXPECT_EQ(cgroup2_mount(R"(1 2 0:1 / /a\ rw - cgroup2 none rw)"), R"(/a\)");
  EXPECT_EQ(cgroup2_mount(R"(1 2 0:1 / /a\999b rw - cgroup2 none rw)"),
            R"(/a\999b)");
}

TEST(Cgroup2Mount, NoneIsEmpty) {
  for (const char* text :
       {"", "1 2 0:1 / /x rw - cgroup cgroup rw\n", " - cgroup2 \n",
        "1 2 0:1 / /x rw cgroup2\n", "1 2 - cgroup2 none rw\n",
        "1 2 0:1 / /cgroup2 rw - tmpfs cgroup2 rw\n"})
    EXPECT_EQ(cgroup2_mount(text), "") << text;
}

TEST(CgroupPaths, WithoutACgroup2MountEveryPathIsAnErrorThatSaysSo) {
  FakeProc proc;
  proc.file("self/mountinfo", "1 2 8:1 / / rw - ext4 /dev/sda1 rw\n");
  const auto path = CgroupPaths(proc.root()).path_of(1);
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().message, "no cgroup2 file system is mounted here");
}

TEST(CgroupPaths, AnIdThatNoCgroupHasIsAnError) {
  EXPECT_FALSE(CgroupPaths().path_of(0xdeadbeefdeadbeef));
}

}  // namespace
}  // namespace tcpstated
