// SPDX-License-Identifier: Apache-2.0
/* Walks the descriptors of every process and writes those of TCP sockets: what
 * /proc/PID/fd and ss tell together, in one pass and for all namespaces. */
#include "kernel/ebpf/types.h"
/* after it: the helpers need its types */
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "kernel/ebpf/held_socket.h"

/* helpers are for GPL-compatible programs only */
char LICENSE[] SEC("license") = "GPL";

/* One bit per state (1 << TCP_...). */
volatile __u32 wanted_states = 0;

static __always_inline void fill_addresses(struct tcpstated_held_socket* out,
                                           const struct sock* sk) {
  const struct sock_common* common = &sk->__sk_common;
  out->remote_port = __builtin_bswap16(common->skc_dport);
  out->local_port =
      __builtin_bswap16(BPF_CORE_READ((const struct inet_sock*)sk, inet_sport));
  out->netns = common->skc_net.net->ns.inum;
  out->interface = common->skc_bound_dev_if;
  if (common->skc_family == AF_INET6) {
    out->flags |= TCPSTATED_HELD_IPV6;
    BPF_CORE_READ_INTO((struct in6_addr*)out->local, sk,
                       __sk_common.skc_v6_rcv_saddr);
    BPF_CORE_READ_INTO((struct in6_addr*)out->remote, sk,
                       __sk_common.skc_v6_daddr);
  } else {
    const __u32 local = common->skc_rcv_saddr;
    const __u32 remote = common->skc_daddr;
    __builtin_memcpy(out->local, &local, 4);
    __builtin_memcpy(out->remote, &remote, 4);
  }
}

static __always_inline void fill_queues(struct tcpstated_held_socket* out,
                                        struct sock* sk) {
  const struct tcp_sock* tcp = bpf_skc_to_tcp_sock(sk);
  const __u32 now = bpf_jiffies64();
  if (out->state == TCP_LISTEN) {
    out->receive_queue = sk->sk_ack_backlog;
    out->send_queue = sk->sk_max_ack_backlog;
    return;
  }
  if (!tcp) return;
  out->flags |= TCPSTATED_HELD_TIMES;
  out->receive_queue = tcp->rcv_nxt - tcp->copied_seq;
  out->send_queue = tcp->write_seq - tcp->snd_una;
  out->since_data_sent = now - tcp->lsndtime;
  out->since_data_received = now - tcp->inet_conn.icsk_ack.lrcvtime;
  out->since_ack_received = now - tcp->rcv_tstamp;
  out->round_trip = tcp->srtt_us >> 3;
  out->bytes_sent = tcp->bytes_sent;
  out->bytes_acked = tcp->bytes_acked;
  out->bytes_received = tcp->bytes_received;
}

/* Not one that never got through, or that the process disconnected itself. */
static __always_inline int was_connected(struct sock* sk) {
  const struct tcp_sock* tcp = bpf_skc_to_tcp_sock(sk);
  return sk->__sk_common.skc_dport != 0 && tcp && tcp->srtt_us != 0;
}

SEC("iter/task_file")
int held_sockets(struct bpf_iter__task_file* context) {
  struct tcpstated_held_socket out = {};
  struct task_struct* task = context->task;
  struct file* file = context->file;
  if (!task || !file) return 0;
  struct socket* socket = bpf_sock_from_file(file);
  if (!socket) return 0;
  struct sock* sk = socket->sk;
  if (!sk) return 0;
  const unsigned short family = sk->__sk_common.skc_family;
  const __u16 protocol = sk->sk_protocol;
  if (family != AF_INET && family != AF_INET6) return 0;
  if (protocol != IPPROTO_TCP && protocol != IPPROTO_MPTCP) return 0;
  out.state = sk->__sk_common.skc_state;
  if (!(wanted_states >> (out.state & 31) & 1)) return 0;
  if (out.state == TCP_CLOSE && !was_connected(sk)) return 0;
  if (protocol == IPPROTO_MPTCP) out.flags |= TCPSTATED_HELD_MPTCP;
  out.pid = task->tgid;
  out.start_time = task->group_leader->start_boottime;
  out.fd = context->fd;
  out.cookie = bpf_get_socket_cookie(sk); /* generated if there is none */
  out.inode =
      BPF_CORE_READ((const struct socket_alloc*)socket, vfs_inode.i_ino);
  fill_addresses(&out, sk);
  fill_queues(&out, sk);
  bpf_seq_write(context->meta->seq, &out, sizeof(out));
  return 0;
}
