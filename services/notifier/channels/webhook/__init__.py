"""Signed webhooks by the Standard Webhooks specification."""

from services.notifier.channels.webhook.channel import WebhookChannel

__all__ = ["WebhookChannel"]
