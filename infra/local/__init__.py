"""The stack without Docker: the real MongoDB, Kafka and Caddy from packages, and the services, on this machine.

`Stack` is the library for tests and tools (free ports, a directory of its own, everything gone afterwards);
`infra.cli` drives the same parts under a supervisor for `make run`.
"""
