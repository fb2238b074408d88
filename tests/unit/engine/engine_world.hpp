// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// What tests of threads need: answers awaited with a deadline, and the parts
/// of an EngineThread over fake kernels. The engine's and the inspector's
/// thread look at a kernel each, because a FakeKernel belongs to one thread.

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <utility>

#include "capture/sock_diag_backend.hpp"
#include "engine/engine_thread.hpp"
#include "fakes/fake_kernel.hpp"
#include "fakes/fake_proc.hpp"

namespace tcpstated {

/// Longer than anything takes, shorter than a test may.
inline constexpr std::chrono::seconds kDeadline{60};

/// A value that another thread sets once, or again and again: the first counts.
template <typename T>
class Awaited {
 public:
  void set(T value) {
    if (!std::exchange(is_set_, true)) promise_.set_value(std::move(value));
  }
  [[nodiscard]] T get() {
    auto future = promise_.get_future();
    if (future.wait_for(kDeadline) != std::future_status::ready) {
      ADD_FAILURE() << "no answer in time";
      std::abort();
    }
    return future.get();
  }

 private:
  std::promise<T> promise_;
  bool is_set_ = false;  ///< of the thread that sets
};

/// Asks and waits: `answer<Result<X>>([&](auto reply) { thread.list(q, reply);
/// })`.
template <typename T, typename Ask>
[[nodiscard]] T answer(Ask ask) {
  auto awaited = std::make_shared<Awaited<T>>();
  ask([awaited](T value) { awaited->set(std::move(value)); });
  return awaited->get();
}

/// Two kernels with the same sockets, and a /proc.
struct EngineWorld {
  FakeKernel swept;  ///< what the backend sees
  FakeKernel asked;  ///< what the inspector sees
  FakeProc proc;

  /// Changes both alike.
  template <typename Change>
  void both(Change change) {
    change(swept);
    change(asked);
  }

  [[nodiscard]] EngineParts parts() {
    EngineParts made;
    made.backends.push_back(std::make_unique<SockDiagBackend>(
        swept.view(),
        SockDiagOptions{.interval = std::chrono::milliseconds(10)}));
    made.inspector = inspector();
    return made;
  }
  [[nodiscard]] std::unique_ptr<Inspector> inspector() {
    return std::make_unique<Inspector>(asked.view(), ProcessIndex(proc.root()));
  }
};

/// A CLOSE_WAIT socket whose peer closed two hours ago: a leak at first sight.
inline StateChange& add_leak(FakeKernel& kernel, std::string_view local,
                             std::string_view remote) {
  StateChange& row = kernel.add(local, remote, TcpState::CloseWait);
  row.socket.times->since_data_received = std::chrono::hours(2);
  row.socket.times->since_ack_received = std::chrono::hours(2);
  row.socket.times->since_data_sent = std::chrono::hours(3);
  return row;
}

inline EngineHooks deaf_hooks() {
  return {.on_view = [](std::shared_ptr<const HostView>) {},
          .on_leak = [](const LeakEvent&) {},
          .on_backend = [](const std::string&, const std::optional<Error>&) {}};
}

}  // namespace tcpstated
