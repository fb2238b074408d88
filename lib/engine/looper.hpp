// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// A thread that runs what is posted to it, and timers. The only way threads
/// talk here: they post closures and hand over copies.

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/time.hpp"

namespace tcpstated {

/// post() may be called from any thread; everything else from the owner's.
class Looper {
 public:
  using Task = std::move_only_function<void()>;

  /// Starts the thread at once. `name` is shown by ps -L (15 bytes).
  explicit Looper(const std::string& name);

  /// Drops what has not run yet and joins.
  ~Looper();

  /// Runs `task` on the thread, after everything posted before it.
  void post(Task task);

  /// Runs `task` on the thread after `delay`. Only from the thread itself.
  void post_after(Duration delay, Task task);

  /// Runs `task` on the thread again and again while `descriptor` is readable,
  /// after the pause that it returned the last time. The caller keeps the
  /// descriptor open for as long as the thread runs.
  void watch(int descriptor, std::function<Duration()> task);

  /// Drops what has not run yet and joins; post() then does nothing.
  void stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace tcpstated
