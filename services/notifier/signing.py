"""Signatures by the Standard Webhooks specification, for a receiver with one secret or, while it changes, several."""

from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

from services.runtime.errors import Misconfigured


class Signer:
    """Signs with every secret given, so that a receiver may hold the old one or the new one."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._webhooks = tuple(_webhook(secret) for secret in secrets)

    def headers(self, webhook_id: str, at: datetime, body: str) -> dict[str, str]:
        """Return the three headers for one attempt made at `at` (aware)."""
        # The package takes whatever zone it is given for UTC, so a local time would give a wrong signature.
        moment = at.astimezone(UTC)
        return {
            "webhook-id": webhook_id,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": " ".join(webhook.sign(webhook_id, moment, body) for webhook in self._webhooks),
        }


def _webhook(secret: str) -> Webhook:
    if not secret.startswith("whsec_"):
        raise Misconfigured("a webhook secret begins with 'whsec_' and goes on in base64; make one with `leeway token`")
    try:
        return Webhook(secret)
    except (ValueError, EmptyWebhookSecretError) as error:
        raise Misconfigured("a webhook secret is 'whsec_' and then base64; this one cannot be decoded") from error
