"""The contracts: every payload that crosses a room, and the table that says which topic carries it.

Promise: a payload that was released stays readable for ever. Fields may be added with a default; a change
that an old reader could not bear gets a new major version in the event type. Readers ignore what they do not know.
This package imports nothing else of ours.
"""
