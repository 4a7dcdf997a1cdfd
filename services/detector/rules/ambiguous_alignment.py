"""Two objectives claim one item with equal right.

Severity: low.
"""

from datetime import datetime
from typing import Final

from schemas.findings import Evidence, Severity
from services.detector import texts
from services.detector.conditions import is_open, named, of_others
from services.detector.context import OBJECTIVE_PREFIX, Context, PolicyFields
from services.detector.facts import ItemFacts, ItemNeighbourhood
from services.detector.fingerprint import fingerprint
from services.detector.rule import Condition, Rule, Telling, Text
from services.detector.verdict import NOTHING, Draft, Verdict

NAME: Final = "ambiguous-alignment"


def judge(facts: ItemNeighbourhood, context: Context, now: datetime) -> Verdict:  # noqa: ARG001 -- every rule is called alike
    """Hold a finding while the item is open and the claims on it tie."""
    item = facts.item
    if not item.ties:
        return NOTHING
    if item.is_missing:
        return Verdict(unknown=frozenset({fingerprint(NAME, (item.ref,))}))
    if not item.is_open:
        return NOTHING
    claims = tuple(
        Evidence(fact="also-claimed-by", ref=OBJECTIVE_PREFIX + claim.objective, value=claim.selector)
        for claim in item.ties
    )
    own = (Evidence(fact="serves", ref=OBJECTIVE_PREFIX + item.objective),) if item.objective else ()
    draft = Draft(
        rule=NAME,
        subjects=(item.ref,),
        severity=Severity.LOW,
        team=item.team,
        objective=item.objective,
        since=None,
        evidence=(*own, *claims),
    )
    return Verdict((draft,))


def conditions(
    facts: ItemNeighbourhood,
    context: Context,  # noqa: ARG001 -- every rule is called alike
    now: datetime,  # noqa: ARG001 -- every rule is called alike
    subjects: tuple[str, ...],
) -> tuple[Condition, ...]:
    """The item is open, and claims of other objectives are as good as the one that won."""
    item = facts.item
    if subjects != (item.ref,):
        return of_others(subjects, (item.ref,))
    claims = texts.counted(len(item.ties), "other selector")
    says = f"{claims} of as many fields as the one that won claim {named(item)}; 1 is needed."
    return is_open(item), Condition(says, bool(item.ties))


def watches(item: ItemFacts) -> bool:
    """Only an open item is claimed."""
    return item.is_open and bool(item.ties)


def tell(telling: Telling) -> Text:
    """Name the objectives, and ask which it is."""
    (ref,) = telling.draft.subjects
    name = telling.name(ref)
    refs = list(dict.fromkeys(evidence.ref for evidence in telling.draft.evidence if evidence.ref))
    titles = [f"“{texts.shortened(telling.context.subject(objective).title)}”" for objective in refs]
    first = titles[0] if titles else "none"
    return Text(
        title=texts.title(
            texts.way(f"{{}} could serve {texts.counted(len(titles), 'objective')}.", telling.named(ref))
        ),
        why=f"{texts.listed(titles)} claim {name} with selectors of the same number of fields; it counts for {first}.",
        question=f"Which objective is {name} meant to serve?",
        clears_when=f"Clears when one selector is more exact, or {name} has a label that names its objective.",
    )


RULE: Final = Rule(NAME, (ItemNeighbourhood,), PolicyFields, judge, tell, conditions, watches)
