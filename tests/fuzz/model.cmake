fuzz_target(model tcpstated_tcp)
