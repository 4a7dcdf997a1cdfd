"""Which webhooks are made, renewed and removed, decided from what is wanted, found and kept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.work_items import Tracker
from services.connectors.hooks_plan import (
    QUIET_CHANGES,
    QUIET_FOR,
    WHOLE_SITE,
    Action,
    Address,
    Adopt,
    Create,
    Forget,
    Remove,
    Renew,
    Situation,
    failing,
    plan,
    quiet,
)
from services.connectors.hooks_store import HookKey, HookStanding, KeptHook
from services.connectors.tracker import HookFound
from tests.connectors.fake_site import ADDRESS

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
JIRA = Address(ADDRESS, Tracker.JIRA, "main")
ASANA = Address(ADDRESS, Tracker.ASANA, "marketing")
SITE = HookFound("h1", JIRA.target(None))
TASKS = HookFound("h2", ASANA.target("k1"), "101")
KEYS = {"k1": HookKey("k1", "101", proven=True), "k2": HookKey("k2", "101", proven=False)}


def kept(hook: HookFound, scope: str = WHOLE_SITE, renewed: float | None = None) -> dict[str, KeptHook]:
    at = None if renewed is None else NOW - timedelta(days=renewed)
    return {scope: KeptHook(scope, hook.id, hook.target, "10,11", at, hook.expires_at)}


def ending(days: float) -> HookFound:
    return replace(SITE, expires_at=NOW + timedelta(days=days))


def jira(*found: HookFound, known: dict[str, KeptHook] | None = None) -> list[Action]:
    return plan(Situation(JIRA, [WHOLE_SITE], found, known or {}, {}, NOW, "10,11"))


def asana(*found: HookFound, known: dict[str, KeptHook] | None = None, wanted: tuple[str, ...] = ("101",)) -> list[Any]:
    return plan(Situation(ASANA, wanted, found, known or {}, KEYS, NOW))


def test_what_is_missing_is_made_and_one_that_was_there_is_made_again() -> None:
    assert jira() == [Create(WHOLE_SITE, again=False)]
    assert jira(known=kept(SITE)) == [Create(WHOLE_SITE, again=True)]
    assert asana(wanted=("101", "102"), known=kept(TASKS, "102")) == [
        Create("101", again=False),
        Create("102", again=True),
    ]


def test_what_is_as_it_should_be_is_kept() -> None:
    assert jira(SITE, known=kept(SITE)) == [Adopt(WHOLE_SITE, SITE)]
    assert asana(TASKS) == [Adopt("101", TASKS)]


@pytest.mark.parametrize(
    ("days_left", "renewed_ago", "renews"),
    [(29, 1, False), (23.5, 6.5, False), (23, 7, True), (10, 1, True), (1, 29, True), (29, None, True)],
)
def test_what_ends_by_itself_is_renewed_each_week(days_left: float, renewed_ago: float | None, renews: bool) -> None:
    hook = ending(days_left)
    assert jira(hook, known=kept(hook, renewed=renewed_ago)) == [
        Renew(WHOLE_SITE, hook) if renews else Adopt(WHOLE_SITE, hook)
    ]


@pytest.mark.parametrize("dead", [replace(SITE, is_active=False), ending(0), ending(-1)])
def test_what_is_dead_is_removed_and_made_again(dead: HookFound) -> None:
    assert jira(dead, known=kept(dead)) == [Remove(dead), Create(WHOLE_SITE, again=True)]


def test_of_doubles_the_one_that_we_know_stays() -> None:
    double = replace(SITE, id="h9")
    assert jira(double, SITE, known=kept(SITE)) == [Remove(double), Adopt(WHOLE_SITE, SITE)]
    other = replace(TASKS, id="h9")
    assert asana(other, TASKS, known=kept(TASKS, "101")) == [Remove(other), Adopt("101", TASKS)]
    assert asana(TASKS, other) == [Remove(other), Adopt("101", TASKS)]


def test_one_of_a_whole_site_is_made_again_for_other_projects() -> None:
    known = {WHOLE_SITE: replace(kept(SITE)[WHOLE_SITE], covers="10")}
    assert jira(SITE, known=known) == [Remove(SITE), Create(WHOLE_SITE, again=True)]
    assert jira(SITE) == [Remove(SITE), Create(WHOLE_SITE, again=False)], "nobody knows what it is for"


def test_what_we_made_for_another_address_goes() -> None:
    moved = replace(SITE, target="https://old.lindqvist.example/hooks/jira/main")
    assert jira(moved, known=kept(moved)) == [Remove(moved), Create(WHOLE_SITE, again=True)]


def test_one_of_asanas_whose_deliveries_fail_is_left_its_deliveries_and_told_of_after_long() -> None:
    failed = replace(TASKS, expires_at=NOW + timedelta(hours=2), last_failure="502 Bad Gateway")
    assert asana(failed, known=kept(TASKS, "101")) == [Adopt("101", failed)]
    assert "502 Bad Gateway" in str(failing([SITE, failed], NOW))
    assert failing([SITE, failed], NOW - timedelta(hours=11)) is None
    assert failing([ending(1)], NOW) is None, "Jira's end by themselves"


@pytest.mark.parametrize(
    "stray",
    [replace(TASKS, id="h8", target=ASANA.target("nobody")), replace(TASKS, id="h8", target=ASANA.target("k2"))],
    ids=["a key that we did not make", "a key that nobody shook hands at"],
)
def test_a_webhook_of_ours_whose_deliveries_cannot_be_verified_is_removed(stray: HookFound) -> None:
    assert asana(stray, TASKS) == [Remove(stray), Adopt("101", TASKS)]
    assert asana(stray) == [Remove(stray), Create("101", again=False)]


def test_a_scope_that_is_not_wanted_any_more_loses_its_webhook() -> None:
    assert asana(TASKS, known=kept(TASKS, "101"), wanted=()) == [Remove(TASKS), Forget("101")]


@pytest.mark.parametrize(
    "target",
    [
        "https://ferrum.example/hooks/jira/main",
        f"{ADDRESS}/hooks/jira/main2",
        f"{ADDRESS}/hooks/jira/main/more",
        f"{ADDRESS}/hooks/asana/main/{'k' * 43}",
        f"{ADDRESS}.other.example/hooks/jira/main",
        f"{ADDRESS}/other/hooks/jira/main",
    ],
)
def test_what_does_not_lead_to_this_connection_is_never_touched(target: str) -> None:
    other = HookFound("h7", target, is_active=False)
    assert jira(other, SITE, known=kept(SITE)) == [Adopt(WHOLE_SITE, SITE)]
    assert asana(replace(other, target=target.replace("/jira/", "/asana/")), TASKS) == [Adopt("101", TASKS)]


LONG_AGO = NOW - QUIET_FOR


@pytest.mark.parametrize(
    ("standing", "is_quiet"),
    [
        (HookStanding(), False),
        (HookStanding(missed=QUIET_CHANGES, missed_since=LONG_AGO), True),
        (HookStanding(missed=QUIET_CHANGES - 1, missed_since=LONG_AGO), False),
        (HookStanding(missed=500, missed_since=LONG_AGO + timedelta(seconds=1)), False),
        (HookStanding(heard_at=NOW, told_at=LONG_AGO, missed=9, missed_since=LONG_AGO), True),
    ],
    ids=["nothing to tell", "missed for long", "few", "a busy hour", "heartbeats alone"],
)
def test_webhooks_are_quiet_when_polls_alone_bring_changes_for_long(standing: HookStanding, is_quiet: bool) -> None:
    told = quiet(standing, ADDRESS, NOW)
    assert (told is not None) is is_quiet
    assert told is None or ADDRESS in told
