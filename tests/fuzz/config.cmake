fuzz_target(config tcpstated_config)
