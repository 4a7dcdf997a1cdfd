"""Questions are asked until the answer is one; where nobody is asked, the option that was left out is named."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import typer
from typer.testing import CliRunner

from services.commands.questions import NoQuestions, Prompts, numbers_of
from services.runtime.errors import Misconfigured


@contextmanager
def typing(*lines: str) -> Iterator[None]:
    with CliRunner().isolation(input="".join(f"{line}\n" for line in lines)):
        yield


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("1", [0]),
        ("1, 3-5", [0, 2, 3, 4]),
        ("2 2,1", [1, 0]),
        ("0", []),
        ("6", []),
        ("3-9", []),
        ("x", []),
        ("1,x", []),
        ("-2", []),
        ("", []),
    ],
)
def test_numbers_name_places_and_a_wrong_one_names_none(text: str, places: list[int]) -> None:
    assert numbers_of(text, 5) == places


def test_choices_are_asked_for_until_they_are_some() -> None:
    with typing("9", "x", "2,1"):
        assert Prompts().several("Which?", ["a", "b"], "--project") == [1, 0]
    with typing(""):
        assert Prompts().several("Which?", ["a", "b"], "--project") == []


def test_a_line_has_its_default_and_a_secret_none() -> None:
    with typing("", " typed "):
        assert Prompts().text("What?", "--id", "jira") == "jira"
        assert Prompts().text("What?", "--id", "jira") == "typed"
    with typing("hidden"):
        assert Prompts().secret("Token", "it") == "hidden"
    with typing("n", ""):
        assert not Prompts().yes("Sure?")
        assert Prompts().yes("Sure?")


def test_the_end_of_the_input_ends_the_command() -> None:
    with typing(), pytest.raises(typer.Abort):
        Prompts().text("What?", "--id")


def test_without_questions_defaults_answer_and_what_has_none_is_named() -> None:
    nobody = NoQuestions()
    assert nobody.text("What?", "--id", "jira") == "jira"
    assert nobody.yes("Sure?", default=False)
    assert nobody.several("Which?", ["a"], "--project") == []
    with pytest.raises(Misconfigured, match="Address is not said: give --url, or leave out --yes to be asked"):
        nobody.text("Address", "--url")
    with pytest.raises(Misconfigured, match="The token is not said: give it as X"):
        nobody.secret("Token", "it as X")
