"""A file that people write is read whole and right, or every mistake is told with its place and the way out."""

from datetime import date
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, model_validator

from services.runtime.closed_yaml import InvalidFile, load, parse
from services.runtime.errors import Misconfigured


class Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Port(Closed):
    name: str
    depth: int = 3
    berths: tuple[str, ...] | str = ()
    country: str | None = None


class Voyage(Closed):
    version: Literal[1]
    starts_on: date | None = None
    ports: tuple[Port, ...] = ()
    by_name: dict[str, Port] = {}

    @model_validator(mode="after")
    def _goes_somewhere(self) -> "Voyage":
        if len(self.ports) == 1:
            raise ValueError("one port is no voyage; add another")
        return self


def said(text: str) -> list[str]:
    with pytest.raises(InvalidFile) as refused:
        parse(text, "voyage.yaml", Voyage)
    return [str(problem) for problem in refused.value.problems]


def test_a_right_file_is_its_model_and_knows_where_everything_stands() -> None:
    loaded = parse("version: 1\nports:\n  - name: Riga\n  - {name: Kiel, depth: 12}\n", "voyage.yaml", Voyage)
    assert loaded.value.ports[1] == Port(name="Kiel", depth=12)
    assert loaded.marks["ports", 1, "depth"] == (4, 18)
    problem = loaded.problem(("ports", 0, "depth"), "too shallow.")
    assert str(problem) == "voyage.yaml:3:5: too shallow."


def test_words_are_texts_and_days_are_days() -> None:
    """YAML 1.1 would read Norway as false."""
    text = "version: 1\nstarts_on: 2026-10-01\nports: [{name: on, country: NO}, {name: 2026-10-02}]"
    voyage = parse(text, "voyage.yaml", Voyage).value
    assert voyage.starts_on == date(2026, 10, 1)
    assert (voyage.ports[0].name, voyage.ports[0].country, voyage.ports[1].name) == ("on", "NO", "2026-10-02")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("version: 1\nport: []", "2:1: unknown key `port`: did you mean `ports`?"),
        ("version: 1\nports:\n- {name: a, dept: 2}\n- {name: b}",
         "3:13: unknown key `dept` in `ports[0]`: did you mean `depth`?"),
        ("version: 1\nby_name: {a: {name: a, Depth: 2}}",
         "2:24: unknown key `Depth` in `by_name.a`: did you mean `depth`?"),
        ("version: 1\nxyz: 2", "2:1: unknown key `xyz`: known here: by_name, ports, starts_on, version."),
        ("version: 2", "1:1: `version` must be 1."),
        ("ports: []", "1:1: the file needs the key `version`."),
        ("version: 1\nports: [{depth: 2}, {name: b}]", "2:9: `ports[0]` needs the key `name`."),
        ("version: 1\nports: 7", "2:1: `ports` must be a list."),
        ("version: 1\nports: [{name: 7}, {name: b}]",
         "2:10: `ports[0].name` must be a text; if it is one, write it in quotes."),
        ("version: 1\nports: [{name: a, depth: x}, {name: b}]", "2:19: `ports[0].depth` must be a whole number."),
        ("version: 1\nports: [{name: a, berths: [1]}, {name: b}]",
         "2:28: `ports[0].berths[0]` must be a text; if it is one, write it in quotes."),
        ("version: 1\nports: [{name: a, berths: 1}, {name: b}]",
         "2:19: `ports[0].berths` must be a list, or must be a text; if it is one, write it in quotes."),
        ("version: 1\nstarts_on: soon", "2:1: `starts_on` must be a day, as in 2026-10-01."),
        ("version: 1\nports: [{name: a}]", "1:1: the file: one port is no voyage; add another."),
        ("version: 1\nversion: 1", "2:1: `version` stands here for the second time, first in line 1; keep one."),
        ("version: 1\nports: [1, 2", "2:13: this is not YAML: expected ',' or ']', but got '<stream end>'."),
        ("version: 1\nports:\n\t- a", "3:1: this is not YAML: found character '\\t' that cannot start any token."),
        ("version: 1\n? [a]\n: b", "2:3: a key must be a word, not a list or a mapping."),
    ],
)  # fmt: skip
def test_a_mistake_has_its_place_and_its_way_out(text: str, expected: str) -> None:
    assert said(text) == [f"voyage.yaml:{expected}"]


def test_all_mistakes_come_in_the_order_of_their_lines() -> None:
    found = said("version: 2\nports: x\nstarts_on: y\nversion: 1\nelse: 1")
    assert [int(line.split(":")[1]) for line in found] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "- 1", "just words"])
def test_a_file_that_is_no_mapping_says_which_keys_there_are(text: str) -> None:
    assert said(text)[0].endswith("keys known here: by_name, ports, starts_on, version.")


@pytest.mark.parametrize(
    "text",
    [
        "version: !!python/object/apply:os.system ['true']",
        "version: !!int x",
        f"version: {'1' * 6000}",
        "a: &a [*a]",
        "[" * 50_000,
        "\n".join(["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40))]),
        "version: 1\n---\nversion: 1",
        "version: \x00",
    ],
    ids=["code", "not a number", "endless number", "loop", "depth", "bomb", "two documents", "control character"],
)
def test_a_file_made_to_harm_is_refused_like_any_other(text: str) -> None:
    assert said(text)


def test_a_missing_file_a_folder_and_bytes_are_each_named(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"version: \xff")
    for name, says in (("gone.yaml", "no such file"), (".", "a folder"), ("bytes", "not a text in UTF-8 .byte 9")):
        with pytest.raises(Misconfigured, match=says):
            load(tmp_path / name, Voyage)


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    file = tmp_path / "voyage.yaml"
    file.write_bytes(b"\xef\xbb\xbfversion: 1\n")
    assert load(file, Voyage).value.version == 1
