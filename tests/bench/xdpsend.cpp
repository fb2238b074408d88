// SPDX-License-Identifier: Apache-2.0
// xdpsend INTERFACE PACKETS: so many small TCP packets of 131,072 senders
// arrive on an interface, as fast as this machine can make them. The kernel
// makes them itself (BPF_F_TEST_XDP_LIVE_FRAMES) from a program that writes a
// random source address into each. Prints "SENT n SECONDS s".
#include <fmt/format.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr bpf_insn instruction(unsigned code, unsigned to, unsigned from,
                               int offset, int immediate) {
  return {.code = static_cast<__u8>(code),
          .dst_reg = static_cast<__u8>(to & 15U),
          .src_reg = static_cast<__u8>(from & 15U),
          .off = static_cast<__s16>(offset),
          .imm = immediate};
}

constexpr int kSourceAddress = 14 + 12;
constexpr int kFrameSize = 60;

constexpr std::array kProgram{
    // r7 = data; r3 = data_end
    instruction(BPF_LDX | BPF_MEM | BPF_W, 7, 1, offsetof(xdp_md, data), 0),
    instruction(BPF_LDX | BPF_MEM | BPF_W, 3, 1, offsetof(xdp_md, data_end), 0),
    // if (r7 + 60 > r3) goto end
    instruction(BPF_ALU64 | BPF_MOV | BPF_X, 4, 7, 0, 0),
    instruction(BPF_ALU64 | BPF_ADD | BPF_K, 4, 0, 0, kFrameSize),
    instruction(BPF_JMP | BPF_JGT | BPF_X, 4, 3, 5, 0),
    // the source address = 11.0.0.0 + random below 2^17
    instruction(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_get_prandom_u32),
    instruction(BPF_ALU64 | BPF_AND | BPF_K, 0, 0, 0, 0x1ffff),
    instruction(BPF_ALU64 | BPF_OR | BPF_K, 0, 0, 0, 11 << 24),
    instruction(BPF_ALU | BPF_END | BPF_TO_BE, 0, 0, 0, 32),
    instruction(BPF_STX | BPF_MEM | BPF_W, 7, 0, kSourceAddress, 0),
    // end: return XDP_PASS
    instruction(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, XDP_PASS),
    instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
};

int call_bpf(int command, bpf_attr& attributes) {
  return static_cast<int>(
      ::syscall(__NR_bpf, command, &attributes, sizeof attributes));
}

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

int load() {
  bpf_attr attributes{};
  attributes.prog_type = BPF_PROG_TYPE_XDP;
  attributes.insns = reinterpret_cast<std::uintptr_t>(kProgram.data());
  attributes.insn_cnt = kProgram.size();
  attributes.license = reinterpret_cast<std::uintptr_t>("GPL");
  const int fd = call_bpf(BPF_PROG_LOAD, attributes);
  if (fd < 0) fail("xdpsend: cannot load the program");
  return fd;
}

/// An ACK to 10.1.0.1:20000.
std::array<std::uint8_t, kFrameSize> frame() {
  std::array<std::uint8_t, kFrameSize> bytes{
      2,  0, 0,  0,  0,  1, 2, 0, 0,  0, 0, 2, 8,  0,          // Ethernet
      69, 0, 0,  46, 0,  0, 0, 0, 64, 6, 0, 0,                 // IPv4, 46 bytes
      11, 0, 0,  0,  10, 1, 0, 1,                              // addresses
      40, 0, 78, 32, 0,  0, 0, 1, 0,  0, 0, 1, 80, 16, 1, 0};  // TCP
  return bytes;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::fputs("usage: xdpsend INTERFACE PACKETS\n", stderr);
    return 2;
  }
  const int program = load();
  const auto bytes = frame();
  xdp_md context{};
  context.data_end = kFrameSize;
  context.ingress_ifindex = ::if_nametoindex(arguments[1]);
  const std::uint64_t wanted = std::strtoull(arguments[2], nullptr, 10);
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t sent = 0; sent < wanted;) {
    constexpr std::uint64_t kAtOnce = 100'000;
    const auto now = std::min(kAtOnce, wanted - sent);
    bpf_attr attributes{};
    attributes.test.prog_fd = static_cast<__u32>(program);
    attributes.test.data_in = reinterpret_cast<std::uintptr_t>(bytes.data());
    attributes.test.data_size_in = kFrameSize;
    attributes.test.ctx_in = reinterpret_cast<std::uintptr_t>(&context);
    attributes.test.ctx_size_in = sizeof context;
    attributes.test.repeat = static_cast<__u32>(now);
    attributes.test.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
    attributes.test.batch_size = 64;
    if (call_bpf(BPF_PROG_TEST_RUN, attributes) != 0) fail("xdpsend: run");
    sent += now;
  }
  const std::chrono::duration<double> took =
      std::chrono::steady_clock::now() - begin;
  fmt::print("SENT {} SECONDS {:.3f}\n", wanted, took.count());
}
