"""Connectors: what Jira and Asana say becomes work items and changes of one shape.

In: exports of both trackers (`leeway replay`, `leeway` imports). Out: `leeway.<tracker>.work-items`,
`leeway.<tracker>.changes`, and the flow marks of its loads. Owns: the last snapshot of each item with its revision, the
loads, what was set aside. Promises: every item's payload either becomes a snapshot or is set aside with its reason; a
snapshot is published before it is committed, so a crash repeats it with a new revision and loses none; an equal payload
is published once.
"""
