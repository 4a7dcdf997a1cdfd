"""How many small faults in the rules and in the mapper's decisions their tests find: `make mutants`."""
