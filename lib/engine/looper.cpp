// SPDX-License-Identifier: Apache-2.0
#include "engine/looper.hpp"

#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>
#include <utility>

namespace tcpstated {
namespace {

using Descriptor = boost::asio::posix::stream_descriptor;

/// Not ours to close.
struct Borrowed {
  Borrowed(boost::asio::io_context& io, int number) : descriptor(io, number) {}
  ~Borrowed() { descriptor.release(); }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;

  Descriptor descriptor;
};

void await_readable(const std::shared_ptr<Borrowed>& watched,
                    std::function<Duration()> task) {
  watched->descriptor.async_wait(
      Descriptor::wait_read,
      [watched,
       task = std::move(task)](const boost::system::error_code& error) mutable {
        if (error) return;
        const Duration pause = task();
        if (pause <= Duration::zero())
          return await_readable(watched, std::move(task));
        auto timer = std::make_shared<boost::asio::steady_timer>(
            watched->descriptor.get_executor(), pause);
        timer->async_wait([timer, watched, task = std::move(task)](
                              const boost::system::error_code&) mutable {
          await_readable(watched, std::move(task));
        });
      });
}

}  // namespace

struct Looper::Impl {
  boost::asio::io_context io{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
      io.get_executor()};
  std::jthread thread;
};

Looper::Looper(const std::string& name) : impl_(std::make_shared<Impl>()) {
  impl_->thread = std::jthread([impl = impl_.get()] { impl->io.run(); });
  ::pthread_setname_np(impl_->thread.native_handle(),
                       name.substr(0, 15).c_str());
}

Looper::~Looper() { stop(); }

void Looper::post(Task task) { boost::asio::post(impl_->io, std::move(task)); }

void Looper::post_after(Duration delay, Task task) {
  auto timer = std::make_shared<boost::asio::steady_timer>(impl_->io, delay);
  timer->async_wait([timer, task = std::move(task)](
                        const boost::system::error_code& error) mutable {
    if (!error) task();
  });
}

void Looper::watch(int descriptor, std::function<Duration()> task) {
  await_readable(std::make_shared<Borrowed>(impl_->io, descriptor),
                 std::move(task));
}

void Looper::stop() {
  impl_->io.stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

}  // namespace tcpstated
