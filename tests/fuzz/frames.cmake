fuzz_target(frames tcpstated_packet)
