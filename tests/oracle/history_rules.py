"""The rules that rest on what happened, worked out the long way from FINDINGS alone."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from math import ceil

from tests.oracle.history_capacity import drifted
from tests.oracle.history_found import Found, raised
from tests.oracle.history_placed import At, Wait, weeks
from tests.oracle.history_told import Issue


def findings(at: At) -> Iterator[Found]:
    """Give all that holds at an instant."""
    for issue in at.there.values():
        yield from _stale(at, issue)
        yield from _aging(at, issue)
        yield from _slipped(at, issue)
        yield from _handed(at, issue)
    for wait in at.waits:
        yield from _stalled(at, wait)
    for objective in at.company.objectives:
        yield from _idle(at, objective)
        yield from _starved(at, objective)
        yield from _grown(at, objective)
        yield from _reworked(at, objective)
    for team in {at.team(issue) for issue in at.there.values()}:
        yield from _unaligned(at, team)
    yield from drifted(at)


def _near(at: At, issue: Issue, team: str, objective: str | None) -> bool:
    """Say whether (r2) holds: the issue is due soon, or the finding's objective is."""
    company = at.company
    days = company.policy("due_within_working_days", team, objective)
    if at.is_soon(at.due(issue), at.team(issue), days):
        return True
    return objective is not None and _is_objective_near(at, objective, days)


def _is_objective_near(at: At, objective: str, days: int) -> bool:
    return at.is_soon(at.company.due_of(objective), at.company.objectives[objective]["team"], days)


def _stalled(at: At, wait: Wait) -> Iterator[Found]:
    if not at.is_live(wait):
        return
    team = at.team(wait.blocker)
    objective = at.objective(wait.dependent) or at.objective(wait.blocker)
    since = max(
        at.touched(wait.blocker), wait.blocker.created, wait.dependent.created, wait.made or wait.blocker.created
    )
    days = at.working_days(since, team)
    policy = at.company.policy
    if days < policy("stalled_after_working_days", team, objective):
        return
    others = {at.team(one.dependent) for one in at.waits if one.blocker is wait.blocker and at.is_live(one)} - {team}
    severity = raised(
        "high" if days >= policy("stalled_high_after_working_days", team, objective) else "medium",
        at.team(wait.dependent) != team,
        _near(at, wait.dependent, team, objective),
        len(others) >= policy("raise_waiting_teams", team, objective),
    )
    yield "stalled-dependency", (wait.blocker.ref, wait.dependent.ref), severity, team, objective, since


def _handed(at: At, issue: Issue) -> Iterator[Found]:
    blockers = [wait.blocker for wait in at.waits if wait.dependent is issue]
    if at.kind(issue) != "todo" or not blockers or any(map(at.is_open, blockers)):
        return
    team, objective = at.team(issue), at.objective(issue)
    done = [one.became("done", at.now) or one.created for one in blockers]
    since = max(*done, at.touched(issue))
    if at.working_days(since, team) >= at.company.policy("handoff_after_working_days", team, objective):
        severity = raised("medium", _near(at, issue, team, objective))
        yield "missed-handoff", (issue.ref,), severity, team, objective, since


def _stale(at: At, issue: Issue) -> Iterator[Found]:
    waits = any(wait.dependent is issue and at.is_live(wait) for wait in at.waits)
    if at.kind(issue) != "in_progress" or waits:
        return
    team, objective, touched = at.team(issue), at.objective(issue), at.touched(issue)
    if at.working_days(touched, team) >= at.company.policy("stale_after_working_days", team, objective):
        days = at.company.policy("stale_high_after_days", team, objective)
        severity = "high" if at.now - touched >= timedelta(days=days) else "medium"
        yield "stale-work", (issue.ref,), severity, team, objective, touched


def _aging(at: At, issue: Issue) -> Iterator[Found]:
    """Rank the finished by the time from when they were last begun until done; the nearest rank is the percentile."""
    begun = issue.begun(at.now)
    if at.kind(issue) != "in_progress" or begun is None or issue.is_epic or issue.is_subtask:
        return
    team, objective = at.team(issue), at.objective(issue)
    times = sorted(_lasted(at, team))
    enough = times and len(times) >= at.company.policy("aging_min_finished", team, objective)
    if enough and at.now - begun > times[ceil(0.85 * len(times)) - 1]:
        yield "aging-work", (issue.ref,), "medium", team, objective, begun


def _lasted(at: At, team: str) -> Iterator[timedelta]:
    """Give how long the items took that the team finished in the last 90 days."""
    for issue in at.there.values():
        begun, done = issue.begun(at.now), issue.became("done", at.now)
        is_counted = not at.is_open(issue) and at.team(issue) == team and not issue.is_epic and not issue.is_subtask
        if is_counted and begun and done and done > at.now - timedelta(days=90):
            yield done - begun


