"""Which items of the other tracker a free text points to. Texts are read for that and then dropped."""

import re
from collections.abc import Iterable
from typing import Final

from schemas.work_items import Tracker, Twin
from services.connectors.mapped import MappingOptions

ASANA_HOST: Final = "app.asana.com/"
_ASANA_TASK: Final = re.compile(
    r"https://app\.asana\.com/(?:0/[0-9]+/([0-9]{1,20})|1/[0-9]+/(?:project/[0-9]+/|home/|inbox/[0-9]+/)?task/([0-9]{1,20}))"
)
"""Both addresses of a task: `/0/<project>/<task>`, and `/1/<workspace>/[project/<project>/]task/<task>`."""
JIRA_PATH: Final = "/browse/"
_JIRA_ISSUE: Final = re.compile(
    r"https?://[A-Za-z0-9.-]{1,200}(?::[0-9]{1,5})?(?:/[\w-]{1,50})?/browse/([A-Z][A-Z0-9_]{1,30}-[0-9]{1,10})"
)


def asana_twins(texts: Iterable[str], options: MappingOptions) -> tuple[Twin, ...]:
    """Return the Asana tasks that the texts point to, each once."""
    found: dict[str, Twin] = {}
    for each in texts:
        if ASANA_HOST in each:
            for match in _ASANA_TASK.finditer(each):
                gid = match[1] or match[2]
                ref = f"asana:{options.twin_site}:{gid}" if options.twin_site else None
                found.setdefault(gid, Twin(tracker=Tracker.ASANA, ref=ref, key=gid, url=match[0]))
    return tuple(found.values())


def jira_twins(texts: Iterable[str]) -> tuple[Twin, ...]:
    """Return the Jira issues that the texts point to, each once; an address holds the key only, never the ref."""
    found: dict[str, Twin] = {}
    for each in texts:
        if JIRA_PATH in each:
            for match in _JIRA_ISSUE.finditer(each):
                found.setdefault(match[1], Twin(tracker=Tracker.JIRA, key=match[1], url=match[0]))
    return tuple(found.values())
