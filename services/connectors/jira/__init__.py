"""Jira Cloud and Data Center: how an issue, in whichever of its shapes, becomes a work item and its changes."""