def _slipped(at: At, issue: Issue) -> Iterator[Found]:
    """Count the moves to a later day since the baseline, and the days from the first of the dues to the present one.

    A due that is taken away and comes back as another is one move.
    """
    company, team, objective = at.company, at.team(issue), at.objective(issue)
    due = at.due(issue)
    if not at.is_open(issue) or due is None:
        return
    start = date.fromisoformat(company.strategy["cycle"]["starts_on"])
    baseline = company.baseline(objective) if objective else company.calendar(team).midnight(start)
    moves = [move for move in _due_moves(at, issue) if move[0] >= baseline]
    later = sum(after > before for _, before, after in moves)
    days = company.calendar(team).days(moves[0][1], due) if moves else 0
    limit = company.policy("slip_working_days", team, objective)
    if later >= company.policy("slip_moves", team, objective) or days >= limit:
        high = days >= company.policy("slip_high_working_days", team, objective)
        yield "date-slip", (issue.ref,), "high" if high else "medium", team, objective, None


def _due_moves(at: At, issue: Issue) -> Iterator[tuple[datetime, date, date]]:
    """Give the moves of its due that came with one of its own day; when releases moved it is told by no changelog."""
    known: date | None = None
    for change in issue.of("duedate"):
        release = issue.release(change.at)
        before, after = (date.fromisoformat(side) if side else release for side in (change.old, change.new))
        if before == after:
            continue
        before = before or known
        if change.at <= at.now and before and after and before != after:
            yield change.at, before, after
        known = after or before


def _idle(at: At, objective: str) -> Iterator[Found]:
    members, team = at.members(objective), at.company.objectives[objective]["team"]
    if not any(map(at.is_open, members)):
        return
    since = max(map(at.touched, members))
    days = at.working_days(since, team)
    if days >= at.company.policy("idle_after_working_days", team, objective):
        high = days >= at.company.policy("idle_high_after_working_days", team, objective)
        yield "objective-idle", (f"objective:{objective}",), "high" if high else "medium", team, objective, since


def _starved(at: At, objective: str) -> Iterator[Found]:
    """Count from the later of two: when work on it ended last, and since when one of its items is open.

    What closed in the meantime is not looked at, though it may have been open before. An export is looked at once: what
    serves the objective now is taken to have served it always.
    """
    company, team, members = at.company, at.company.objectives[objective]["team"], at.members(objective)
    kinds = {at.kind(issue) for issue in members}
    if "todo" not in kinds or "in_progress" in kinds:
        return
    ended = [moved for one in members for moved, was, _ in one.moves(at.now) if was == "in_progress"]
    since = max([min(one.opened(at.now) for one in members if at.is_open(one)), *ended])
    if at.working_days(since, team) >= company.policy("starved_after_working_days", team, objective):
        days = company.policy("due_within_working_days", team, objective)
        severity = raised("medium", _is_objective_near(at, objective, days))
        yield "objective-starved", (f"objective:{objective}",), severity, team, objective, since


def _grown(at: At, objective: str) -> Iterator[Found]:
    company, team = at.company, at.company.objectives[objective]["team"]
    baseline, base, added = company.baseline(objective), 0, 0
    for issue in at.members(objective):
        if not at.is_leaf(issue) or at.is_cancelled(issue):
            continue
        if issue.created >= baseline:
            added += 1
        else:
            base += issue.kind(baseline - timedelta(microseconds=1)) != "done"
    growth = company.policy("scope_growth", team, objective)
    if base >= company.policy("scope_min_base", team, objective) and base and added / base >= growth:
        high = added / base >= company.policy("scope_growth_high", team, objective)
        yield "scope-growth", (f"objective:{objective}",), "high" if high else "medium", team, objective, baseline


def _reworked(at: At, objective: str) -> Iterator[Found]:
    team, order = at.company.objectives[objective]["team"], ("todo", "in_progress", "done")
    on: set[str] = set()
    back: set[str] = set()
    for issue in at.members(objective):
        for moment, before, after in issue.moves(at.now):
            if moment > at.now - weeks(4):
                (on if order.index(after) > order.index(before) else back).add(issue.id)
    policy = at.company.policy
    is_much = len(back) > policy("rework_share", team, objective) * len(on)
    if is_much and len(on) >= policy("rework_min_moved", team, objective):
        yield "rework", (f"objective:{objective}",), "medium", team, objective, None


def _unaligned(at: At, team: str) -> Iterator[Found]:
    active = [issue for issue in at.there.values() if at.team(issue) == team and _is_active(at, issue)]
    policy = at.company.policy
    without = sum(at.objective(issue) is None for issue in active)
    if len(active) >= policy("unaligned_min_items", team) and without > policy("unaligned_share", team) * len(active):
        high = without >= policy("unaligned_high_share", team) * len(active)
        yield "unaligned-work", (f"team:{team}",), "high" if high else "medium", team, None, None


def _is_active(at: At, issue: Issue) -> bool:
    if not at.is_open(issue) or issue.is_epic or issue.is_subtask:
        return False
    days = at.company.policy("active_within_working_days", at.team(issue))
    return at.kind(issue) == "in_progress" or at.working_days(at.touched(issue), at.team(issue)) <= days
