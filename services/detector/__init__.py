"""The detector: what should have happened by now and did not.

In: aligned items, and the strategy. Out: findings, opened, updated and resolved. Owns: the items as it knows them, the
agenda of who is to be judged when, and the findings that it holds to be true.

Promises: a finding is a difference between two states, so the same event twice opens nothing twice, and the order of
arrival never shows; a subject is judged again at the moment when a rule said that its verdict could change; nothing
that is touched by a load or a new strategy is judged before all of it is here; nothing resolves by disappearing.

Rules are pure (`rules/`, one file each); facts and verdicts are values (`facts.py`, `verdict.py`); everything that the
strategy says is compiled once a version (`policy.py`, `context.py`).
"""
