// SPDX-License-Identifier: Apache-2.0
#include "api/wording.hpp"

#include <gtest/gtest.h>

#include "fakes/rows.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

Holders searched(Attribution attribution) {
  return {.attribution = attribution, .holders = {}, .candidates = {}};
}

TEST(AgeText, MarksAnAgeThatIsOnlyABound) {
  SinceBounds since{.latest = kNoon - 71s, .exact = true};
  EXPECT_EQ(age_text(since, kNoon), "71s");
  since.exact = false;
  EXPECT_EQ(age_text(since, kNoon), ">71s");
}

TEST(ExampleText, ShowsDescriptorAndPeer) {
  const Leak made = leak(close_wait(1h), LeakCause::NotClosed,
                         found({holder(process(2211, "java"), 87)}));
  EXPECT_EQ(example_text(made), "fd 87, peer 10.0.0.7:51001");
  EXPECT_EQ(brief_example(made), "fd 87 to 10.0.0.7:51001");
}

TEST(ExampleText, ShowsThePeerIfNobodyIsKnown) {
  const Leak made = leak(close_wait(1h), LeakCause::NotClosed, found({}));
  EXPECT_EQ(example_text(made), "peer 10.0.0.7:51001");
  EXPECT_EQ(brief_example(made), "peer 10.0.0.7:51001");
}

TEST(ExampleText, ShowsTheListenerOfAnUnacceptedConnection) {
  Leak made = leak(close_wait(1h), LeakCause::NeverAccepted,
                   found({holder(process(930, "nginx"), 6)}));
  EXPECT_EQ(example_text(made), "to 10.0.0.1:8080");
  made.listener = *Endpoint::parse("0.0.0.0:8080");
  EXPECT_EQ(example_text(made), "listener 0.0.0.0:8080");
  EXPECT_EQ(brief_example(made), "listener 0.0.0.0:8080");
}

TEST(PidText, CountsTheOtherProcesses) {
  LeakGroup group;
  EXPECT_EQ(pid_text(group), "?");
  group.process = process(2211, "java");
  EXPECT_EQ(pid_text(group), "2211");
  group.other_processes = 2;
  EXPECT_EQ(pid_text(group), "2211 +2");
}

TEST(HoldersText, NamesEveryHolder) {
  Holder ring = holder(process(7, "proxy"), 12);
  ring.kind = HolderKind::IoUringFixed;
  EXPECT_EQ(holders_text(*found({holder(process(5, "java"), 3), ring})),
            "java[5] fd 3, proxy[7] fd 12 (io_uring_fixed)");
}

TEST(HoldersText, OfManyHoldersTheOldestAreNamed) {
  std::vector<Holder> many;
  for (std::int32_t pid = 1; pid <= 100; ++pid)
    many.push_back(holder(process(pid, "w"), 3));
  const std::string text = holders_text(*found(many));
  EXPECT_TRUE(text.starts_with("w[1] fd 3, w[2] fd 3, ")) << text;
  EXPECT_TRUE(text.ends_with("w[8] fd 3, 92 more")) << text;
}

TEST(HoldersText, SaysWhyThereIsNone) {
  EXPECT_EQ(holders_text(searched(Attribution::Pending)), "not searched yet");
  EXPECT_EQ(holders_text(searched(Attribution::NotPermitted)),
            "unknown: not all processes may be read");
  EXPECT_EQ(holders_text(searched(Attribution::Off)),
            "unknown: attribution is off");
  EXPECT_EQ(holders_text(searched(Attribution::NotFound)),
            "no process has it open");
}

TEST(HoldersText, NamesWhereADescriptorMayBeInFlight) {
  Holders holders = searched(Attribution::NotFound);
  holders.candidates.push_back(
      {.process = process(9, "sshd"), .fd = 4, .descriptors = 1});
  EXPECT_EQ(holders_text(holders),
            "no process has it open; may be in flight to sshd[9] fd 4");
}

TEST(HoldersOfAListener, AreThoseOfAllItsSockets) {
  ProcessScan owners;
  owners.holders[5] = {holder(process(1, "a"), 3)};
  owners.holders[6] = {holder(process(2, "b"), 3)};
  owners.holders[7] = {holder(process(3, "c"), 3)};
  const Holders holders = holders_of({.inodes = {5, 6}}, owners);
  EXPECT_EQ(holders.attribution, Attribution::Found);
  EXPECT_EQ(holders.holders.size(), 2U);
}

TEST(HoldersOfAListener, MayBeUnreadable) {
  ProcessScan owners;
  EXPECT_EQ(holders_of({.inodes = {5}}, owners).attribution,
            Attribution::NotFound);
  owners.processes_unreadable = 1;
  EXPECT_EQ(holders_of({.inodes = {5}}, owners).attribution,
            Attribution::NotPermitted);
}

TEST(CountProcesses, CountsEachOnce) {
  const auto java = process(5, "java");
  EXPECT_EQ(count_processes({{.process = java},
                             {.process = java},
                             {.process = process(6, "java")},
                             {.process = nullptr}}),
            2U);
}

}  // namespace
}  // namespace tcpstated
