fuzz_target(netlink tcpstated_kernel)
