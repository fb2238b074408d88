/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TCPSTATED_KERNEL_EBPF_HELD_SOCKET_H
#define TCPSTATED_KERNEL_EBPF_HELD_SOCKET_H
/* One descriptor of a TCP socket, as the program in the kernel writes it. */
#include <linux/types.h>

enum tcpstated_held_flags {
  TCPSTATED_HELD_IPV6 = 1,
  TCPSTATED_HELD_MPTCP = 2,
  TCPSTATED_HELD_TIMES = 4, /* the fields of tcp_sock are filled */
};

struct tcpstated_held_socket {
  __u64 cookie;
  __u64 bytes_sent;
  __u64 bytes_acked;
  __u64 bytes_received;
  __u64 start_time; /* of the process: CLOCK_BOOTTIME, ns */
  __u32 pid;        /* as the initial namespace numbers processes */
  __u32 fd;
  __u32 inode;
  __u32 netns; /* inode of the network namespace */
  __u32 interface;
  __u32 receive_queue;
  __u32 send_queue;
  /* in ticks of the kernel's clock */
  __u32 since_data_sent;
  __u32 since_data_received;
  __u32 since_ack_received;
  __u32 round_trip; /* us */
  __u16 local_port; /* host order */
  __u16 remote_port;
  __u8 local[16]; /* IPv4: the first four */
  __u8 remote[16];
  __u8 state; /* include/net/tcp_states.h */
  __u8 flags;
  __u8 padding[6];
};

#endif
