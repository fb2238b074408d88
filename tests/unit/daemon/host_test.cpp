// SPDX-License-Identifier: Apache-2.0
#include "daemon/host.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <set>
#include <thread>

#include "base/fd.hpp"
#include "daemon/privileges.hpp"

namespace tcpstated {
namespace {

TEST(ProcessSelfTest, SeesADescriptorOpenAndClose) {
  const auto before = read_process_self().open_fds;
  {
    const UniqueFd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    EXPECT_EQ(read_process_self().open_fds, before + 1);
  }
  EXPECT_EQ(read_process_self().open_fds, before);
}

TEST(ProcessSelfTest, SeesAThread) {
  const auto before = read_process_self().threads;
  std::promise<void> end;
  const std::jthread waits([&] { end.get_future().wait(); });
  EXPECT_EQ(read_process_self().threads, before + 1);
  end.set_value();
}

TEST(ProcessSelfTest, StartedInThePastButNotLongAgo) {
  const double now = std::chrono::duration<double>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
  const ProcessSelf self = read_process_self();
  EXPECT_LE(self.start_time_seconds, now + 1);
  EXPECT_GT(self.start_time_seconds, now - 3600);
}

TEST(ProcessSelfTest, UsesSomeMemory) {
  const ProcessSelf self = read_process_self();
  EXPECT_GT(self.resident_bytes, 100'000U);
  EXPECT_GE(self.virtual_bytes, self.resident_bytes);
  EXPECT_GE(self.max_fds, self.open_fds);
}

TEST(HostName, IsNotEmpty) { EXPECT_FALSE(host_name().empty()); }

TEST(RandomSeed, IsAnotherOneEveryTime) {
  std::set<std::uint64_t> seeds;
  for (int i = 0; i < 10; ++i) seeds.insert(random_seed());
  EXPECT_EQ(seeds.size(), 10U);
}

const KernelPrograms kNoPrograms{
    .holders = false, .no_events = "cannot load", .independent = true};

TEST(Abilities, WithBothCapabilitiesNamesAreKnown) {
  const auto all =
      abilities({"CAP_CHOWN", "CAP_DAC_READ_SEARCH", "CAP_SYS_PTRACE"},
                AttributionMethod::Auto, kNoPrograms);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_TRUE(all[0].available);
}

TEST(Abilities, NameTheCapabilitiesThatAreMissing) {
  EXPECT_EQ(abilities({}, AttributionMethod::Auto, kNoPrograms).at(0).missing,
            "CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH");
  const auto one =
      abilities({"CAP_SYS_PTRACE"}, AttributionMethod::Procfs, kNoPrograms);
  EXPECT_EQ(one.at(0).missing, "CAP_DAC_READ_SEARCH");
  EXPECT_FALSE(one.at(0).available);
}

TEST(Abilities, SayThatTheConfigurationForbidsIt) {
  const auto off = abilities({"CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH"},
                             AttributionMethod::Off, kNoPrograms);
  EXPECT_FALSE(off.at(0).available);
  EXPECT_EQ(off.at(0).missing, "attribution.method: auto");
}

TEST(Abilities, TheKernelsProgramsNeedNoOtherCapability) {
  const auto all = abilities({}, AttributionMethod::Ebpf, {.holders = true});
  EXPECT_TRUE(all.at(0).available);
  EXPECT_TRUE(all.at(1).available);
}

TEST(Abilities, SayWhyThereAreNoEvents) {
  const auto all = abilities({}, AttributionMethod::Auto, kNoPrograms);
  EXPECT_FALSE(all.at(1).available);
  EXPECT_EQ(all.at(1).missing, "cannot load");
}

Config with_method(AttributionMethod method) {
  Config config;
  config.attribution.method = method;
  return config;
}

/// What a thread has left after it gave the rest up.
std::vector<std::string> kept_with(AttributionMethod method,
                                   const KernelPrograms& programs) {
  std::vector<std::string> after{"not read"};
  std::jthread([&] {
    EXPECT_TRUE(drop_capabilities(with_method(method), programs));
    after = effective_capabilities();
  }).join();
  return after;
}

TEST(DropCapabilities, ProgramsOfNewKernelsNeedNone) {
  EXPECT_TRUE(
      kept_with(AttributionMethod::Ebpf, {.holders = true, .independent = true})
          .empty());
}

TEST(DropCapabilities, ProgramsOfOldKernelsKeepTheirs) {
  if (::geteuid() != 0) GTEST_SKIP() << "has none to keep";
  EXPECT_EQ(kept_with(AttributionMethod::Ebpf,
                      {.holders = true, .independent = false}),
            (std::vector<std::string>{"CAP_PERFMON", "CAP_BPF"}));
}

TEST(DropCapabilities, ACaptureOpensInterfacesThatComeLater) {
  if (::geteuid() != 0) GTEST_SKIP() << "has none to keep";
  Config config = with_method(AttributionMethod::Off);
  config.capture.pcap.enabled = Enabled::True;
  std::vector<std::string> after;
  std::jthread([&] {
    EXPECT_TRUE(drop_capabilities(config, kNoPrograms));
    after = effective_capabilities();
  }).join();
  EXPECT_EQ(after, std::vector<std::string>{"CAP_NET_RAW"});
}

TEST(WorksWithoutBpf, GivesTheCapabilitiesBack) {
  const auto before = effective_capabilities();
  std::vector<std::string> during;
  EXPECT_TRUE(works_without_bpf([&] {
    during = effective_capabilities();
    return true;
  }));
  EXPECT_EQ(std::ranges::count(during, "CAP_BPF"), 0);
  EXPECT_EQ(effective_capabilities(), before);
}

/// Capabilities belong to threads: this one gives its own up and ends.
TEST(DropCapabilities, KeepsWhatProcNeedsAndNothingElse) {
  std::vector<std::string> before;
  std::vector<std::string> after;
  std::jthread([&] {
    before = effective_capabilities();
    EXPECT_TRUE(drop_capabilities({}, kNoPrograms));
    after = effective_capabilities();
  }).join();
  for (const std::string& kept : after) {
    EXPECT_TRUE(kept == "CAP_SYS_PTRACE" || kept == "CAP_DAC_READ_SEARCH");
    EXPECT_NE(std::ranges::find(before, kept), before.end());
  }
  if (::geteuid() == 0) {
    EXPECT_EQ(after.size(), 2U);
  }
}

TEST(DropCapabilities, KeepsNothingWithoutAttribution) {
  std::vector<std::string> after{"not read"};
  std::jthread([&] {
    EXPECT_TRUE(
        drop_capabilities(with_method(AttributionMethod::Off), kNoPrograms));
    after = effective_capabilities();
  }).join();
  EXPECT_TRUE(after.empty());
}

}  // namespace
}  // namespace tcpstated
