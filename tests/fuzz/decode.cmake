fuzz_target(decode tcpstated_packet)
