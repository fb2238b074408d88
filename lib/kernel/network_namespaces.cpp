// SPDX-License-Identifier: Apache-2.0
#include "kernel/network_namespaces.hpp"

#include <sys/stat.h>

#include <filesystem>

#include "base/strings.hpp"

namespace tcpstated {

NamespaceNames named_network_namespaces(const std::string& directory) {
  NamespaceNames names;
  std::error_code failed;
  for (std::filesystem::directory_iterator at(directory, failed), end;
       !failed && at != end; at.increment(failed)) {
    struct stat info{};
    if (::stat(at->path().c_str(), &info) == 0)
      names.emplace(static_cast<std::uint32_t>(info.st_ino),
                    printable(at->path().filename().string()));
  }
  return names;
}

}  // namespace tcpstated
