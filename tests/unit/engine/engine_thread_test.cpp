// SPDX-License-Identifier: Apache-2.0
#include "engine/engine_thread.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "unit/engine/engine_world.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

/// A backend with an empty kernel whose clock goes on by a second per drain and
/// which fails from the 3rd drain to the 5th.
class FlakyBackend final : public CaptureBackend {
 public:
  [[nodiscard]] std::string_view name() const override { return "flaky"; }
  [[nodiscard]] Duration period() const override { return 1ms; }
  Result<> drain(CaptureSink& sink) override {
    ++drains_;
    if (drains_ >= 3 && drains_ <= 5) return fail("no buffers left");
    now_ += 1s;
    sink.on_snapshot_begin(now_);
    sink.on_counters({});
    sink.on_snapshot_end({.at = now_, .complete = true});
    sink.on_time(now_);
    return {};
  }
  [[nodiscard]] CaptureStats stats() const override {
    return {.detail = "it works"};
  }

 private:
  int drains_ = 0;
  Instant now_{1h};
};

/// Everything a thread told until its backend worked again; read after its end.
struct Told {
  std::vector<std::pair<std::string, std::optional<Error>>> backends;
  std::vector<std::shared_ptr<const HostView>> views;
};

Told tell_of_the_flaky_backend() {
  Told told;
  Awaited<bool> recovered;
  EngineWorld world;
  EngineParts parts = world.parts();
  parts.backends.clear();
  parts.backends.push_back(std::make_unique<FlakyBackend>());
  parts.unavailable.push_back(
      {.name = "ebpf", .up = false, .detail = "no BTF here", .stats = {}});
  EngineHooks hooks = deaf_hooks();
  hooks.on_backend = [&](const std::string& name,
                         const std::optional<Error>& trouble) {
    told.backends.emplace_back(name, trouble);
  };
  hooks.on_view = [&](std::shared_ptr<const HostView> view) {
    told.views.push_back(std::move(view));
    if (told.views.size() == 8) recovered.set(true);
  };
  {
    const EngineThread thread(std::move(parts), std::move(hooks));
    EXPECT_TRUE(recovered.get());
  }
  told.views.resize(8);
  return told;
}

TEST(EngineThreadTrouble, IsToldOncePerChange) {
  const Told told = tell_of_the_flaky_backend();
  ASSERT_EQ(told.backends.size(), 2U);
  EXPECT_EQ(told.backends[0].first, "flaky");
  ASSERT_TRUE(told.backends[0].second);
  EXPECT_EQ(told.backends[0].second->message, "no buffers left");
  EXPECT_FALSE(told.backends[1].second);
}

TEST(EngineThreadTrouble, IsInTheViews) {
  const Told told = tell_of_the_flaky_backend();
  for (std::size_t i = 0; i < told.views.size(); ++i) {
    const BackendView& flaky = told.views[i]->backends.at(0);
    const bool works = i < 2 || i > 4;
    EXPECT_EQ(flaky.up, works) << i;
    EXPECT_EQ(flaky.detail, works ? "it works" : "no buffers left") << i;
  }
}

TEST(EngineThreadTrouble, BackendsThatCouldNotBeOpenedAreInEveryView) {
  for (const auto& view : tell_of_the_flaky_backend().views) {
    EXPECT_EQ(view->backends.at(1).name, "ebpf") << "behind what works";
    EXPECT_EQ(view->backends.at(1).detail, "no BTF here");
  }
}

/// Old numbers with a new time on them would be a lie.
TEST(EngineThreadTrouble, MakesNoViewLookNew) {
  const auto views = tell_of_the_flaky_backend().views;
  for (const std::size_t failed : {2U, 3U, 4U}) {
    EXPECT_EQ(views[failed]->at, views[1]->at);
    EXPECT_EQ(views[failed]->anchor.to_wall(views[failed]->at),
              views[1]->anchor.to_wall(views[1]->at));
  }
  EXPECT_GT(views[5]->anchor.to_wall(views[5]->at),
            views[1]->anchor.to_wall(views[1]->at));
}

struct EngineThreadTest : testing::Test {
  EngineWorld world;
  EngineHooks hooks = deaf_hooks();
  std::unique_ptr<EngineThread> thread;

