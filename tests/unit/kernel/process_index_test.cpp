// SPDX-License-Identifier: Apache-2.0
#include "kernel/process_index.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <system_error>

#include "base/fd.hpp"
#include "fakes/fake_proc.hpp"

namespace tcpstated {
namespace {

/// "pid/command fd kind" of everyone who holds `inode`, in order.
std::string holders(const ProcessScan& scan, std::uint64_t inode) {
  const auto found = scan.holders.find(inode);
  if (found == scan.holders.end()) return "nobody";
  std::vector<std::string> lines;
  for (const Holder& holder : found->second)
    lines.push_back(std::to_string(holder.process->id.pid) + "/" +
                    holder.process->command + " " + std::to_string(holder.fd) +
                    " " + std::string(label(holder.kind)));
  std::ranges::sort(lines);
  std::string text;
  for (const std::string& line : lines)
    text += (text.empty() ? "" : ", ") + line;
  return text;
}

/// Runs `body` in a child, so that what it does to itself (its user, its
/// limits) ends with it. Returns what `body` returns, 0 to 255.
int in_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

struct ProcessIndexTest : testing::Test {
  FakeProc proc;
  ProcessIndex index{proc.root()};

  ProcessScan scan(const InodeFilter& wanted = InodeFilter::all()) const {
    auto scanned = index.scan(wanted);
    EXPECT_TRUE(scanned) << scanned.error().message;
    return scanned ? *std::move(scanned) : ProcessScan{};
  }
  Holder first_holder(std::uint64_t inode) const {
    return scan().holders.at(inode).front();
  }
};

TEST_F(ProcessIndexTest, FindsAProcessByTheInodeOfItsSocket) {
  proc.process(2211, "java").fd(0, "/dev/null").fd(7, "socket:[4711]");
  EXPECT_EQ(holders(scan(), 4711), "2211/java 7 descriptor");
}

TEST_F(ProcessIndexTest, SaysWhatIsKnownOfAProcess) {
  proc.process(2211, "java")
      .started(98765)
      .uid(1001)
      .max_fds("4096")
      .cgroup("0::/system.slice/app.service/worker\n")
      .fd(3, "/dev/null")
      .fd(7, "socket:[4711]");
  const auto process = first_holder(4711).process;
  EXPECT_EQ(process->id, (ProcessId{.pid = 2211, .start_time = 98765}));
  EXPECT_EQ(process->uid, 1001U);
  EXPECT_EQ(process->unit, "app.service");
  EXPECT_EQ(process->cgroup, "/system.slice/app.service/worker");
  EXPECT_EQ(process->open_fds, 2U);
  EXPECT_EQ(process->max_fds, 4096U);
}

TEST_F(ProcessIndexTest, AnUnlimitedProcessHasNoLimit) {
  proc.process(2211, "java").max_fds("unlimited").fd(7, "socket:[4711]");
  EXPECT_EQ(first_holder(4711).process->max_fds, std::nullopt);
}

TEST_F(ProcessIndexTest, ANameChosenByAStrangerIsMadePrintable) {
  proc.process(2211, "a) Z \n\x1b").fd(7, "socket:[4711]");
  EXPECT_EQ(holders(scan(), 4711), "2211/a) Z \\x0a\\x1b 7 descriptor");
}

TEST_F(ProcessIndexTest, ASocketInheritedByOthersHasSeveralHolders) {
  proc.process(1, "nginx").fd(6, "socket:[4711]").fd(9, "socket:[4711]");
  proc.process(2, "nginx").fd(6, "socket:[4711]");
  EXPECT_EQ(holders(scan(), 4711),
            "1/nginx 6 descriptor, 1/nginx 9 descriptor, 2/nginx 6 descriptor");
}

TEST_F(ProcessIndexTest, DescriptorsOfOneProcessShareItsDescription) {
  proc.process(1, "nginx").fd(6, "socket:[4711]").fd(9, "socket:[4712]");
  const auto result = scan();
  EXPECT_EQ(result.holders.at(4711)[0].process,
            result.holders.at(4712)[0].process);
}

TEST_F(ProcessIndexTest, OnlyWantedInodesAreKept) {
  proc.process(1, "nginx").fd(6, "socket:[4711]").fd(7, "socket:[4712]");
  const InodeSet wanted{4712};
  const auto result = scan(InodeFilter::only(wanted));
  EXPECT_EQ(result.holders.size(), 1U);
  EXPECT_EQ(holders(result, 4712), "1/nginx 7 descriptor");
}

TEST_F(ProcessIndexTest, OtherDescriptorsAreNoHolders) {
  proc.process(1, "sh")
      .fd(0, "pipe:[4711]")
      .fd(1, "/tmp/socket:[4711]")
      .fd(2, "anon_inode:[eventpoll]");
  EXPECT_TRUE(scan().holders.empty());
}

TEST_F(ProcessIndexTest, CountsWhatItRead) {
  proc.process(1, "a").fd(0, "/dev/null").fd(1, "/dev/null");
  proc.process(2, "b").fd(0, "/dev/null");
  const auto result = scan();
  EXPECT_EQ(result.processes_seen, 2U);
  EXPECT_EQ(result.processes_unreadable, 0U);
  EXPECT_EQ(result.descriptors_read, 3U);
}

TEST_F(ProcessIndexTest, DirectoriesThatAreNoPidsArePassedOver) {
  proc.file("net/tcp", "");
  proc.file("2211x/stat", "");
  EXPECT_EQ(scan().processes_seen, 0U);
}

TEST_F(ProcessIndexTest, TheOtherThreadsOfAProcessWithoutItsMainThreadShowIt) {
  proc.process(2211, "java")
      .fd(0, "/dev/null")
      .fd(7, "socket:[4711]")
      .end_main_thread(2215);
  EXPECT_EQ(holders(scan(), 4711), "2211/java 7 descriptor");
  EXPECT_EQ(first_holder(4711).process->open_fds, 2U);
}

TEST_F(ProcessIndexTest, AFixedFileOfARingIsHeldByItsProcess) {
  proc.process(2211, "uring")
      .fd(5, "anon_inode:[io_uring]",
          "pos:\t0\nUserFiles:\t2\n    1: socket:[4711]\nUserBufs:\t0\n");
  EXPECT_EQ(holders(scan(), 4711), "2211/uring 5 io_uring_fixed");
}

TEST_F(ProcessIndexTest, ARingOfAProcessWithoutItsMainThreadIsReadToo) {
  proc.process(2211, "uring")
      .fd(5, "anon_inode:[io_uring]", "UserFiles:\t1\n    0: socket:[4711]\n")
      .end_main_thread(2215);
  EXPECT_EQ(holders(scan(), 4711), "2211/uring 5 io_uring_fixed");
}

TEST_F(ProcessIndexTest, AnInodeFoundNowhereLeadsToQueuesThatHoldDescriptors) {
  proc.process(1, "sender").fd(3, "socket:[50]", "ino:\t9\n");
  proc.process(2, "receiver").fd(4, "socket:[51]", "scm_fds: 3\n");
  const InodeSet wanted{4711};
  const auto result = scan(InodeFilter::only(wanted));
  ASSERT_EQ(result.in_flight_candidates.size(), 1U);
  EXPECT_EQ(result.in_flight_candidates[0].process->command, "receiver");
  EXPECT_EQ(result.in_flight_candidates[0].fd, 4);
  EXPECT_EQ(result.in_flight_candidates[0].descriptors, 3U);
}

TEST_F(ProcessIndexTest, QueuesAreOfNoInterestIfEverythingWasFound) {
  proc.process(2, "receiver").fd(4, "socket:[51]", "scm_fds: 3\n");
  const InodeSet wanted{51};
  EXPECT_TRUE(scan(InodeFilter::only(wanted)).in_flight_candidates.empty());
  EXPECT_TRUE(scan(InodeFilter::all()).in_flight_candidates.empty());
}

TEST_F(ProcessIndexTest, AProcessThatEndedBeforeItWasOpenedIsPassedOver) {
  proc.ended(2211);
  proc.process(2212, "java").fd(7, "socket:[4711]");
  const auto result = scan();
  EXPECT_EQ(result.processes_seen, 1U);
  EXPECT_EQ(result.processes_unreadable, 0U);
  EXPECT_EQ(holders(result, 4711), "2212/java 7 descriptor");
}

TEST_F(ProcessIndexTest, AProcessThatEndedWhileItWasReadIsNotForbidden) {
  proc.process(2211, "java").fd(7, "socket:[4711]").vanish();
  const auto result = scan();
  EXPECT_EQ(result.processes_unreadable, 0U);
  EXPECT_EQ(holders(result, 4711), "nobody");
}

TEST_F(ProcessIndexTest, AMissingProcIsAnError) {
  const auto result =
      ProcessIndex(proc.root() + "/no").scan(InodeFilter::all());
  ASSERT_FALSE(result);
  EXPECT_TRUE(result.error().message.starts_with("cannot open '" + proc.root()))
      << result.error().message;
}

TEST_F(ProcessIndexTest, RunningOutOfDescriptorsIsAnErrorAndNotAFinding) {
  proc.process(2211, "java").fd(7, "socket:[4711]");
  const int outcome = in_child([&] {
    // UBSan needs descriptors to check the type of a category the first time.
    if (std::error_code(EMFILE, std::system_category()) == std::errc::io_error)
      return 3;
    const UniqueFd next(::dup(0));  // the lowest free number
    const auto first_free = static_cast<rlim_t>(next.get());
    // Enough to list /proc or to open a process, not to look into it.
    const rlimit limit{.rlim_cur = first_free + 2, .rlim_max = first_free + 2};
    if (!next || ::setrlimit(RLIMIT_NOFILE, &limit) != 0) return 2;
    const auto result = index.scan(InodeFilter::all());
    return !result && result.error().code == std::errc::too_many_files_open ? 0
                                                                            : 1;
  });
  EXPECT_EQ(outcome, 0);
}

/// Scans as a user who may not look into everything. Returns the number of
/// unreadable processes, plus 100 for each inode found.
struct ForbiddenProcessTest : ProcessIndexTest {
  int scan_as_stranger() {
    return in_child([this] {
      if (::getuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) return 99;
      const auto result = index.scan(InodeFilter::all());
      if (!result) return 98;
      return static_cast<int>(result->processes_unreadable +
                              100 * result->holders.size());
    });
  }
};

TEST_F(ForbiddenProcessTest, AProcessWhoseDescriptorsCannotBeListedIsCounted) {
  proc.process(1, "other").fd(3, "socket:[1]").mode("fd", 0);
  proc.process(2, "own").fd(3, "socket:[2]");
  EXPECT_EQ(scan_as_stranger(), 101);
}

TEST_F(ForbiddenProcessTest,
       AProcessWhoseDescriptorsCannotBeFollowedIsCounted) {
  // With CAP_DAC_READ_SEARCH but without CAP_SYS_PTRACE every list can be read
  // and no link.
  proc.process(1, "other").fd(3, "socket:[1]").mode("fd", 0444);
  proc.process(2, "own").fd(3, "socket:[2]");
  EXPECT_EQ(scan_as_stranger(), 101);
}

TEST_F(ForbiddenProcessTest, AProcessThatCannotEvenBeOpenedIsCounted) {
  // hidepid=1
  proc.process(1, "other").fd(3, "socket:[1]").mode("", 0);
  proc.process(2, "own").fd(3, "socket:[2]");
  EXPECT_EQ(scan_as_stranger(), 101);
}

TEST_F(ForbiddenProcessTest, ARingThatCannotBeReadIsCounted) {
  proc.process(1, "other").fd(3, "anon_inode:[io_uring]").mode("fdinfo", 0);
  EXPECT_EQ(scan_as_stranger(), 1);
}

TEST_F(ForbiddenProcessTest,
       AProcessWithoutItsMainThreadMayBeReadByItsThreads) {
  // Without memory of its own /proc/PID/fd belongs to root.
  proc.process(1, "own").fd(3, "socket:[1]").end_main_thread(5).mode("fd", 0);
  EXPECT_EQ(scan_as_stranger(), 100);
}

TEST_F(ProcessIndexTest, WhatWasFoundIsStillSo) {
  proc.process(2211, "java").fd(7, "socket:[4711]");
  EXPECT_TRUE(index.still_holds(first_holder(4711), 4711));
}

TEST_F(ProcessIndexTest, AClosedDescriptorHoldsNothing) {
  auto java = proc.process(2211, "java");
  java.fd(7, "socket:[4711]");
  const Holder holder = first_holder(4711);
  java.close(7);
  EXPECT_FALSE(index.still_holds(holder, 4711));
}

TEST_F(ProcessIndexTest, ADescriptorUsedForAnotherSocketHoldsNothing) {
  auto java = proc.process(2211, "java");
  java.fd(7, "socket:[4711]");
  const Holder holder = first_holder(4711);
  java.close(7).fd(7, "socket:[4712]");
  EXPECT_FALSE(index.still_holds(holder, 4711));
  EXPECT_TRUE(index.still_holds(holder, 4712));
}

TEST_F(ProcessIndexTest, AnEndedProcessHoldsNothing) {
  proc.process(2211, "java").fd(7, "socket:[4711]");
  const Holder holder = first_holder(4711);
  proc.end(2211);
  EXPECT_FALSE(index.still_holds(holder, 4711));
}

TEST_F(ProcessIndexTest, AnotherProcessWithTheSamePidHoldsNothing) {
  proc.process(2211, "java").started(100).fd(7, "socket:[4711]");
  const Holder holder = first_holder(4711);
  proc.end(2211);
  proc.process(2211, "java").started(101).fd(7, "socket:[4711]");
  EXPECT_FALSE(index.still_holds(holder, 4711));
}

TEST_F(ProcessIndexTest, AFixedFileIsStillHeldUntilItIsUnregistered) {
  auto uring = proc.process(2211, "uring");
  uring.fd(5, "anon_inode:[io_uring]", "UserFiles:\t1\n    0: socket:[4711]\n");
  const Holder holder = first_holder(4711);
  EXPECT_TRUE(index.still_holds(holder, 4711));
  uring.close(5).fd(5, "anon_inode:[io_uring]", "UserFiles:\t1\n");
  EXPECT_FALSE(index.still_holds(holder, 4711));
}

TEST_F(ProcessIndexTest, AProcessWithoutItsMainThreadStillHoldsWhatItHeld) {
  auto java = proc.process(2211, "java");
  java.fd(7, "socket:[4711]");
  const Holder holder = first_holder(4711);
  java.end_main_thread(2215);
  EXPECT_TRUE(index.still_holds(holder, 4711));
  java.close(7);
  EXPECT_FALSE(index.still_holds(holder, 4711));
}

}  // namespace
}  // namespace tcpstated
