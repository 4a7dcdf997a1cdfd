"""Which objective and which team does this item serve, and by which rule.

In: `WorkItemSnapshot` of both trackers, and `StrategyApplied`. Out: one `ItemAligned` for every item, unaligned ones
too, and the marks that came in, after everything that was made of earlier input.

Owns: each item as it stands, its direct claim, and the alignment last published; the versions of the strategy.

Promises: the alignment of an item depends only on the items and the strategy, never on the order in which they came,
nor on how many mappers share the work; an aligned item that the broker has not confirmed is never counted as
published; a revision is never used twice.
"""
