"""Jira's query language, as far as clients that read issues use it: read, checked against the site, and run."""
