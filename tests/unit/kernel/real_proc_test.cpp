// SPDX-License-Identifier: Apache-2.0
// ProcessIndex and the real /proc, where the texts it reads come from.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "base/fd.hpp"
#include "kernel/process_index.hpp"

namespace tcpstated {
namespace {

std::uint64_t inode_of(int fd) {
  struct stat status{};
  EXPECT_EQ(::fstat(fd, &status), 0);
  return status.st_ino;
}

struct RealProcTest : testing::Test {
  ProcessIndex index;
  UniqueFd left;
  UniqueFd right;

  void SetUp() override {
    int pair[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    left.reset(pair[0]);
    right.reset(pair[1]);
  }
  Result<ProcessScan> scan_for(std::uint64_t inode) const {
    const InodeSet wanted{inode};
    return index.scan(InodeFilter::only(wanted));
  }
  /// Passes a new socket into the pair and closes it; returns its inode.
  std::uint64_t send_away() const {
    const UniqueFd cargo(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const std::uint64_t inode = inode_of(cargo.get());
    const int number = cargo.get();
    char byte = 0;
    iovec part{.iov_base = &byte, .iov_len = 1};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof number)]{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* const head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof number);
    std::copy_n(reinterpret_cast<const char*>(&number), sizeof number,
                reinterpret_cast<char*>(CMSG_DATA(head)));
    EXPECT_EQ(::sendmsg(left.get(), &message, 0), 1);
    return inode;
  }
};

TEST_F(RealProcTest, ShowsOurOwnSocket) {
  const std::uint64_t inode = inode_of(left.get());
  const auto result = scan_for(inode);
  ASSERT_TRUE(result) << result.error().message;
  ASSERT_TRUE(result->holders.contains(inode));
  const Holder& holder = result->holders.at(inode)[0];
  EXPECT_EQ(holder.process->id.pid, ::getpid());
  EXPECT_EQ(holder.process->uid, ::geteuid());
  EXPECT_EQ(holder.fd, left.get());
  EXPECT_TRUE(index.still_holds(holder, inode));
  left.reset();
  EXPECT_FALSE(index.still_holds(holder, inode));
}

TEST_F(RealProcTest, ADescriptorInFlightIsHeldByNobodyAndHasACandidate) {
  const auto result = scan_for(send_away());
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_TRUE(result->holders.empty());
  const auto found = std::ranges::find_if(
      result->in_flight_candidates, [this](const InFlightCandidate& candidate) {
        return candidate.process->id.pid == ::getpid() &&
               candidate.fd == right.get();
      });
  ASSERT_NE(found, result->in_flight_candidates.end());
  EXPECT_EQ(found->descriptors, 1U);
}

/// Does not return: the main thread of this process ends, another waits until
/// `pipe` does.
[[noreturn]] void live_on_without_main_thread(int pipe) {
  std::thread([pipe] {
    char byte = 0;
    // The main thread has ended when its state is that of a zombie.
    FILE* const stat = std::fopen("/proc/self/stat", "re");
    char state = 'R';
    while (stat != nullptr && state != 'Z') {
      std::rewind(stat);
      if (std::fscanf(stat, "%*d (%*[^)]) %c", &state) != 1) break;
      std::fflush(stat);
    }
    (void)!::write(pipe, &state, 1);
    (void)!::read(pipe, &byte, 1);
    ::_exit(0);
  }).detach();
  // Not pthread_exit(): it would unwind through the test.
  ::syscall(SYS_exit, 0);
  std::abort();
}

TEST_F(RealProcTest, AProcessWithoutItsMainThreadIsReadThroughItsOthers) {
  const std::uint64_t inode = inode_of(right.get());
  const pid_t child = ::fork();
  if (child == 0) {
    left.reset();
    live_on_without_main_thread(right.get());
  }
  right.reset();
  char state = 0;
  ASSERT_EQ(::read(left.get(), &state, 1), 1);
  ASSERT_EQ(state, 'Z');
  const auto result = scan_for(inode);
  ASSERT_TRUE(result) << result.error().message;
  ASSERT_TRUE(result->holders.contains(inode));
  const Holder& holder = result->holders.at(inode)[0];
  EXPECT_EQ(holder.process->id.pid, child);
  EXPECT_TRUE(index.still_holds(holder, inode));
  left.reset();  // lets it go
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_FALSE(index.still_holds(holder, inode));
}

}  // namespace
}  // namespace tcpstated
