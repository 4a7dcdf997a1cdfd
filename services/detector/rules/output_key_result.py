"""A key result counts what is made rather than what changes for a user or the business.

Severity: low.
"""

import re
from datetime import datetime
from typing import Final

from schemas.findings import Evidence, Severity
from services.detector import texts
from services.detector.context import Context, PolicyFields
from services.detector.facts import KeyResultFacts
from services.detector.group_conditions import not_judged
from services.detector.progress import key_result_ref
from services.detector.rule import Condition, Rule, Telling, Text
from services.detector.verdict import NOTHING, Draft, Verdict

NAME: Final = "output-key-result"
OUTPUT: Final = "output"

_WORK: Final = (
    r"(?:tickets?|issues?|(?:user )?stor(?:y|ies)|story points?|tasks?|features?|epics?|pull requests?|prs?|commits?"
    r"|releases?|deployments?|deploys?|sprints?|lines of code|integrations?|milestones?|migrations?)"
)
_WHERE: Final = r"(?: (?:by|in|to|for|on|this|before|across|from|into)\b.*)?"
"""What may follow a thing that was made: by when, where, for whom."""
_ORDER: Final = re.compile(
    r"(?:(?:to|we|will|fully|successfully) )*"
    r"(launch|ship|release|deliver|migrate|build|implement|complete|deploy|finish|roll[ -]?out|go[ -]?live)(?: (.*))?"
)
"""A title that begins with the order to make something, and what."""
_CLOSE: Final = re.compile(rf"(close|merge|resolve|write) (?:.* )?{_WORK}{_WHERE}")
"""An order that makes something only where it is about work: "close 40 tickets", but not "close deals"."""
_IS_A_NAME: Final = re.compile(
    r"(?:\w+ )?(?:times?|failures?|errors?|rates?|quality|durations?|costs?|success|speed|incidents?|defects?)\b"
    r"|(?:minutes|trust|loyalty|awareness|confidence|habits?|checkouts?|profiles?|orders|answers?)\b"
)
"""What comes after the first word if that is part of a name or of a change: "build failures", "build trust"."""
_SPEED: Final = re.compile(
    r"\bwithin\b|\bin (?:under|less than|at most|fewer than)\b|\b(?:faster|sooner|(?:same|next)[ -]day)\b"
    r"|\bper (?:customer|user|visit|order|member|person|account|session)\b"
)
_ON_TIME: Final = re.compile(r"\bon time\b")
_ONE_THING: Final = re.compile(r"(?:the|our|an?|all|new|version|v?\d)\b")
_NOUN: Final = re.compile(
    r"(?:the )?(?:\w+ )?(launch|release|roll-?out|migration|implementation|completion|deployment|go-live) of .*"
)
_STATE: Final = r"(?: (?:is|are|was|were|gets?|been|has|have|fully|successfully|all))*"
_MADE: Final = re.compile(
    rf".+?{_STATE} (launched|released|migrated|implemented|deployed|rolled[ -]out){_WHERE}"
    rf"|(?:.* (?:is|are|gone|goes|went)|(?:.* )?new \w+) (live){_WHERE}"
)
_FINISHED: Final = re.compile(
    rf"(?:.* )?(?:new \w+|{_WORK}){_STATE} "
    rf"(shipped|delivered|completed?|finished|done|closed|merged|resolved|built){_WHERE}"
)
_FOR_WHOM: Final = re.compile(rf"{_SPEED.pattern}|{_ON_TIME.pattern}|\b(?:without|who|that|whose|which|first)\b")
_COUNT: Final = re.compile(
    rf"(?:(?:number|count|total|amount) of|#) ?(?:\w+ ){{0,2}}{_WORK}\b|^\d\S* (?:\w+ ){{0,2}}{_WORK}$"
)
_FROM_USERS: Final = re.compile(
    r"\b(?:support|customers?|users?|complaints?|reported|raised|open(?:ed)?|incoming|escalated|reopened|used?|adopted"
    r"|enabled|active|won|sold|bought|without|reduce|fewer|cut|lower|halve|drops?|falls?|less|per)\b"
)
_UNIT: Final = re.compile(_WORK)


