"""Apache Kafka for the tests: the same suite that runs on the embedded broker runs on the real one."""
