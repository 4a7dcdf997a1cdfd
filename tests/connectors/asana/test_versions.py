"""Versions: what is news, what is none, and the instant before one."""

import pytest

from services.connectors.asana.versions import is_news, since_of, version_of


@pytest.mark.parametrize(
    ("listed", "kept", "news"),
    [
        ("2026-11-20T10:00:00.000Z/a", None, True),
        ("2026-11-20T10:00:00.000Z/a", "2026-11-20T10:00:00.000Z/a", False),
        ("2026-11-20T10:00:00.000Z/b", "2026-11-20T10:00:00.000Z/a", True),
        ("2026-11-20T10:00:00.001Z/a", "2026-11-20T10:00:00.000Z/a", True),
        ("2026-11-20T09:59:59.999Z/b", "2026-11-20T10:00:00.000Z/a", False),
        ("None/b", "2026-11-20T10:00:00.000Z/a", True),
    ],
)
def test_any_difference_is_news_unless_it_is_older(listed: str, kept: str | None, *, news: bool) -> None:
    assert is_news(listed, kept) is news


def test_the_text_before_a_version_is_an_instant() -> None:
    assert since_of("2026-11-20T10:00:00.250Z/abc", 600) == "2026-11-20T09:50:00.250Z"
    assert since_of("2026-11-20T10:00:00.250Z", 0) == "2026-11-20T10:00:00.250Z"
    assert since_of("None/abc", 600) == "1970-01-01T00:00:00.000Z"


def test_the_order_of_a_set_is_no_difference() -> None:
    tags = [{"gid": "1", "name": "a"}, {"gid": "2", "name": "b"}]
    assert version_of({"tags": tags}) == version_of({"tags": tags[::-1]})
    assert version_of({"tags": tags}) != version_of({"tags": tags[:1]})
