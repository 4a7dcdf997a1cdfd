"""One call: what the package would do wrong, and what each kind of refusal becomes."""

import asyncio
import logging
import socket
import traceback
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import asana
import pytest

from services.connectors.asana.calling import READ_TRIES
from services.connectors.asana.client import build_client
from services.connectors.gate import Gate
from services.connectors.refusals import Denied, Refused
from services.runtime.errors import LeewayError, Misconfigured, Permanent, RateLimited, Transient
from services.sandbox.fault_kinds import Fault, FaultKind
from services.sandbox.listening import Authority, listening
from tests.connectors.asana.sites import Answer, QuickClock, Told, refused, said, served, settings, told

TASKS = "read its tasks"
DEEP = b'{"data": ' + b"[" * 200_000


async def test_options_used_twice_give_all_pages_twice() -> None:
    pages = [said([{"gid": "1"}], next_page={"offset": "b"}), said([{"gid": "2"}], next_page=None)]
    async with told(*pages, *pages) as (client, app, _):
        caller, options = client._caller, {"project": "9"}
        method = caller.api(asana.TasksApi).get_tasks
        for _ in range(2):
            assert [row["gid"] for row in await caller.rows(TASKS, method, options)] == ["1", "2"]
        assert options == {"project": "9"}
        assert [asked.query.get("offset") for asked in app.asked] == [None, "b", None, "b"]


async def test_a_list_that_repeats_its_offset_ends() -> None:
    async with told(said([{"gid": "1"}], next_page={"offset": "a"})) as (client, app, _):
        await client._caller.rows(TASKS, client._caller.api(asana.TasksApi).get_tasks, {})
        assert len(app.asked) == 2


async def test_fields_go_over_the_wire_as_one_comma_list() -> None:
    async with served("Home") as at:
        scope, *_ = await at.client.scopes()
        at.task(scope.id, "Named")
        raws = (await at.client.backfill_page(scope, None)).raws
        assert [(raw["name"], raw["projects"][0]["name"]) for raw in raws] == [("Named", "Home")]


async def test_a_site_that_never_answers_is_given_up_in_whole_seconds() -> None:
    async with served("Home", timeout_seconds=1) as at:
        at.faults.switch_on(Fault(kind=FaultKind.TIMEOUT))
        with pytest.raises(Transient, match="in time"):
            await at.client.scopes()
        assert at.faults.struck() == 1


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (refused(400, "Bad."), Refused, "Bad."),
        (refused(401), Denied, "`ops`"),
        (refused(402), Refused, "402"),
        (refused(403, "You lack the scope tasks:read."), Denied, "the scope tasks:read"),
        (refused(403, "No access to this task."), Refused, "No access"),
        (refused(404, "Unknown object."), Refused, "Unknown object"),
        (Answer(404, b"<html>nginx</html>"), Misconfigured, "check `url`"),
        (Answer(302, b"", {"location": "https://login.example/x?token=1"}), Misconfigured, "login.example"),
        (refused(500), Transient, "500"),
        (refused(503, "Later.", Retry_After="90"), Transient, "503"),
        (Answer(200, b"<html>Log in</html>"), Transient, "check `url`"),
        (Answer(200, b'{"data": [{"gid": '), Transient, "check `url`"),
        (Answer(200, b'[{"data": []}]'), Transient, "check `url`"),
        (Answer(200, b'{"data": [7]}'), Transient, "check `url`"),
        (Answer(200, b"\xff\xfe\x00"), Transient, "check `url`"),
        (Answer(200, DEEP + b"]" * 200_000 + b"}"), Transient, "check `url`"),
        (Answer(200, b'{"data": ', cut=True), Transient, "broke off"),
    ],
)  # fmt: skip
async def test_each_answer_has_its_error_and_its_sentence(answer: Answer, kind: type[LeewayError], words: str) -> None:
    async with told(answer) as (client, app, _):
        with pytest.raises(kind, match=words) as raised:
            await client._caller.page(TASKS, client._caller.api(asana.TasksApi).get_tasks, {"project": "1"})
        assert type(raised.value) in {kind, RateLimited} or issubclass(type(raised.value), kind)
        asked_again = isinstance(raised.value, Transient) and raised.value.retry_after is None
        assert len(app.asked) == (READ_TRIES if asked_again else 1)


async def test_a_read_comes_right_after_two_failures() -> None:
    async with told(refused(502), Answer(200, b"<html>"), said([{"gid": "1"}])) as (client, app, clock):
        rows, _ = await client._caller.page(TASKS, client._caller.api(asana.TasksApi).get_tasks, {})
        assert len(rows) == 1
        assert len(app.asked) == 3
        assert len(clock.slept) == 2
        assert all(0 < pause < 1 for pause in clock.slept)


@pytest.mark.parametrize("answer", [refused(500), refused(429, Retry_After="1"), Answer(200, b"{", cut=True)])
async def test_a_write_is_never_sent_twice(answer: Answer) -> None:
    async with told(answer) as (client, app, _):
        with pytest.raises(Transient):
            await client.add_comment("1", "Hello")
        assert len(app.asked) == 1


async def test_a_short_429_is_waited_for() -> None:
    async with told(refused(429, Retry_After="2"), said([])) as (client, _, clock):
        await client._caller.page(TASKS, client._caller.api(asana.TasksApi).get_tasks, {})
        assert 2 <= clock.slept[0] < 2.3


