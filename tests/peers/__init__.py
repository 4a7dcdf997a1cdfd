"""Clients that nobody here wrote, let loose on the sandbox: not part of `make test`, run by `make peers`."""
