"""What `make bench` measures: speed against a floor of the same run, what size costs, and the archive's replay.

Promise: prints one JSON object, with what was assumed; never a timed test, since a busy machine proves nothing.
"""