async def test_a_date_to_wait_for_counts_by_the_sites_clock_not_by_ours() -> None:
    clock = QuickClock()
    until = format_datetime(clock.wall() + timedelta(seconds=4), usegmt=True)
    async with told(refused(429, Retry_After=until), said([])) as (client, _, clock):
        clock.ahead = timedelta(hours=1)
        await client._caller.page(TASKS, client._caller.api(asana.TasksApi).get_tasks, {})
        assert 1 < sum(clock.slept) < 5


async def test_a_long_429_is_told_and_stops_all_calls_of_the_token() -> None:
    async with told(refused(429, Retry_After="1847"), said([])) as (client, app, clock):
        get, method = client._caller.page, client._caller.api(asana.TasksApi).get_tasks
        with pytest.raises(RateLimited) as raised:
            await get(TASKS, method, {})
        assert raised.value.retry_after == 1847
        for call in (get(TASKS, method, {}), client.add_comment("1", "x")):
            with pytest.raises(RateLimited, match="seconds are left"):
                await call
        assert len(app.asked) == 1
        clock.slept.append(1847)
        await get(TASKS, method, {})
        assert client.limits.paused_until is None


async def test_a_pause_without_reason_ends_within_the_hour() -> None:
    async with told(refused(429, Retry_After="999999999"), said([])) as (client, _, clock):
        get, method = client._caller.page, client._caller.api(asana.TasksApi).get_tasks
        with pytest.raises(RateLimited) as told_so:
            await get(TASKS, method, {})
        assert told_so.value.retry_after == 3600, "nor does whoever called wait longer"
        clock.slept.append(3600)
        assert await get(TASKS, method, {}) == ([], None)


async def test_after_a_429_one_call_goes_alone_until_the_site_answers() -> None:
    gate = Gate(3)
    gate.narrow()
    order: list[str] = []

    async def call(name: str) -> None:
        async with gate:
            order.append(f"{name} in")
            await asyncio.sleep(0)
            order.append(f"{name} out")

    await asyncio.gather(call("a"), call("b"))
    assert order == ["a in", "a out", "b in", "b out"]
    gate.widen()
    order.clear()
    await asyncio.gather(call("a"), call("b"))
    assert order[:2] == ["a in", "b in"]


async def test_what_urllib3_raises_never_leaks() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free = listener.getsockname()[1]
    client = build_client(settings(f"http://127.0.0.1:{free}"), "sandbox", QuickClock())
    with pytest.raises(Transient, match="refuses connections"):
        await client.open()
    await client.close()


async def test_a_host_that_is_nowhere_and_a_proxy_that_is_dead_are_told() -> None:
    nowhere = build_client(settings("http://nothing.invalid"), "sandbox", QuickClock())
    with pytest.raises(LeewayError, match=r"nothing\.invalid cannot be found"):
        await nowhere.open()
    behind = build_client(settings("https://asana.example", proxy="http://127.0.0.1:9"), "sandbox", QuickClock())
    with pytest.raises(Misconfigured, match=r"proxy http://127\.0\.0\.1:9"):
        await behind.open()
    for client in (nowhere, behind):
        await client.close()


async def test_an_unknown_authority_is_told_and_a_known_one_is_trusted(tmp_path: Path) -> None:
    authority, app = Authority(), Told([refused(401)])
    async with listening(app, 0, "--asana-port", authority) as url:
        strange = build_client(settings(url), "sandbox", QuickClock())
        with pytest.raises(Misconfigured, match="tls_ca"):
            await strange.open()
        assert app.asked == []
        known = build_client(settings(url, tls_ca=authority.write(tmp_path / "ca.pem")), "sandbox", QuickClock())
        with pytest.raises(Denied, match="does not accept the token"):
            await known.open()
        await asyncio.gather(strange.close(), known.close())


@pytest.mark.parametrize("token", ["a\nb", "gehe\u00edm", "two words", "tab\there"])
async def test_what_cannot_be_a_token_is_refused_unsaid(token: str) -> None:
    with pytest.raises(Misconfigured, match="`ops`") as raised:
        build_client(settings("http://asana.example"), token, QuickClock())
    assert token not in str(raised.value)


async def test_a_missing_file_of_an_authority_is_told(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="no file"):
        build_client(settings("https://asana.example", tls_ca=tmp_path / "none.pem"), "x", QuickClock())


async def test_the_token_is_in_no_error_and_in_no_log_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger(__name__).debug("all of it is heard here")
    answers = (refused(401, "token sandbox is bad"), refused(500, "sandbox"), refused(429, "sandbox"), said([]))
    for answer in (*answers, refused(403, "Bearer sandbox"), Answer(200, b"{", cut=True)):
        async with told(answer) as (client, _, _):
            with pytest.raises(LeewayError) as raised:
                await client.open()
            assert "sandbox" not in "".join(traceback.format_exception(raised.value, chain=True)).replace(__file__, "")
    assert "all of it is heard here" in caplog.messages
    assert not [record for record in caplog.records if "sandbox" in record.getMessage()]


async def test_calls_after_close_are_no_hang() -> None:
    async with told(said([])) as (client, _, _):
        await client.close()
        with pytest.raises((RuntimeError, Permanent, Transient)):
            await client._caller.page(TASKS, client._caller.api(asana.TasksApi).get_tasks, {})
