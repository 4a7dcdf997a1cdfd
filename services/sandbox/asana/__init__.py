"""A stateful stand-in for Asana: its store, what people do in it, and its HTTP interface."""
