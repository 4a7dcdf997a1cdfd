"""Alerts on the terminal, for the demo and for whoever watches `leeway up`."""

from services.notifier.channels.terminal.channel import TerminalChannel

__all__ = ["TerminalChannel"]
