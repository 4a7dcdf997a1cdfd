"""Exports: files of issues and tasks, read as a stream, each problem told with its line."""
