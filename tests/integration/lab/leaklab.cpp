// SPDX-License-Identifier: Apache-2.0
// Makes one case of CLOSE_WAIT on loopback, says what it made, and cures it
// when told to:
//
//   $ leaklab never_accepted
//   READY {"case":"never_accepted","port":...}
//   cure                                        (typed)
//   CURED
//   exit                                        (typed)
#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <string>

#include "cases.hpp"

namespace {

using namespace tcpstated::lab;

constexpr std::array kCases{
    Case{"never_accepted", make_never_accepted},
    Case{"never_accepted_reuseport", make_never_accepted_reuseport},
    Case{"unread_data", make_unread_data},
    Case{"unread_eof", make_unread_eof},
    Case{"not_closed", make_not_closed},
    Case{"drained_exact", make_drained_exact},
    Case{"replied", make_replied},
    Case{"replied_at_once", make_replied_at_once},
    Case{"v6", make_v6},
    Case{"v4mapped", make_v4mapped},
    Case{"shut_rd", make_shut_rd},
    Case{"keepalive", make_keepalive},
    Case{"hostile_name", make_hostile_name},
    Case{"gave_up", make_gave_up},
    Case{"half_close", make_half_close},
    Case{"half_close_blocked", make_half_close_blocked},
    Case{"healthy", make_healthy},
    Case{"inherited", make_inherited},
    Case{"orphan_child", make_orphan_child},
    Case{"many_holders", make_many_holders},
    Case{"passed", make_passed},
    Case{"in_flight", make_in_flight},
    Case{"io_uring", make_io_uring},
    Case{"mptcp", make_mptcp},
    Case{"mptcp_unread", make_mptcp_unread},
    Case{"mptcp_never_accepted", make_mptcp_never_accepted},
};

int obey(Made& made) {
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "exit") return 0;
    if (line != "cure") continue;
    made.cure();
    std::cout << "CURED" << std::endl;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string name = argc == 2 ? argv[1] : "";
  const auto found = std::ranges::find(kCases, name, &Case::name);
  if (found == kCases.end()) {
    std::cerr << "usage: leaklab CASE, one of:";
    for (const Case& known : kCases) std::cerr << ' ' << known.name;
    std::cerr << std::endl;
    return 2;
  }
  bound_lifetime();
  Made made;
  found->make(made);
  std::cout << "READY " << to_json(found->name, made) << std::endl;
  return obey(made);
}
