/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TCPSTATED_KERNEL_EBPF_TYPES_H
#define TCPSTATED_KERNEL_EBPF_TYPES_H
/* The few fields of the kernel's structures that our programs read, for BPF C
 * only. Where they really are is filled in at load time from the BTF of the
 * running kernel (CO-RE); order and offsets here mean nothing. */
#include <linux/bpf.h>
#include <linux/types.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), \
                             apply_to = record)

struct ns_common {
  unsigned int inum;
};

struct net {
  struct ns_common ns;
};

typedef struct {
  struct net* net;
} possible_net_t;

struct in6_addr {
  union {
    __u8 u6_addr8[16];
    __u32 u6_addr32[4];
  } in6_u;
};

struct sock_common {
  __u32 skc_daddr;
  __u32 skc_rcv_saddr;
  __u16 skc_dport;
  __u16 skc_num;
  unsigned short skc_family;
  volatile unsigned char skc_state;
  int skc_bound_dev_if;
  unsigned long skc_flags;
  possible_net_t skc_net;
  struct in6_addr skc_v6_daddr;
  struct in6_addr skc_v6_rcv_saddr;
};

struct inode {
  unsigned long i_ino;
};

struct file {
  struct inode* f_inode;
};

struct socket {
  struct file* file;
  struct sock* sk;
};

struct socket_alloc {
  struct socket socket;
  struct inode vfs_inode;
};

struct sock {
  struct sock_common __sk_common;
  struct socket* sk_socket;
  __u16 sk_protocol;
  int sk_err;
  __u32 sk_ack_backlog;
  __u32 sk_max_ack_backlog;
};

struct inet_sock {
  struct sock sk;
  __u16 inet_sport;
};

struct inet_connection_sock {
  struct inet_sock icsk_inet;
  struct {
    __u32 lrcvtime;
  } icsk_ack;
};

struct tcp_sock {
  struct inet_connection_sock inet_conn;
  __u32 rcv_nxt;
  __u32 copied_seq;
  __u32 write_seq;
  __u32 snd_una;
  __u32 lsndtime;
  __u32 rcv_tstamp;
  __u32 srtt_us;
  __u64 bytes_sent;
  __u64 bytes_acked;
  __u64 bytes_received;
  _Bool is_mptcp;
};

struct task_struct {
  int pid;
  int tgid;
  struct task_struct* group_leader;
  __u64 start_boottime;
};

struct seq_file;

struct bpf_iter_meta {
  struct seq_file* seq;
};

struct bpf_iter__task_file {
  struct bpf_iter_meta* meta;
  struct task_struct* task;
  __u32 fd;
  struct file* file;
};

#pragma clang attribute pop

/* include/net/tcp_states.h, include/net/sock.h, include/linux/socket.h */
enum {
  TCP_ESTABLISHED = 1,
  TCP_SYN_SENT = 2,
  TCP_CLOSE = 7,
  TCP_CLOSE_WAIT = 8,
  TCP_LISTEN = 10,
};
enum { SOCK_DEAD = 0 };
enum { AF_INET = 2, AF_INET6 = 10 };
enum { IPPROTO_TCP = 6, IPPROTO_MPTCP = 262 };

#endif
