fuzz_target(query tcpstated_http)
