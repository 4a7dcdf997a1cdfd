"""Signatures that two independent verifiers accept."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
import standardwebhooks
import svix

from services.notifier.signing import Signer
from services.runtime.clock import SystemClock
from services.runtime.errors import Misconfigured

OLD = "whsec_" + "b2xkLXNlY3JldC1vbGQtc2VjcmV0LW9sZC1zZWNyZXQ="
NEW = "whsec_" + "bmV3LXNlY3JldC1uZXctc2VjcmV0LW5ldy1zZWNyZXQ="
OTHER = "whsec_" + "b3RoZXItc2VjcmV0LW90aGVyLXNlY3JldC1vdGhlcg=="
BODY = '{"title":"Übergang — 支付"}'


def accepted(secret: str, headers: dict[str, str]) -> bool:
    """Whether both verifiers accept; they must agree."""
    answers = []
    for verifier, refusal in (
        (standardwebhooks.Webhook(secret), standardwebhooks.WebhookVerificationError),
        (svix.Webhook(secret), svix.WebhookVerificationError),
    ):
        try:
            verifier.verify(BODY.encode(), headers)
        except refusal:
            answers.append(False)
        else:
            answers.append(True)
    assert answers[0] == answers[1]
    return answers[0]


def test_both_verifiers_accept_ours_and_no_other_secret() -> None:
    headers = Signer([NEW]).headers("msg_1", SystemClock().wall(), BODY)
    assert accepted(NEW, headers)
    assert not accepted(OTHER, headers)


def test_while_a_secret_changes_the_old_and_the_new_are_accepted() -> None:
    headers = Signer([NEW, OLD]).headers("msg_1", SystemClock().wall(), BODY)
    assert accepted(NEW, headers)
    assert accepted(OLD, headers)
    assert not accepted(OTHER, headers)


def test_the_zone_of_the_time_does_not_matter() -> None:
    """The package reads any zone as UTC; given one that is not, it would sign another time than the header's."""
    wall = SystemClock().wall()
    far = wall.astimezone(timezone(timedelta(hours=9)))
    assert Signer([NEW]).headers("msg_1", far, BODY) == Signer([NEW]).headers("msg_1", wall, BODY)


def test_an_old_attempt_cannot_be_replayed() -> None:
    headers = Signer([NEW]).headers("msg_1", datetime(2020, 1, 1, tzinfo=UTC), BODY)
    assert not accepted(NEW, headers)


@pytest.mark.parametrize("secret", ["", "hunter2", "whsec_", "whsec_é"])
def test_a_secret_that_cannot_be_used_is_named_at_start(secret: str) -> None:
    with pytest.raises(Misconfigured, match="whsec_"):
        Signer([secret])
