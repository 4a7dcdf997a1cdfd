"""How far the first reading of each site is: a bar each on a terminal, a line at its end; elsewhere the log tells."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from services.commands.output import counted, err
from services.connectors.backfill import Reading


class FirstReadings:
    """Shows what it is told; drawn only while some site is being read for the first time."""

    def __init__(self, console: Console = err) -> None:
        self._console = console
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[speed]}"),
            TextColumn("{task.fields[left]}"),
            console=console,
            transient=True,
        )
        self._bars: dict[str, TaskID] = {}

    def __call__(self, connection: str, reading: Reading) -> None:
        """Show how far a connection is; without a terminal, nothing: a bar in a log is noise."""
        if not self._console.is_terminal:
            return
        if reading.done:
            self._end(connection, reading)
            return
        if connection not in self._bars:
            self._bars[connection] = self._progress.add_task(connection, total=None, speed="", left="")
            self._progress.start()
        # Asana tells how many tasks a project holds, not how many sub-tasks hang under them.
        self._progress.update(
            self._bars[connection],
            completed=reading.items,
            total=None if reading.total is None else max(reading.total, reading.items),
            speed=f"{reading.per_second:,.0f} items/s",
            left=time_left(reading.seconds_left),
        )

    def close(self) -> None:
        """Take the bars away, whatever they show."""
        if self._bars:
            self._progress.stop()

    def _end(self, connection: str, reading: Reading) -> None:
        bar = self._bars.pop(connection, None)
        if bar is not None:
            self._progress.remove_task(bar)
        if not self._bars:
            self._progress.stop()
        self._console.print(f"{connection}: {counted(reading.items, 'item')} read; from now on only what changes.")


def time_left(seconds: float | None) -> str:
    """Return "40 s left", "3 min left", or nothing while nobody can know."""
    if seconds is None:
        return ""
    if seconds < 100:  # noqa: PLR2004 -- up to there seconds tell more than minutes
        return f"{seconds:.0f} s left"
    minutes = round(seconds / 60)
    return f"{minutes} min left" if minutes < 100 else f"{minutes / 60:.1f} h left"  # noqa: PLR2004