  void start() {
    thread = std::make_unique<EngineThread>(world.parts(), std::move(hooks));
  }
  /// Starts it and waits for a view that `holds`.
  template <typename Holds>
  std::shared_ptr<const HostView> start_until(Holds holds) {
    auto found = std::make_shared<Awaited<std::shared_ptr<const HostView>>>();
    hooks.on_view = [found, holds](std::shared_ptr<const HostView> view) {
      if (holds(*view)) found->set(std::move(view));
    };
    start();
    return found->get();
  }
  Result<ListingPage> list(const ListingQuery& query) {
    return answer<Result<ListingPage>>(
        [&](auto reply) { thread->list(query, reply); });
  }
  std::vector<std::uint64_t> ids(const ListingQuery& query) {
    const auto page = list(query);
    EXPECT_TRUE(page);
    std::vector<std::uint64_t> found;
    for (const ListedConnection& row : page->rows)
      found.push_back(row.connection.id);
    return found;
  }
  /// Sockets 1 to 4, of which java holds 1 and 3.
  void add_four_sockets() {
    world.both([](FakeKernel& kernel) {
      kernel.add("10.0.0.1:80", "10.0.0.2:1", TcpState::Established);
      add_leak(kernel, "10.0.0.1:80", "10.0.0.2:2");
      add_leak(kernel, "10.0.0.1:80", "10.0.0.2:3");
      kernel.listen("0.0.0.0:80");
    });
    world.proc.process(2211, "java")
        .cgroup("0::/system.slice/app.service\n")
        .fd(7, "socket:[1001]")
        .fd(8, "socket:[1003]");
  }
  static bool is_ready(const HostView& view) { return view.ready; }
  static bool names_java(const HostView& view) {
    return !view.leak_groups.empty() &&
           std::ranges::any_of(view.leak_groups, [](const LeakGroup& group) {
             return group.process && group.process->command == "java";
           });
  }
};

TEST_F(EngineThreadTest, TheFirstViewHasTheFirstSweep) {
  add_four_sockets();
  const auto view = start_until([](const HostView&) { return true; });
  EXPECT_TRUE(view->ready);
  EXPECT_EQ(view->tcp[TcpState::CloseWait], 2U);
  EXPECT_EQ(view->tcp[TcpState::Established], 1U);
}

TEST_F(EngineThreadTest, HoldersOfLeaksAreFoundAndShown) {
  add_four_sockets();
  const auto view = start_until(names_java);
  EXPECT_EQ(view->leaked, 2U);
  ASSERT_EQ(view->leak_groups.size(), 2U);  // the other one is nobody's
  EXPECT_EQ(view->totals.searches, 2U);
  EXPECT_EQ(view->totals.holders_not_found, 1U);
}

TEST_F(EngineThreadTest, ALeakIsToldAtOnce) {
  add_four_sockets();
  Awaited<LeakEvent> told;
  hooks.on_leak = [&](const LeakEvent& event) { told.set(event); };
  start();
  EXPECT_TRUE(told.get().leaking);
  thread.reset();
}

TEST_F(EngineThreadTest, AListingHasWatchedAndOtherRowsInOrder) {
  add_four_sockets();
  start_until(is_ready);
  EXPECT_EQ(ids({}), (std::vector<std::uint64_t>{1, 2, 3, 4}));
}

TEST_F(EngineThreadTest, PagesVisitEveryRowOnce) {
  world.both([](FakeKernel& kernel) {
    for (int i = 0; i < 50; ++i)
      kernel.add("10.0.0.1:80", "10.0.0.2:1",
                 i % 3 == 0 ? TcpState::LastAck : TcpState::Established);
  });
  start_until(is_ready);
  std::vector<std::uint64_t> seen;
  ListingQuery query{.limit = 7};
  for (;;) {
    const auto page = list(query);
    ASSERT_TRUE(page);
    for (const auto& row : page->rows) seen.push_back(row.connection.id);
    if (!page->next) break;
    query.after = *page->next;
  }
  std::vector<std::uint64_t> all;
  for (std::uint64_t id = 1; id <= 50; ++id) all.push_back(id);
  EXPECT_EQ(seen, all);
}

TEST_F(EngineThreadTest, AListingByProcessNameOrPidOrUnit) {
  add_four_sockets();
  start_until(is_ready);
  const std::vector<std::uint64_t> held{1, 3};
  EXPECT_EQ(ids({.processes = {"java"}}), held);
  EXPECT_EQ(ids({.pids = {2211}}), held);
  EXPECT_EQ(ids({.units = {"app.service"}}), held);
  EXPECT_TRUE(ids({.processes = {"nginx"}}).empty());
  EXPECT_TRUE(ids({.pids = {2211}, .processes = {"nginx"}}).empty());
}

TEST_F(EngineThreadTest, RowsOfAListingHaveTheirHolders) {
  add_four_sockets();
  start_until(names_java);
  const auto page = list({});
  ASSERT_TRUE(page);
  EXPECT_EQ(page->rows[0].holders->holders.at(0).fd, 7);
  EXPECT_EQ(page->rows[1].holders->attribution, Attribution::NotFound);
  EXPECT_EQ(page->rows[2].holders->holders.at(0).fd, 8);
  EXPECT_EQ(page->rows[3].holders->attribution, Attribution::NotFound);
}

