"""The connectors against the sandbox, both real: faults, kills, and a checker that reads the sandbox's own store."""
