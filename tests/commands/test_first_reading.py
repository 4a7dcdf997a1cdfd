"""The first reading of a site shows how much, how fast and how long still, on a terminal only."""

import io

import pytest
from rich.console import Console

from services.commands.first_reading import FirstReadings, time_left
from services.connectors.backfill import Reading


def console(*, terminal: bool) -> tuple[Console, io.StringIO]:
    written = io.StringIO()
    return Console(file=written, force_terminal=terminal, width=100, highlight=False), written


def test_a_bar_shows_items_speed_and_time_left_of_each_site() -> None:
    screen, written = console(terminal=True)
    shown = FirstReadings(screen)
    shown("main", Reading(400, 1_600, 120.4, 10.0))
    shown("ops", Reading(50, None, 30.0, None))
    shown._progress.refresh()
    shown.close()
    seen = written.getvalue()
    assert "400/1600" in seen
    assert "120 items/s" in seen
    assert "10 s left" in seen
    assert "50/?" in seen


def test_the_end_is_one_line_and_the_bars_go_away_with_the_last() -> None:
    screen, written = console(terminal=True)
    shown = FirstReadings(screen)
    shown("main", Reading(1, None, 1.0, None))
    shown("ops", Reading(1, None, 1.0, None))
    shown("main", Reading(1_600, 1_600, 120.0, 0.0, done=True))
    assert shown._progress.live.is_started
    shown("ops", Reading(1, 1, 1.0, 0.0, done=True))
    assert not shown._progress.live.is_started
    assert "main: 1600 items read; from now on only what changes." in written.getvalue()
    assert "ops: 1 item read" in written.getvalue()


def test_without_a_terminal_nothing_is_drawn() -> None:
    screen, written = console(terminal=False)
    shown = FirstReadings(screen)
    shown("main", Reading(1, 2, 1.0, 1.0))
    shown("main", Reading(2, 2, 1.0, 0.0, done=True))
    shown.close()
    assert written.getvalue() == ""


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (None, ""),
        (0.4, "0 s left"),
        (99, "99 s left"),
        (100, "2 min left"),
        (5_900, "98 min left"),
        (7_200, "2.0 h left"),
    ],
)
def test_time_left_is_told_in_the_unit_that_fits(seconds: float | None, told: str) -> None:
    assert time_left(seconds) == told
