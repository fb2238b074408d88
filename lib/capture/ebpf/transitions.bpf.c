// SPDX-License-Identifier: Apache-2.0
/* Counts every change of state of every TCP socket, reports those that matter
 * through a ring, and keeps the sockets that left every table of the kernel
 * while a process still has them open.
 *
 * A program is not run where it interrupts itself (a softirq on top of it, on
 * the same CPU). So there are two, one after the other: `first` notes what it
 * handled, `second` handles what is not noted. */
#include "kernel/ebpf/types.h"
/* after it: the helpers need its types */
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "capture/ebpf/event.h"

/* helpers are for GPL-compatible programs only */
char LICENSE[] SEC("license") = "GPL";

/* Every transition is reported, not only those of CLOSE_WAIT. */
volatile __u32 full_mode = 0;

/* Entries of `detached`: while it is 0 nobody looks for any. */
volatile __u64 detached_count = 0;

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, TCPSTATED_RING_BYTES);
} ring SEC(".maps");

/* One entry for each of the two programs. A program never interrupts itself, so
 * nobody else writes to its entry on this CPU: no atomic operations. */
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, TCPSTATED_TOTALS);
  __type(key, __u32);
  __type(value, struct tcpstated_totals);
} totals SEC(".maps");

/* Closed sockets that a process still holds, by address of the socket. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, TCPSTATED_MAX_DETACHED);
  __type(key, __u64);
  __type(value, struct tcpstated_event6);
} detached SEC(".maps");

/* What `first` handled on this CPU and `second` has not seen yet, the newest
 * last. More than two levels (a task, a softirq on top) do not exist. */
enum { NOTES = 4 };

struct notes {
  __u64 sock[NOTES];
  __u64 count;
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct notes);
} handled SEC(".maps");

static const __u32 zero = 0;
static const __u32 one = 1;

static __always_inline __u8 error_of(const struct sock* sk) {
  switch (sk->sk_err) {
    case 0:
      return TCPSTATED_NO_ERROR;
    case 32:  /* EPIPE */
    case 104: /* ECONNRESET */
      return TCPSTATED_RESET;
    case 111:
      return TCPSTATED_REFUSED;
    case 110:
      return TCPSTATED_TIMED_OUT;
    case 101: /* ENETUNREACH */
    case 113: /* EHOSTUNREACH */
      return TCPSTATED_UNREACHABLE;
    case 103:
      return TCPSTATED_ABORTED;
    default:
      return TCPSTATED_OTHER_ERROR;
  }
}

static __always_inline int is_orphan(const struct sock* sk) {
  return (sk->__sk_common.skc_flags & 1UL << SOCK_DEAD) != 0;
}

static __always_inline void fill(struct tcpstated_event* event, struct sock* sk,
                                 int from, int to, __u8 flags) {
  const struct socket* socket = sk->sk_socket;
  event->at = bpf_ktime_get_boot_ns();
  event->cookie = bpf_get_socket_cookie(sk); /* generated if there is none */
  event->netns = sk->__sk_common.skc_net.net->ns.inum;
  event->inode = 0;
  if (to == TCP_CLOSE_WAIT || to == TCP_CLOSE) /* the others are not kept */
    if (socket && socket->file) event->inode = socket->file->f_inode->i_ino;
  event->receive_queue = 0;
  event->send_queue = 0;
  if (to == TCP_CLOSE_WAIT) {
    const struct tcp_sock* tcp = bpf_skc_to_tcp_sock(sk);
    if (tcp) {
      event->receive_queue = tcp->rcv_nxt - tcp->copied_seq;
      event->send_queue = tcp->write_seq - tcp->snd_una;
    }
  }
  event->local_port = sk->__sk_common.skc_num;
  if (event->local_port == 0) /* released already: inet_sport still has it */
    event->local_port = __builtin_bswap16(
        BPF_CORE_READ((const struct inet_sock*)sk, inet_sport));
  event->remote_port = __builtin_bswap16(sk->__sk_common.skc_dport);
  event->from = from;
  event->to = to;
  if (sk->__sk_common.skc_family == AF_INET6) flags |= TCPSTATED_IPV6;
  if (sk->sk_protocol == IPPROTO_MPTCP) flags |= TCPSTATED_MPTCP;
  if (socket && !is_orphan(sk)) flags |= TCPSTATED_HAS_FILE;
  event->flags = flags;
  event->error = to == TCP_CLOSE ? error_of(sk) : TCPSTATED_NO_ERROR;
}

static __always_inline void addresses4(__u8* local, __u8* remote,
                                       const struct sock* sk) {
  const __u32 source = sk->__sk_common.skc_rcv_saddr;
  const __u32 destination = sk->__sk_common.skc_daddr;
  __builtin_memcpy(local, &source, 4);
  __builtin_memcpy(remote, &destination, 4);
}

static __always_inline void addresses6(__u8* local, __u8* remote,
                                       const struct sock* sk) {
  BPF_CORE_READ_INTO((struct in6_addr*)local, sk, __sk_common.skc_v6_rcv_saddr);
  BPF_CORE_READ_INTO((struct in6_addr*)remote, sk, __sk_common.skc_v6_daddr);
}

