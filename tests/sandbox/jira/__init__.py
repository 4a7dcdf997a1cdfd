"""Tests of the Jira stand-in."""
