"""The commands that look at, and work on, a home that a replay has kept."""

import asyncio
import json
from pathlib import Path

import psycopg

from services.runtime.embedded import borrowed_database
from services.runtime.migrations import ROOMS
from tests.commands.typed import AS_OF, Replayed, leeway


def test_findings_lists_what_the_replay_found(replayed: Replayed) -> None:
    found = leeway("findings", "--home", replayed.home, "--as-of", AS_OF, "--format", "json").json
    assert {one["fingerprint"] for one in found} == {one["fingerprint"] for one in replayed.answer["findings"]}
    assert {one["rule"] for one in found} >= {"stalled-dependency", "unowned-blocker"}


def test_findings_are_for_people_too_and_can_be_chosen(replayed: Replayed) -> None:
    told = leeway("findings", "--home", replayed.home, "--as-of", AS_OF, "--rule", "unowned-blocker")
    assert told.code == 0
    assert "PLAT-7" in told.out
    assert told.out.rstrip().endswith("1 finding.")


def test_fail_on_ends_with_one_only_if_a_finding_is_as_severe(replayed: Replayed) -> None:
    def code(rule: str, severity: str) -> int:
        options = ("--rule", rule, "--fail-on", severity)
        return leeway("findings", "--home", replayed.home, "--as-of", AS_OF, *options).code

    assert code("unowned-blocker", "medium") == 1
    assert code("scope-growth", "low") == 0


def test_explain_shows_the_evidence_and_what_would_clear_it(replayed: Replayed) -> None:
    fingerprint = replayed.answer["findings"][0]["fingerprint"]
    told = leeway("explain", fingerprint[:8], "--home", replayed.home, "--as-of", AS_OF)
    assert told.code == 0
    assert "Clears when" in told.out
    whole = leeway("explain", fingerprint, "--home", replayed.home, "--as-of", AS_OF, "--format", "json").json
    assert whole["fingerprint"] == fingerprint
    assert whole["evidence"]


def test_explain_says_how_to_find_a_fingerprint_that_is_none(replayed: Replayed) -> None:
    assert "`leeway findings` lists them" in leeway("explain", "zzzz", "--home", replayed.home).sentence


def test_doctor_names_each_fault_with_its_remedy(replayed: Replayed) -> None:
    told = leeway("doctor", "--home", replayed.home, "--format", "json")
    checks = {one["what"]: one for one in json.loads(told.out)}
    assert told.code == 1
    assert checks["strategy"]["ok"]
    assert not checks["broker"]["ok"]
    assert all(one["remedy"] for one in checks.values() if not one["ok"])


def test_doctor_says_of_a_receiver_that_there_is_no_secret_to_sign_with(replayed: Replayed, tmp_path: Path) -> None:
    file = tmp_path / "leeway.yaml"
    file.write_text("receivers: [{id: ops, webhook: https://hooks.example.com/leeway}]\n", encoding="utf-8")
    told = leeway("doctor", "--home", replayed.home, "--format", "json", LEEWAY_CONFIGURATION=str(file))
    (check,) = [one for one in json.loads(told.out) if one["what"] == "receivers"]
    assert (check["ok"], check["found"]) == (False, "ops")
    assert "LEEWAY_WEBHOOK_SECRET" in check["remedy"]


def test_apply_makes_a_version_and_an_equal_strategy_none(replayed: Replayed) -> None:
    held = leeway("apply", "strategy.yaml", "--home", replayed.home, "--author", "ana")
    assert held.out == "Version 1 of the strategy held already.\n"


def test_nothing_is_set_aside_and_rooms_are_known(replayed: Replayed) -> None:
    assert leeway("dead-letters", "list", "--home", replayed.home).out == "0 set aside.\n"
    assert leeway("dead-letters", "replay", "--room", "mapper", "--home", replayed.home).out == "0 tried again.\n"
    assert "rooms are" in leeway("dead-letters", "list", "--room", "maper", "--home", replayed.home).sentence


def test_a_token_is_made_listed_without_itself_and_revoked_once(replayed: Replayed) -> None:
    home = ("--home", replayed.home)
    token = leeway("token", "create", "--role", "viewer", "--name", "wallboard", *home).out.strip()
    (row,) = leeway("token", "list", "--format", "json", *home).json
    assert row["name"] == "wallboard"
    assert token not in json.dumps(row)
    assert leeway("token", "revoke", str(row["id"]), *home).code == 0
    assert "no token" in leeway("token", "revoke", str(row["id"]), *home).sentence


def test_migrate_may_be_repeated(replayed: Replayed) -> None:
    assert leeway("migrate", "--home", replayed.home).out == f"Up to date: {', '.join(ROOMS)}.\n"


def test_what_needs_a_broker_says_how_to_have_one(replayed: Replayed) -> None:
    for command in (("reseed", "mapper"), ("topics", "--create")):
        assert "start `leeway up`" in leeway(*command, "--home", replayed.home).sentence


def test_a_kept_home_goes_on_but_never_back(replayed: Replayed) -> None:
    options = ("--strategy", "strategy.yaml", "--home", replayed.home, "--format", "json")
    earlier = leeway("replay", "issues.jsonl.gz", *options, "--as-of", "2026-10-15T12:00:00Z")
    assert "give another --home" in earlier.sentence
    again = leeway("replay", "issues.jsonl.gz", *options, "--as-of", AS_OF).json
    assert again["findings"] == replayed.answer["findings"]


def test_a_database_of_a_newer_version_is_refused_and_left_alone(replayed: Replayed) -> None:
    before = asyncio.run(_set_revision(replayed, "9999"))
    try:
        for command in (("findings",), ("migrate",), ("doctor",), ("apply", "strategy.yaml"), ("up",)):
            told = leeway(*command, "--home", replayed.home)
            assert told.code == 2
            assert "upgraded by a newer Leeway" in told.err.splitlines()[-1]
    finally:
        assert asyncio.run(_set_revision(replayed, before)) == "9999"


async def _set_revision(replayed: Replayed, revision: str) -> str:
    async with borrowed_database(replayed.home) as endpoints:
        with psycopg.connect(str(endpoints.database_url), autocommit=True) as connection:
            (before,) = connection.execute("select version_num from mapper.alembic_version").fetchone() or ("",)
            connection.execute("update mapper.alembic_version set version_num = %s", (revision,))
    return str(before)
