// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// A folder of a test, gone with the test.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace tcpstated {

class TemporaryFolder {
 public:
  TemporaryFolder()
      : path_(std::filesystem::temp_directory_path() /
              "tcpstated-test-XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) std::abort();
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }

  [[nodiscard]] const std::string& path() const { return path_; }
  /// The path of a file in it.
  [[nodiscard]] std::string file(std::string_view name) const {
    return std::filesystem::path(path_) / name;
  }
  /// Another file each time, as a careful program replaces one.
  std::string write(std::string_view name, std::string_view content) const {
    std::ofstream(file("new"), std::ios::binary) << content;
    std::filesystem::rename(file("new"), file(name));
    return file(name);
  }
  /// `text` with this folder as "DIR".
  [[nodiscard]] std::string without_path(std::string text) const {
    for (std::size_t at; (at = text.find(path_)) != text.npos;)
      text.replace(at, path_.size(), "DIR");
    return text;
  }

 private:
  std::string path_;
};

}  // namespace tcpstated
