// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Keeps libbpf from printing: lib/ never logs. The first warning becomes part
/// of the Error instead. Only for the files that load programs.

#include <bpf/libbpf.h>

#include <array>
#include <cstdarg>
#include <cstdio>
#include <string>

namespace tcpstated {

/// While it lives, warnings of this thread are kept here.
class LibbpfWords {
 public:
  LibbpfWords() {
    current() = this;
    ::libbpf_set_print(&LibbpfWords::keep);
  }
  LibbpfWords(const LibbpfWords&) = delete;
  LibbpfWords& operator=(const LibbpfWords&) = delete;
  ~LibbpfWords() { current() = nullptr; }

  [[nodiscard]] const std::string& first() const { return first_; }

 private:
  static LibbpfWords*& current() {
    thread_local LibbpfWords* words = nullptr;
    return words;
  }
  static int keep(enum ::libbpf_print_level level, const char* format,
                  va_list arguments) {
    LibbpfWords* words = current();
    if (level != LIBBPF_WARN || words == nullptr || !words->first_.empty())
      return 0;
    std::array<char, 256> line{};
    (void)std::vsnprintf(line.data(), line.size(), format, arguments);
    words->first_ = line.data();
    while (words->first_.ends_with('\n')) words->first_.pop_back();
    return 0;
  }

  std::string first_;
};

}  // namespace tcpstated
