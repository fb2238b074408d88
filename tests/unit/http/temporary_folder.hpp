// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// A folder for sockets of a test, gone with the test.

#include <cstdlib>
#include <filesystem>
#include <string>

namespace tcpstated {

class TemporaryFolder {
 public:
  TemporaryFolder() : path_("/tmp/tcpstated-http-XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) std::abort();
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string file(const std::string& name) const {
    return path_ + "/" + name;
  }

 private:
  std::string path_;
};

}  // namespace tcpstated