static __always_inline void report(struct tcpstated_totals* count,
                                   struct sock* sk, int from, int to,
                                   __u8 flags) {
  if (sk->__sk_common.skc_family == AF_INET6) {
    struct tcpstated_event6* slot =
        bpf_ringbuf_reserve(&ring, sizeof(*slot), 0);
    if (!slot) goto lost;
    fill(&slot->event, sk, from, to, flags);
    addresses6(slot->local, slot->remote, sk);
    bpf_ringbuf_submit(slot, BPF_RB_NO_WAKEUP);
  } else {
    struct tcpstated_event4* slot =
        bpf_ringbuf_reserve(&ring, sizeof(*slot), 0);
    if (!slot) goto lost;
    fill(&slot->event, sk, from, to, flags);
    addresses4(slot->local, slot->remote, sk);
    bpf_ringbuf_submit(slot, BPF_RB_NO_WAKEUP);
  }
  ++count->events;
  return;
lost:
  ++count->lost;
}

/* The subflow of an MPTCP connection has the file of the connection, which
 * goes on without it. */
static __always_inline int is_subflow(struct sock* sk) {
  const struct tcp_sock* tcp = bpf_skc_to_tcp_sock(sk);
  return tcp && bpf_core_field_exists(tcp->is_mptcp) && tcp->is_mptcp;
}

static __always_inline void forget_detached(const struct sock* sk) {
  const __u64 key = (__u64)sk;
  if (detached_count && bpf_map_delete_elem(&detached, &key) == 0)
    __sync_fetch_and_sub(&detached_count, 1);
}

static __always_inline void note_detached(struct tcpstated_totals* count,
                                          struct sock* sk, int from) {
  struct tcpstated_event6 value = {};
  const __u64 key = (__u64)sk;
  /* Only what was a connection, and can still be held. */
  if (from == TCP_LISTEN || from == TCP_SYN_SENT || !sk->sk_socket ||
      is_orphan(sk) || is_subflow(sk))
    return;
  fill(&value.event, sk, from, TCP_CLOSE, 0);
  if (sk->__sk_common.skc_family == AF_INET6)
    addresses6(value.local, value.remote, sk);
  else
    addresses4(value.local, value.remote, sk);
  forget_detached(sk); /* of a socket that had this address before */
  if (bpf_map_update_elem(&detached, &key, &value, BPF_NOEXIST) == 0)
    __sync_fetch_and_add(&detached_count, 1);
  else
    ++count->detached_refused;
}

static __always_inline void handle(struct sock* sk, int from, int to,
                                   __u8 flags) {
  struct tcpstated_totals* count =
      bpf_map_lookup_elem(&totals, flags & TCPSTATED_RESCUED ? &one : &zero);
  const __u16 protocol = sk->sk_protocol;
  if (!count) return;
  if (flags & TCPSTATED_RESCUED) ++count->rescued;
  if (from == to) return;
  if (protocol == IPPROTO_TCP) {
    ++count->transitions[from & (TCPSTATED_STATES - 1)]
                        [to & (TCPSTATED_STATES - 1)];
    if (to == TCP_CLOSE) {
      ++count->ends[from & (TCPSTATED_STATES - 1)]
                   [error_of(sk) & (TCPSTATED_ERRORS - 1)];
      note_detached(count, sk, from);
    } else if (from == TCP_CLOSE || from == TCP_LISTEN) {
      forget_detached(sk); /* used again */
    }
  } else if (protocol != IPPROTO_MPTCP) {
    return;
  }
  if (full_mode || from == TCP_CLOSE_WAIT || to == TCP_CLOSE_WAIT)
    report(count, sk, from, to, flags);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(first, struct sock* sk, int from, int to) {
  struct notes* note = bpf_map_lookup_elem(&handled, &zero);
  if (!note) return 0;
  const __u64 at = note->count;
  if (at < NOTES) {
    note->sock[at] = (__u64)sk;
    note->count = at + 1;
  }
  handle(sk, from, to, 0);
  return 0;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(second, struct sock* sk, int from, int to) {
  struct notes* note = bpf_map_lookup_elem(&handled, &zero);
  if (!note) return 0;
  const __u64 top = note->count - 1;
  if (top < NOTES && note->sock[top] == (__u64)sk) {
    note->count = top;
    return 0;
  }
  /* From the newest on: what lies above was left by a softirq that came while
   * this program ran, so that it did not see it. The socket tells them apart:
   * it is locked, so its changes do not nest. */
  for (int i = NOTES - 1; i >= 0; --i)
    if (i < note->count && note->sock[i] == (__u64)sk) {
      note->count = i;
      return 0;
    }
  handle(sk, from, to, TCPSTATED_RESCUED);
  return 0;
}

/* A socket whose end comes on top of this program stays in the map until its
 * address is used again; a pass over the descriptors shows that nobody has it.
 */
SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(destroyed, struct sock* sk) {
  forget_detached(sk);
  return 0;
}
