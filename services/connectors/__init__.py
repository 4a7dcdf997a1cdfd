"""Connectors: what Jira and Asana say becomes work items and changes of one shape.

In: both trackers live (polls, webhooks, streams of events, censuses) or as exports; the strategy, for its goals;
requests for comments. Out: `leeway.<tracker>.work-items`, `leeway.<tracker>.changes`, `leeway.connections`,
`leeway.measurements`, and the flow marks of its loads. Owns: the last snapshot of each item with its revision, which
version of the item that is, what was told, hints, cursors, how connections stand, the loads, what was set aside.
Promises: every hint ends in a fetch, and every payload becomes a snapshot or is set aside with its reason; a snapshot
is published before it is committed, so a crash repeats it with a new revision and loses none; an equal payload is
published once; missing is not gone.
"""
