"""PostgreSQL as a child: closed to others, sound after anything, and honest about what it cannot do."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from services.runtime.embedded import EmbeddedStack, places, remove_home, temporary_home
from services.runtime.embedded import programs as programs_module
from services.runtime.embedded.programs import find_postgres, reachable
from services.runtime.embedded.users import Account, account_for_children
from services.runtime.errors import Misconfigured

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@pytest.fixture
def home() -> Iterator[Path]:
    with temporary_home() as path:
        yield path


def setting(url: str | None, name: str) -> str:
    assert url is not None
    with psycopg.connect(url) as connection:
        row = connection.execute("select current_setting(%s)", (name,)).fetchone()
    assert row is not None
    return str(row[0])


def is_private(path: Path) -> bool:
    return path.stat().st_mode & 0o077 == 0


def is_gone(path: Path) -> bool:
    return not path.exists()


def owner(path: Path) -> int:
    return path.stat().st_uid


async def test_it_listens_on_no_address_and_its_socket_is_closed_to_others(home: Path) -> None:
    async with EmbeddedStack(home, broker=False, throwaway=True) as stack:
        url = stack.endpoints.database_url
        assert setting(url, "listen_addresses") == ""
        folder = Path(setting(url, "unix_socket_directories"))
        assert is_private(folder)
        assert len(str(folder / ".s.PGSQL.5432")) < 100


@pytest.mark.parametrize(("throwaway", "expected"), [(False, "on"), (True, "off")])
async def test_a_home_that_stays_is_durable(home: Path, throwaway: bool, expected: str) -> None:
    async with EmbeddedStack(home, broker=False, throwaway=throwaway) as stack:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            assert setting(stack.endpoints.database_url, name) == expected


async def test_texts_are_utf_8_and_sorted_by_code_point(home: Path) -> None:
    """So that an order by SQL and an order by Python agree."""
    async with EmbeddedStack(home, broker=False, throwaway=True) as stack:
        assert stack.endpoints.database_url is not None
        with psycopg.connect(stack.endpoints.database_url) as connection:
            rows = connection.execute("select x from unnest(array['b','é','B','a']) x order by x").fetchall()
        assert [row[0] for row in rows] == sorted("béBa")


async def test_a_stale_mark_with_the_number_of_a_living_process_stops_nobody(home: Path) -> None:
    async with EmbeddedStack(home, broker=False):
        pass
    mark = home / "postgres" / "data" / "postmaster.pid"
    mark.write_text(f"{os.getpid()}\n{mark.parent}\n1\n5432\n\n\n", encoding="utf-8")
    async with EmbeddedStack(home, broker=False) as stack:
        assert setting(stack.endpoints.database_url, "port") == "5432"


async def test_a_half_made_database_is_made_anew(home: Path) -> None:
    async with EmbeddedStack(home, broker=False, throwaway=True):
        pass
    postgres = home / "postgres"
    (postgres / "data").rename(postgres / "data.half-done")
    async with EmbeddedStack(home, broker=False, throwaway=True) as stack:
        assert setting(stack.endpoints.database_url, "port") == "5432"
    assert not (postgres / "data.half-done").exists()


async def test_a_home_with_a_long_path_gets_a_short_socket_that_goes_again(home: Path) -> None:
    long = home / ("a" * 60) / ("b" * 60)
    async with EmbeddedStack(long, broker=False, throwaway=True) as stack:
        socket = Path(setting(stack.endpoints.database_url, "unix_socket_directories"))
        assert len(str(socket)) < 90
        assert is_private(socket)
    assert is_gone(socket)


async def test_a_home_that_cannot_be_made_is_said(home: Path) -> None:
    (home / "file").touch()
    with pytest.raises(Misconfigured, match=r"cannot be made .*LEEWAY_HOME"):
        async with EmbeddedStack(home / "file" / "home"):
            pass


def test_missing_programs_name_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs_module, "_package", lambda _name: None)
    with pytest.raises(Misconfigured, match="LEEWAY_DATABASE_URL"):
        find_postgres()
    with pytest.raises(Misconfigured, match="LEEWAY_KAFKA_BOOTSTRAP_SERVERS"):
        programs_module.find_broker()


@AS_ROOT
async def test_root_hands_the_children_to_another_user(home: Path) -> None:
    async with EmbeddedStack(home, throwaway=True) as stack:
        for name in ("postgres", "broker"):
            assert owner(Path(f"/proc/{stack.pids[name]}")) != 0


@AS_ROOT
async def test_the_other_user_may_not_connect(home: Path) -> None:
    """The server's own user can open the socket's folder; `peer` still knows that it is not us."""
    account = account_for_children(home / "none")
    assert account is not None
    async with EmbeddedStack(home, broker=False, throwaway=True) as stack:
        url = stack.endpoints.database_url
        psql = str(find_postgres().bin / "psql")
        done = subprocess.run([psql, url or "", "-c", "select 1"], user=account.uid, capture_output=True, check=False)  # noqa: ASYNC221 -- it ends at once
        assert done.returncode != 0
        assert b"Peer authentication failed" in done.stderr


@AS_ROOT
async def test_a_home_that_the_user_cannot_reach_keeps_its_mode_and_its_database_elsewhere(home: Path) -> None:
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    async with EmbeddedStack(closed / "home", throwaway=True) as stack:
        elsewhere = Path(setting(stack.endpoints.database_url, "data_directory"))
        assert not elsewhere.is_relative_to(home)
    assert closed.stat().st_mode & 0o777 == 0o700
    assert is_gone(elsewhere)


@AS_ROOT
async def test_a_lasting_database_elsewhere_is_found_again_until_its_home_is_removed(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "STATE_OF_THE_MACHINE", home / "machine")
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    async with EmbeddedStack(closed / "home", broker=False) as stack:
        elsewhere = Path(setting(stack.endpoints.database_url, "data_directory"))
        assert elsewhere.is_relative_to(home / "machine")
    (closed / "home").rename(closed / "moved")
    async with EmbeddedStack(closed / "moved", broker=False) as stack:
        assert setting(stack.endpoints.database_url, "data_directory") == str(elsewhere)
    remove_home(closed / "moved")
    assert is_gone(elsewhere)


@AS_ROOT
def test_programs_that_the_user_cannot_reach_are_copied_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    account = account_for_children(home / "none")
    assert account is not None
    found = find_postgres()
    with monkeypatch.context() as patch:
        patch.setattr(Account, "may_reach", lambda _self, _path: False)
        copied = reachable(found, account, home)
        assert reachable(found, account, home) == copied
    done = subprocess.run(
        [copied.program("initdb"), "--version"], user=account.uid, cwd="/", capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert b"18" in done.stdout
