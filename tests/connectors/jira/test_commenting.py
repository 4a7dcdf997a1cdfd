"""Our comments are left once, found again as the same text, and changed in place."""

from typing import Any

import pytest

from services.connectors.jira.commenting import document, plain
from services.runtime.errors import Misconfigured, Permanent, Transient
from tests.connectors.jira.scripted import Says, ScriptedSite, at
from tests.connectors.jira.standing_in import BO, KINDS, company

WORDS = "Is this still planned? [PAY-1] {code} waits for it | C:\\temp\n\nSee https://leeway.example.com/f/1?a=b (new)."


@pytest.mark.parametrize("kind", KINDS)
async def test_what_was_left_reads_back_as_the_same_text_and_is_changed_in_place(kind: str) -> None:
    async with company(kind) as found:
        id_ = found.some()
        found.site.comment(id_, "Not ours", BO)
        made = await found.client.add_comment(id_, WORDS)
        assert await found.client.comments(id_) == ((made, WORDS),)
        await found.client.edit_comment(id_, made, "It is done.")
        assert await found.client.comments(id_) == ((made, "It is done."),)


@pytest.mark.parametrize("kind", KINDS)
async def test_our_comments_are_found_among_many(kind: str) -> None:
    async with company(kind) as found:
        id_ = found.some()
        found.site.limits_writes = False
        first = await found.client.add_comment(id_, "The first")
        for number in range(130):
            found.later(seconds=10)
            found.site.comment(id_, f"Word {number}", BO)
        found.later(seconds=10)
        last = await found.client.add_comment(id_, "The last")
        assert await found.client.comments(id_) == ((last, "The last"), (first, "The first"))


def test_an_address_becomes_a_link_and_a_line_a_paragraph() -> None:
    told = document("Look: https://x.example/a.\nYes")
    first, second = told["content"]
    assert [(part["text"], "marks" in part) for part in first["content"]] == [
        ("Look: ", False), ("https://x.example/a", True), (".", False),
    ]  # fmt: skip
    assert second["content"] == [{"type": "text", "text": "Yes"}]
    assert document("")["content"] == [{"type": "paragraph", "content": []}]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (None, ""),
        (
            {
                "type": "doc",
                "content": [{"type": "paragraph", "content": [{"type": "mention", "attrs": {"text": "@Bo"}}]}],
            },
            "@Bo",
        ),
        (
            {"type": "doc", "content": [{"type": "inlineCard", "attrs": {"url": "https://x.example"}}]},
            "https://x.example",
        ),
        ("plain \\[x\\]", "plain [x]"),
    ],
)
def test_a_comment_of_any_shape_is_read_as_text(body: Any, words: str) -> None:
    assert plain(body) == words


def test_a_document_without_a_bottom_is_read_to_a_depth() -> None:
    deep: dict[str, Any] = {"type": "text", "text": "deep"}
    for _ in range(500):
        deep = {"type": "paragraph", "content": [deep]}
    assert plain(deep) == ""


async def test_a_comment_is_not_sent_again_after_an_error_and_a_denied_one_names_the_scope() -> None:
    site = ScriptedSite()
    site.on("POST", "issue/1/comment", Says(500), Says(403), Says(404))
    async with at(site) as client:
        with pytest.raises(Transient):
            await client.add_comment("1", "Hello")
        with pytest.raises(Misconfigured, match="write:jira-work"):
            await client.add_comment("1", "Hello")
        with pytest.raises(Permanent):
            await client.add_comment("1", "Hello")
    assert len(site.asked("issue/1/comment")) == 3