TEST_F(EngineThreadTest, AWatchedRowIsFoundByIdWithoutADump) {
  add_four_sockets();
  start_until(is_ready);
  EXPECT_EQ(ids({.id = 3, .limit = 1}), std::vector<std::uint64_t>{3});
  EXPECT_EQ(ids({.id = 1, .limit = 1}), std::vector<std::uint64_t>{1});
  EXPECT_TRUE(ids({.id = 99, .limit = 1}).empty());
  thread.reset();
  EXPECT_EQ(world.asked.dumps, 2U);  // for 1, which nobody watches, and for 99
}

TEST_F(EngineThreadTest, AnAgeIsNeverNegative) {
  add_four_sockets();
  world.asked.advance(10s);  // the dump is later than the sweep
  start_until(is_ready);
  const auto page = list({});
  ASSERT_TRUE(page);
  for (const ListedConnection& row : page->rows)
    EXPECT_GE(row.connection.since.age(page->at), 0s) << row.connection.id;
}

TEST_F(EngineThreadTest, ADumpThatFailsIsTheAnswer) {
  world.asked.refuse_dumps = Error{"netlink is gone", {}};
  start_until(is_ready);
  const auto page = list({});
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().message, "netlink is gone");
}

TEST_F(EngineThreadTest, WhatTheTableHasIsListedWithoutTheKernel) {
  add_four_sockets();
  world.asked.refuse_dumps = Error{"netlink is gone", {}};
  start_until(is_ready);
  EXPECT_EQ(ids({.filter = {.states = {TcpState::CloseWait}}}),
            (std::vector<std::uint64_t>{2, 3}));
}

TEST_F(EngineThreadTest, TheOldestLeaksAreListed) {
  add_four_sockets();
  world.swept.socket(3).socket.times->since_data_received = 5h;
  world.swept.socket(3).socket.times->since_ack_received = 5h;
  start_until(names_java);
  const auto leaks =
      answer<LeakListing>([&](auto reply) { thread->list_leaks(1, reply); });
  EXPECT_EQ(leaks.total, 2U);
  EXPECT_EQ(leaks.groups.size(), 2U);
  ASSERT_EQ(leaks.oldest.size(), 1U);
  EXPECT_EQ(leaks.oldest[0].connection.id, 3U);
}

TEST_F(EngineThreadTest, AReloadedPolicyIsUsed) {
  add_four_sockets();
  Awaited<bool> none;
  hooks.on_view = [&](std::shared_ptr<const HostView> view) {
    if (view->ready && view->leaked == 0) none.set(true);
  };
  start();
  thread->set_leak_policy({.threshold = 24h});
  EXPECT_TRUE(none.get());
  thread.reset();
}

TEST_F(EngineThreadTest, ReportsProcesses) {
  add_four_sockets();
  start();
  const auto report = answer<Result<ProcessReport>>(
      [&](auto reply) { thread->report_processes(reply); });
  ASSERT_TRUE(report);
  ASSERT_EQ(report->processes.size(), 1U);
  EXPECT_EQ(report->processes[0].counts.total(), 2U);
  EXPECT_EQ(report->unowned.total(), 2U);
}

TEST_F(EngineThreadTest, FindsHoldersOfInodes) {
  add_four_sockets();
  start();
  const auto scan = answer<Result<ProcessScan>>(
      [&](auto reply) { thread->find_holders({1003, 1004}, reply); });
  ASSERT_TRUE(scan);
  EXPECT_EQ(scan->holders.size(), 1U);
  EXPECT_TRUE(scan->holders.contains(1003));
}

/// One question is being answered, others wait: none of them holds the end up.
TEST_F(EngineThreadTest, StopsWhileItIsBusy) {
  add_four_sockets();
  std::promise<void> dumping;
  std::promise<void> go_on;
  bool first = true;
  world.asked.during_dump = [&] {
    if (!std::exchange(first, false)) return;
    dumping.set_value();
    go_on.get_future().wait();
  };
  start();
  for (int i = 0; i < 100; ++i)
    thread->list({}, [](const Result<ListingPage>&) {});
  ASSERT_EQ(dumping.get_future().wait_for(kDeadline),
            std::future_status::ready);
  auto ended = std::async(std::launch::async, [&] { thread.reset(); });
  go_on.set_value();
  EXPECT_EQ(ended.wait_for(kDeadline), std::future_status::ready);
  EXPECT_LT(world.asked.dumps, 100U);
}

TEST_F(EngineThreadTest, StopsBeforeItHasStarted) {
  add_four_sockets();
  for (int i = 0; i < 20; ++i) {
    start();
    thread.reset();
    hooks = deaf_hooks();
  }
}

}  // namespace
}  // namespace tcpstated
