// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Compares passwords on a thread of its own, one at a time: bcrypt is slow by
/// design. Private to this room.

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace tcpstated {

class PasswordWorker {
 public:
  using Done = std::move_only_function<void(bool right)>;

  /// Answers on the thread of `io`, which must outlive this.
  PasswordWorker(boost::asio::io_context& io, std::size_t max_waiting)
      : io_(io), max_waiting_(max_waiting) {}
  PasswordWorker(const PasswordWorker&) = delete;
  PasswordWorker& operator=(const PasswordWorker&) = delete;
  /// Waits for the one comparison that is under way, and drops the others.
  ~PasswordWorker();

  [[nodiscard]] bool is_full() const { return waiting_ >= max_waiting_; }
  void compare(std::string hash, std::string password, Done done);

 private:
  boost::asio::io_context& io_;
  std::size_t max_waiting_;
  std::size_t waiting_ = 0;  ///< belongs to the thread of io_
  /// Begins with the first comparison: by then the daemon has dropped its
  /// capabilities, which belong to threads and are inherited.
  std::optional<boost::asio::thread_pool> thread_;
};

}  // namespace tcpstated
