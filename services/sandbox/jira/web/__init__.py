"""Jira's REST API: a module for each part of it, and for each part the list of its paths."""
