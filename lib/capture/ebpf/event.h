/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TCPSTATED_CAPTURE_EBPF_EVENT_H
#define TCPSTATED_CAPTURE_EBPF_EVENT_H
/* What the programs in the kernel and the reader of their events have in
 * common. States are the kernel's numbers (include/net/tcp_states.h). */
#include <linux/types.h>

enum {
  TCPSTATED_STATES = 16, /* above every state there is */
  TCPSTATED_TOTALS = 2,  /* the first program's, the second's */
  TCPSTATED_ERRORS = 8,  /* enum tcpstated_error */
  TCPSTATED_RING_BYTES = 1 << 23,
  TCPSTATED_MAX_DETACHED = 8192,
};

/* sk_err when a socket closed: what ended the connection. */
enum tcpstated_error {
  TCPSTATED_NO_ERROR,
  TCPSTATED_RESET, /* ECONNRESET, and EPIPE: a RST in CLOSE_WAIT */
  TCPSTATED_REFUSED,
  TCPSTATED_TIMED_OUT,
  TCPSTATED_UNREACHABLE,
  TCPSTATED_ABORTED, /* ECONNABORTED: ss -K, a listener that went */
  TCPSTATED_OTHER_ERROR,
};

enum tcpstated_flags {
  TCPSTATED_IPV6 = 1,     /* the addresses are 16 bytes each */
  TCPSTATED_MPTCP = 2,    /* an MPTCP connection, not one of its subflows */
  TCPSTATED_HAS_FILE = 4, /* a process can still hold it */
  TCPSTATED_RESCUED = 8,  /* by the second program: the first did not run */
};

struct tcpstated_event {
  __u64 at; /* CLOCK_BOOTTIME, ns */
  __u64 cookie;
  __u32 netns; /* inode of the network namespace */
  __u32 inode;
  __u32 receive_queue;
  __u32 send_queue;
  __u16 local_port; /* host order */
  __u16 remote_port;
  __u8 from;
  __u8 to;
  __u8 flags;
  __u8 error;
};

/* What stands in the ring, depending on TCPSTATED_IPV6. */
struct tcpstated_event4 {
  struct tcpstated_event event;
  __u8 local[4];
  __u8 remote[4];
};

struct tcpstated_event6 {
  struct tcpstated_event event;
  __u8 local[16];
  __u8 remote[16];
};

/* Totals of one program on one CPU. */
struct tcpstated_totals {
  __u64 transitions[TCPSTATED_STATES][TCPSTATED_STATES]; /* [from][to] */
  __u64 ends[TCPSTATED_STATES][TCPSTATED_ERRORS];        /* to CLOSE */
  __u64 events;                                          /* put into the ring */
  __u64 lost;                                            /* the ring was full */
  __u64 rescued;          /* transitions that only the second program saw */
  __u64 detached_refused; /* the map of detached sockets was full */
};

#endif
