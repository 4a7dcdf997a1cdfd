"""The mapper: selectors, alignment, teams, and the flow through it."""
