"""Whatever is wrong with one site is one sentence with its remedy, and the other site is read all the same."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.commands.checks import BY_ITSELF, Check, split
from services.commands.site_checks import check_sites, plain_text
from services.runtime.clock import SystemClock
from services.runtime.connections import AsanaConnection, JiraConnection, JiraKind
from services.runtime.settings import Settings
from services.sandbox.fault_kinds import Fault, FaultKind
from services.sandbox.server import Running, SandboxOptions, sandbox

TODAY = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SETTINGS = Settings.from_env({"LEEWAY_SECRET_RIGHT": "sandbox", "LEEWAY_SECRET_WRONG": "s3cret-of-nobody"})
NOWHERE = "http://127.0.0.1:1"
SMALL = 120
"""Items in the company: what is looked at here does not depend on them."""


class OffClock(SystemClock):
    """A machine whose clock is a minute and a half ahead."""

    def wall(self) -> datetime:
        return super().wall() + timedelta(seconds=90)


@dataclass(frozen=True)
class Case:
    """What is wrong, and what is said of it."""

    name: str
    found: str
    remedy: str
    jira: dict[str, Any] = field(default_factory=dict)
    asana: dict[str, Any] = field(default_factory=dict)
    fault: Fault | None = None
    kind: JiraKind = JiraKind.CLOUD
    clock: SystemClock = field(default_factory=SystemClock)

    @property
    def faulty(self) -> str:
        return "jira" if self.jira or self.fault or self.clock.__class__ is OffClock else "asana"


def strikes(kind: FaultKind, path: str = "", **more: Any) -> Fault:
    return Fault(kind=kind, path=path, **more)


CASES = (
    Case("a wrong token of Jira", "does not accept the token", "from LEEWAY_SECRET_WRONG", jira={"token": "wrong"}),
    Case(
        "a secret of webhooks that is not there", "`hook` is not set", "LEEWAY_SECRET_HOOK",
        jira={"webhooks": {"address": "https://leeway.brightmoor.example", "secret": "hook"}},
    ),
    Case("a wrong token of Asana", "does not accept the token", "from LEEWAY_SECRET_WRONG", asana={"token": "wrong"}),
    Case("no token at all", "The secret `none` is not set", "LEEWAY_SECRET_NONE", jira={"token": "none"}),
    Case("an expired token", "does not accept the token", "may have ended", fault=strikes(FaultKind.EXPIRED_TOKEN)),
    Case("a right that is missing", "does not let the token", "", fault=strikes(FaultKind.FORBIDDEN, "/field")),
    Case("a project that does not exist", "GROWTH", "GROW", jira={"projects": ("GROWTH",)}),
    Case("a project of Asana that is none", "Help dsk", "Help desk load", asana={"projects": ("Help dsk load",)}),
    Case("a workspace that does not exist", "Brightmor", "Brightmoor", asana={"workspace": "Brightmor"}),
    Case("Data Center where Cloud is said", "is a Data Center", "`kind: datacenter`", {"user": "a@b.example"},
         kind=JiraKind.DATACENTER),
    Case("Cloud where Data Center is said", "is Cloud", "`kind: cloud`", jira={"kind": "datacenter", "user": None}),
    Case("nobody at the address", "refuses connections", "", jira={"url": NOWHERE}),
    Case("a host that is none", "cannot be found", "", jira={"url": "http://jira.invalid"}),
    Case("another thing at the address", "", "`url`", jira={"url": "{asana}"}),
    Case("a proxy that is none", "(check `proxy`)", BY_ITSELF, jira={"proxy": NOWHERE}),
    Case("a clock that is off", "s ahead of the site", "time server", clock=OffClock()),
    Case("a web page instead of an answer", "web page", BY_ITSELF, fault=strikes(FaultKind.HTML)),
    Case("broken answers", "broken", BY_ITSELF, fault=strikes(FaultKind.TRUNCATED)),
    Case("errors of its own", "error of its own (503)", BY_ITSELF, fault=strikes(FaultKind.UNAVAILABLE)),
    Case("a quota that is used up", "slow down for 1847 seconds", BY_ITSELF, fault=strikes(FaultKind.QUOTA)),
)  # fmt: skip


@asynccontextmanager
async def served(**options: Any) -> AsyncIterator[Running]:
    async with sandbox(SandboxOptions(TODAY, items=SMALL, **options), SystemClock()) as made:
        yield made


def jira(made: Running, **more: Any) -> JiraConnection:
    user = None if made.jira.kind is JiraKind.DATACENTER else "a@b.example"
    kind = made.jira.kind.value if "user" not in more else "cloud"
    given = {"id": "jira", "tracker": "jira", "url": made.jira_url, "user": user, "kind": kind, "token": "right"} | more
    given["url"] = str(given["url"]).replace("{asana}", made.asana_url)
    return JiraConnection.model_validate(given)


def asana(made: Running, **more: Any) -> AsanaConnection:
    given = {"id": "asana", "tracker": "asana", "url": made.asana_url, "workspace": "Brightmoor", "token": "right"}
    return AsanaConnection.model_validate(given | more)


async def checks(made: Running, case: Case) -> dict[str, list[Check]]:
    return await check_sites((jira(made, **case.jira), asana(made, **case.asana)), SETTINGS, case.clock)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_a_fault_is_one_sentence_with_its_remedy_and_the_other_site_goes_on(case: Case) -> None:
    async with served(jira_kind=case.kind) as made:
        if case.fault is not None:
            made.jira_faults.switch_on(case.fault)
        found = await checks(made, case)
    bad = [check for check in found[case.faulty] if not check.is_well]
    assert len(bad) == 1, bad
    assert case.found in bad[0].found
    assert case.remedy in bad[0].remedy
    assert bad[0].remedy
    assert not re.search(r"s3cret|sandbox\b(?!s)|Traceback|Error\b", bad[0].found + bad[0].remedy)
    if case.clock.__class__ is not OffClock:
        others = found["asana" if case.faulty == "jira" else "jira"]
        assert all(check.is_well for check in others), others


async def test_sites_in_order_are_said_to_be_so() -> None:
    async with served() as made:
        found = await checks(made, Case("nothing", "", ""))
    told = {check.what: check.found for checks in found.values() for check in checks}
    assert told["jira: site"].startswith("Jira Cloud")
    assert told["asana: site"].startswith("Asana lets us in as")
    assert re.fullmatch(r"\d+ projects to read", told["asana: projects"])
    assert all(check.is_well for checks in found.values() for check in checks)


async def test_a_certificate_of_nobody_is_refused_until_its_authority_is_named(tmp_path: Path) -> None:
    async with served(tls=True) as made:
        assert made.authority is not None
        ca = made.authority.write(tmp_path / "authority.pem")
        (tmp_path / "empty.pem").write_text("")
        refused = await check_sites((jira(made), asana(made)), SETTINGS, SystemClock())
        trusted = await check_sites((jira(made, tls_ca=ca), asana(made, tls_ca=ca)), SETTINGS, SystemClock())
        empty = await check_sites((jira(made, tls_ca=tmp_path / "empty.pem"),), SETTINGS, SystemClock())
        spoken = await check_sites((jira(made, url=made.jira_url.replace("https", "http")),), SETTINGS, SystemClock())
    for name in ("jira", "asana"):
        (bad,) = [check for check in refused[name] if not check.is_well]
        assert "certificate that is not trusted" in bad.found
        assert "`tls_ca`" in bad.remedy
        assert all(check.is_well for check in trusted[name])
    assert "empty.pem" in empty["jira"][0].found + empty["jira"][0].remedy
    assert not all(check.is_well for check in spoken["jira"])


@pytest.mark.parametrize(
    ("sentence", "found", "remedy"),
    [
        (
            "Jira does not accept the token. Make another. Soon.",
            "Jira does not accept the token",
            "Make another. Soon.",
        ),
        ("The file is empty: write into it.", "The file is empty", "Write into it."),
        (
            "Jira is Cloud, and `kind: x` is said: set `kind: y`.",
            "Jira is Cloud, and `kind: x` is said",
            "Set `kind: y`.",
        ),
        ("Nobody knows.", "Nobody knows", ""),
    ],
)
def test_a_sentence_is_told_from_its_remedy(sentence: str, found: str, remedy: str) -> None:
    assert split(sentence) == (found, remedy)


@pytest.mark.parametrize("url", ["http://jira.brightmoor.example", "http://10.0.0.7:8080"])
def test_a_token_that_would_travel_in_the_open_is_told(url: str) -> None:
    given = {"id": "old", "tracker": "jira", "kind": "datacenter", "url": url, "token": "right"}
    (check,) = plain_text(JiraConnection.model_validate(given))
    assert "carries the token unencrypted" in check.found
    assert not plain_text(JiraConnection.model_validate(given | {"url": url.replace("http:", "https:")}))
    assert not plain_text(JiraConnection.model_validate(given | {"url": NOWHERE}))
