"""The sandbox: a company that never was, with a quarter of its work, for the demo and for tests.

Nothing comes in and nothing goes out by itself: `company.build_company` makes everything from a seed and a day, and the
same seed and day make the same company, to the byte. Every name in it is invented.
"""
