// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Every case, by family. Each function leaves the case made and `cure` set.

#include "lab.hpp"

namespace tcpstated::lab {

// cases_accept.cpp: nobody calls accept()
void make_never_accepted(Made& made);
void make_never_accepted_reuseport(Made& made);
void make_mptcp_never_accepted(Made& made);

// cases_read.cpp: accepted by one process that does not close
void make_unread_data(Made& made);
void make_unread_eof(Made& made);
void make_not_closed(Made& made);
void make_drained_exact(Made& made);
void make_replied(Made& made);
void make_replied_at_once(Made& made);
void make_v6(Made& made);
void make_v4mapped(Made& made);
void make_shut_rd(Made& made);
void make_keepalive(Made& made);
void make_hostile_name(Made& made);

// cases_legitimate.cpp: never a leak, but for one that stops being legitimate
void make_gave_up(Made& made);
void make_half_close(Made& made);
void make_half_close_blocked(Made& made);
void make_healthy(Made& made);

// cases_holders.cpp: who holds it is the question
void make_inherited(Made& made);
void make_orphan_child(Made& made);
void make_many_holders(Made& made);
void make_passed(Made& made);
void make_in_flight(Made& made);

// cases_kernel.cpp: needs a kernel feature
void make_io_uring(Made& made);
void make_mptcp(Made& made);
void make_mptcp_unread(Made& made);

}  // namespace tcpstated::lab
