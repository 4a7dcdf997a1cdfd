"""Versions tell news from what the index still shows of yesterday."""

import pytest

from services.connectors.jira.versions import id_of, is_news, since_of, version_of


@pytest.mark.parametrize(
    ("updated", "version"),
    [
        ("2026-06-01T10:00:00.123+0000", "1780308000123"),
        ("2026-06-01T12:00:00.123+0200", "1780308000123"),
        (1780308000123, "1780308000123"),
        ("yesterday", "0"),
        (None, "0"),
    ],
)
def test_a_version_is_updated_in_milliseconds_whatever_the_zone(updated: object, version: str) -> None:
    assert version_of({"id": "1", "fields": {"updated": updated}}) == version


@pytest.mark.parametrize(
    ("listed", "kept", "news"),
    [
        ("2", None, True),
        ("2", "1", True),
        ("2", "2", False),
        ("1", "2", False),  # the search index lags behind what a webhook made us fetch
        ("10", "9", True),  # as numbers, not as text
        ("0", "2", True),  # unreadable: better look
        ("what", "2", True),
    ],
)
def test_only_a_later_version_is_news(listed: str, kept: str | None, news: bool) -> None:
    assert is_news(listed, kept) is news


def test_since_lies_before_a_version_and_never_before_the_epoch() -> None:
    assert since_of("1780308000123", 600) == "1780307400123"
    assert since_of("1000", 600) == since_of("junk", 600) == "0"


def test_an_id_is_text_even_where_it_was_a_number() -> None:
    assert id_of({"id": "7"}) == id_of({"id": 7}) == "7"