def counts_output(title: str, unit: str | None, kind: str) -> str | None:
    """Return the words by which a key result counts what is made, in lower case; none where it tells of a change.

    `kind` and `unit` are the strategy's: what calls itself an output is one, and so many tickets are a count of work.
    The title is read as English. Where it also says how fast, how well or by whom, it tells of a change: a warning too
    few does less harm than one that is wrong.
    """
    words = " ".join(title.casefold().split()).rstrip(".!")
    told = _order(words) or _made(words) or _count(words, " ".join((unit or "").casefold().split()))
    return told or (OUTPUT if kind == OUTPUT else None)


def _order(words: str) -> str | None:
    """Read "Launch the new editor", but not "Build failures fall" or "Deliver orders on time"."""
    found = _ORDER.fullmatch(words)
    if found is None:
        closing = None if _SPEED.search(words) else _CLOSE.fullmatch(words)
        return closing[1] if closing else None
    what = found[2] or ""
    if _IS_A_NAME.match(what) or _SPEED.search(what):
        return None
    return None if _ON_TIME.search(what) and not _ONE_THING.match(what) else found[1]


def _made(words: str) -> str | None:
    """Read "New editor launched" and "Migration of all customers", but not "Orders shipped on time"."""
    if _FOR_WHOM.search(words):
        return None
    found = _NOUN.fullmatch(words) or _MADE.fullmatch(words) or _FINISHED.fullmatch(words)
    return found[found.lastindex or 0] if found else None


def _count(words: str, unit: str) -> str | None:
    """Read "Number of features" and a unit of tickets, but not "Number of support tickets"."""
    if _FROM_USERS.search(words):
        return None
    found = _COUNT.search(words)
    if found:
        return found[0]
    return unit if _UNIT.fullmatch(unit) else None


def rewrite(word: str) -> str:
    """Return an open question that leads to what to measure instead."""
    return f"“{word}” says what we do: what would be different, and for whom, once that is done?"


def judge(facts: KeyResultFacts, context: Context, now: datetime) -> Verdict:  # noqa: ARG001 -- every rule is called alike
    """Hold a finding while the words of the key result count what is made."""
    key_result = context.key_result(facts.objective, facts.key_result)
    if key_result is None:
        return NOTHING
    word = counts_output(key_result.title, key_result.unit, key_result.kind)
    if word is None:
        return NOTHING
    draft = Draft(
        rule=NAME,
        subjects=(key_result.ref,),
        severity=Severity.LOW,
        team=context.objectives[key_result.objective].team,
        objective=key_result.objective,
        since=None,
        evidence=(Evidence(fact="counts", ref=key_result.ref, value=word),),
    )
    return Verdict((draft,))


def conditions(
    facts: KeyResultFacts,
    context: Context,
    now: datetime,  # noqa: ARG001 -- every rule is called alike
    subjects: tuple[str, ...],
) -> tuple[Condition, ...]:
    """Its words count what is made."""
    ref, key_result = key_result_ref(facts), context.key_result(facts.objective, facts.key_result)
    if subjects != (ref,) or key_result is None:
        return not_judged(subjects, ref)
    word = counts_output(key_result.title, key_result.unit, key_result.kind)
    told = f"“{word}” counts what is made" if word else "0 of its words count what is made"
    return (Condition(f"It is called “{key_result.title}”; {told}.", word is not None),)


def tell(telling: Telling) -> Text:
    """Name the word, and ask what would be different for whom."""
    word = telling.value("counts")
    return Text(
        title=texts.title(texts.way("{} counts what is made.", telling.named(telling.draft.subjects[0]))),
        why=f"It is told by “{word}”: that something is made, not what changes for a user or the business.",
        question=rewrite(word),
        clears_when="Clears when it measures a change for somebody.",
    )


RULE: Final = Rule(NAME, (KeyResultFacts,), PolicyFields, judge, tell, conditions)
