"""A folder with the README's example, an environment that says nothing, and a home that a replay has made."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.runtime.embedded import temporary_home
from tests.commands.typed import AS_OF, Replayed, leeway, write_example


@pytest.fixture(autouse=True)
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the README's example, which is the current one; no setting of Leeway is made."""
    for name in [name for name in os.environ if name.startswith("LEEWAY_") and "TEST" not in name]:
        monkeypatch.delenv(name)
    write_example(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replayed]:
    folder = tmp_path_factory.mktemp("example")
    write_example(folder)
    export, strategy = folder / "issues.jsonl.gz", folder / "strategy.yaml"
    with temporary_home() as home:
        options = ("--strategy", strategy, "--as-of", AS_OF, "--home", home, "--format", "json")
        yield Replayed(home, leeway("replay", export, *options).json)
