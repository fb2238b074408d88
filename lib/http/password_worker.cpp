// SPDX-License-Identifier: Apache-2.0
#include "http/password_worker.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "http/password_hash.hpp"

namespace tcpstated {

namespace asio = boost::asio;

PasswordWorker::~PasswordWorker() {
  if (!thread_) return;
  thread_->stop();
  thread_->join();
}

void PasswordWorker::compare(std::string hash, std::string password,
                             Done done) {
  ++waiting_;
  if (!thread_) thread_.emplace(1);
  asio::post(*thread_,
             [this, hash = std::move(hash), password = std::move(password),
              done = std::move(done)]() mutable {
               const bool right = password_matches(hash, password);
               asio::post(io_, [this, right, done = std::move(done)]() mutable {
                 --waiting_;
                 done(right);
               });
             });
}

}  // namespace tcpstated
