"""A second, plain reading of what each finding means, from raw exports and without a line of the product's.

It was written from the definitions alone. Where it and the product differ on a made-up company, one of them has
misread the words. `history_*` are the rules that rest on what happened, `governance_*` those on owners, dates, waiting
and key results, `forecast_*` plain trials one day at a time. `python -m tests.oracle.history_compare 1 50` and
`governance_compare` hold many seeds side by side.
"""
