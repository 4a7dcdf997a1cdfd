"""One call to Jira: what each answer means, what is repeated and what never, and that nothing leaks."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from services.connectors.jira.calling import Asked
from services.runtime.clock import SystemClock
from services.runtime.errors import LeewayError, Misconfigured, Permanent, RateLimited, Transient
from tests.connectors.jira.scripted import TOKEN, Says, ScriptedSite, StillClock, at

READ = Asked("GET", "issue/1", "read an issue")
WRITE = Asked("POST", "issue/1/comment", "leave a comment", body={"body": "hello"})
FINE = Says(body={"id": "1"})


async def outcome(site: ScriptedSite, clock: StillClock | None = None, **changes: Any) -> LeewayError:
    async with at(site, clock, **changes) as client:
        with pytest.raises(LeewayError) as caught:
            await client._calls.read(READ)
    return caught.value


@pytest.mark.parametrize(
    ("says", "kind", "words"),
    [
        (Says(401), Misconfigured, "does not accept the token"),
        (Says(403), Misconfigured, "read:jira-work"),
        (Says(400, {"errorMessages": ["The value 'X' does not exist"]}), Permanent, "The value 'X' does not exist"),
        (Says(400, {"errors": {"jql": "too wide"}}), Permanent, "too wide"),
        (Says(404), Permanent, "404"),
        (Says(410, {"errorMessages": ["has been removed"]}), Permanent, "has been removed"),
        (Says(500), Transient, "500"),
        (Says(502, b"<html>Bad gateway</html>"), Transient, "502"),
        (Says(503, headers={"Retry-After": "40"}), Transient, "503"),
        (Says(504), Transient, "504"),
        (Says(200, b"<!DOCTYPE html><p>Log in</p>"), Transient, "a web page instead of JSON"),
        (Says(200, b'{"id": "1", "fie'), Transient, "broken JSON"),
        (Says(200, {"id": "1"}, breaks=True), Transient, "broke off"),
        (Says(429, headers={"Retry-After": "60"}), RateLimited, "slow down for 60 seconds"),
    ],
)
async def test_each_answer_is_one_error_of_the_closed_set(says: Says, kind: type[LeewayError], words: str) -> None:
    site = ScriptedSite()
    site.on("GET", "issue/1", says)
    error = await outcome(site)
    assert isinstance(error, kind)
    assert words in str(error)


@pytest.mark.parametrize(
    ("says", "kind", "words"),
    [
        (Says(401), Misconfigured, "does not accept the token"),
        (Says(404), Permanent, "404"),
        (Says(500), Transient, "500"),
        (Says(200, b"<!DOCTYPE html><p>Log in</p>"), Transient, "a web page instead of JSON"),
        (Says(200, b'{"id": "1", "fie'), Transient, "broken JSON"),
        (Says(200, {"id": "1"}, breaks=True), Transient, "broke off"),
        (Says(200, []), Transient, "something else than it should"),
        (Says(429, headers={"Retry-After": "Wed, 21 Oct 2065 07:28:00 GMT"}), RateLimited, "slow down"),
    ],
)
async def test_the_package_ends_in_the_same_errors(says: Says, kind: type[LeewayError], words: str) -> None:
    """Trap 21: a date in Retry-After makes the package crash; here it is only a long wait."""
    site = ScriptedSite()
    site.on("GET", "issue/1/comment", says)
    async with at(site) as client:
        with pytest.raises(kind, match=words):
            await client._calls.ask("read comments", lambda jira: jira.comments("1"))


async def test_a_site_that_never_answers_is_given_up_and_not_asked_again_at_once() -> None:
    site = ScriptedSite()
    site.on("GET", "issue/1", Says(hangs=True))
    error = await outcome(site, timeout_seconds=0.2)
    assert isinstance(error, Transient)
    assert "did not answer in time" in str(error)
    assert len(site.asked("issue/1")) == 1


async def test_a_thread_of_the_package_is_given_up_in_time_too() -> None:
    site = ScriptedSite()
    site.on("GET", "issue/1/comment", Says(hangs=True))
    async with at(site, timeout_seconds=0.2) as client:
        with pytest.raises(Transient, match="in time"):
            await client._calls.ask("read comments", lambda jira: jira.comments("1"))


@pytest.mark.parametrize("says", [Says(503), Says(500), Says(200, b"<p>"), Says(200, {"a": "b"}, breaks=True)])
async def test_a_read_is_repeated_with_short_jittered_waits(says: Says) -> None:
    site, clock = ScriptedSite(), StillClock()
    site.on("GET", "issue/1", says, says, FINE)
    async with at(site, clock) as client:
        assert (await client._calls.read(READ)).json == {"id": "1"}
    assert len(clock.slept) == 2
    assert 0.35 <= clock.slept[0] <= 0.65
    assert 0.7 <= clock.slept[1] <= 1.3


async def test_a_read_is_given_up_after_three_tries() -> None:
    site = ScriptedSite()
    site.on("GET", "issue/1", Says(500))
    await outcome(site)
    assert len(site.asked("issue/1")) == 3


@pytest.mark.parametrize(
    "says", [Says(500), Says(503, headers={"Retry-After": "1"}), Says(429), Says(200, {}, breaks=True)]
)
async def test_a_write_is_never_repeated(says: Says) -> None:
    """Trap 21: a POST on a connection that broke left three comments."""
    site = ScriptedSite()
    site.on("POST", "issue/1/comment", says)
    async with at(site) as client:
        with pytest.raises(Transient):
            await client._calls.write(WRITE)
        client.limits.paused_until = None
        with pytest.raises(Transient):
            await client._calls.tell("leave a comment", lambda jira: jira.add_comment("1", "hello"))
    assert len(site.asked("issue/1/comment")) == 2


@pytest.mark.parametrize("asked", ["3", "date"])
async def test_a_short_wait_that_was_asked_for_is_waited_for_and_never_cut(asked: str) -> None:
    site, clock = ScriptedSite(), StillClock()
    in_three_seconds = format_datetime(datetime.now(UTC) + timedelta(seconds=3), usegmt=True)
    wait = {"Retry-After": in_three_seconds if asked == "date" else asked}
    site.on("GET", "issue/1", Says(429, headers=wait | {"RateLimit-Reason": "jira-burst-based"}), FINE)
    async with at(site, clock) as client:
        await client._calls.read(READ)
    assert 1.0 < sum(clock.slept) <= 4.0
    assert asked == "date" or sum(clock.slept) >= 3.0


@pytest.mark.parametrize("reason", ["jira-quota-global-based", "jira-quota-tenant-based", None])
async def test_a_quota_stops_all_calls_until_the_site_said(reason: str | None) -> None:
    """Trap 22: 1847 seconds, and they mean each call of the app."""
    site, clock = ScriptedSite(), StillClock()
    headers = {"Retry-After": "1847", **({"RateLimit-Reason": reason} if reason else {})}
    site.on("GET", "issue/1", Says(429, headers=headers))
    async with at(site, clock) as client:
        with pytest.raises(RateLimited) as first:
            await client._calls.read(READ)
        with pytest.raises(RateLimited) as second:
            await client._calls.ask("say who we are", lambda jira: jira.myself())
        assert (first.value.retry_after, second.value.retry_after) == (1847, 1847)
        assert site.asked("myself") == []
        assert client.limits.paused_until == clock.monotonic() + 1847
        clock.slept.append(1847)
        assert (await client._calls.ask("say who we are", lambda jira: jira.myself()))["accountId"] == "me-1"


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "999999999"},
        {"Retry-After": "1e400"},
        {"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"},
        {"X-RateLimit-Reset": "9999-12-31T23:59:59Z"},
    ],
)
async def test_a_pause_without_reason_ends_within_the_hour(headers: dict[str, str]) -> None:
    site, clock = ScriptedSite(), StillClock()
    site.on("GET", "issue/1", Says(429, headers=headers), Says(body={"id": "1"}))
    async with at(site, clock) as client:
        with pytest.raises(RateLimited) as error:
            await client._calls.read(READ)
        assert error.value.retry_after == 3600
        clock.slept.append(3600)
        assert (await client._calls.read(READ)).json == {"id": "1"}


async def test_a_limit_of_one_issues_writes_stops_only_that_write() -> None:
    """Trap 22, its other half."""
    site = ScriptedSite()
    one_write = {"Retry-After": "30", "RateLimit-Reason": "jira-per-issue-on-write"}
    site.on("POST", "issue/1/comment", Says(429, headers=one_write))
    site.on("GET", "issue/1", FINE)
    async with at(site) as client:
        with pytest.raises(RateLimited) as caught:
            await client._calls.write(WRITE)
        assert caught.value.retry_after == 30
        assert (await client._calls.read(READ)).json == {"id": "1"}


async def test_what_is_left_of_the_rate_limit_is_noted_from_both_libraries() -> None:
    site = ScriptedSite()
    site.on("GET", "issue/1", Says(body={}, headers={"X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "7"}))
    site.on("GET", "myself", Says(body={}, headers={"X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "6"}))
    async with at(site) as client:
        await client._calls.read(READ)
        assert (client.limits.remaining, client.limits.limit) == (7, 100)
        await client._calls.ask("say who we are", lambda jira: jira.myself())
        assert client.limits.remaining == 6


@pytest.mark.parametrize("says", [Says(401), Says(403), Says(400), Says(500), Says(429), Says(200, b"<p>"), Says(302)])
async def test_no_secret_gets_into_a_message_a_cause_or_the_log(says: Says, caplog: pytest.LogCaptureFixture) -> None:
    """The package's errors hold headers and bodies in their text; a site may even repeat our token."""
    site = ScriptedSite()
    echo = says if isinstance(says.body, bytes) else Says(says.status, {"errorMessages": [f"no such token {TOKEN}"]})
    for path in ("issue/1", "issue/1/comment"):
        site.on("GET", path, echo)
    caplog.set_level(logging.DEBUG)
    errors = [await outcome(site, StillClock())]
    async with at(site) as client:
        with pytest.raises(LeewayError) as caught:
            await client._calls.ask("read comments", lambda jira: jira.comments("1"))
        errors.append(caught.value)
        basic = client._calls._authorization.split()[1]
    for error in errors:
        assert error.__cause__ is error.__context__ is None
        assert TOKEN not in str(error) and basic not in str(error)  # noqa: PT018 -- one rule
    assert TOKEN not in caplog.text and basic not in caplog.text  # noqa: PT018


async def test_the_package_knows_the_kind_so_that_no_method_returns_nothing() -> None:
    """Trap 1: without the server's kind its methods for Cloud return none, and its search meets a 410."""
    site = ScriptedSite()
    site.on("GET", "search/jql", Says(body={"issues": [], "isLast": True}))
    async with at(site) as client:
        found = await client._calls.ask("search", lambda jira: jira.enhanced_search_issues("project = PAY"))
        assert found is not None
        assert await client._calls.ask("search", lambda jira: jira.search_issues("project = PAY")) == []
    assert site.asked("search") == []


async def test_no_more_calls_go_out_at_once_than_the_site_is_to_bear() -> None:
    site = ScriptedSite()
    site.on("GET", "issue/1", Says(hangs=True))
    async with at(site, SystemClock(), timeout_seconds=0.3) as client:
        calls = [asyncio.create_task(client._calls.read(READ)) for _ in range(30)]
        done = await asyncio.gather(*calls[:10], return_exceptions=True)
        assert all(isinstance(each, Transient) for each in done)
        assert len(site.asked("issue/1")) <= 20
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
