"""Asana: how a task with its stories becomes a work item and its changes."""
