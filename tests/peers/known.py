"""Where clients, the sandbox and the vendors' descriptions are known to disagree, each with its name and reason."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from tests.peers.proxying import Violation


@dataclass(frozen=True)
class Known:
    """A known disagreement: `pattern` matches the whole of such violations as they are shown."""

    name: str
    pattern: str
    reason: str

    def explains(self, violation: Violation) -> bool:
        """Tell whether a violation is this one."""
        return re.fullmatch(self.pattern, str(violation)) is not None


NOT_COVERED: Final = "request: Selected route not found"
NO_BODY: Final = r'response: The received media type "" does not match the one specified .*'

JIRA: Final = (
    Known(
        "server-info-2", f"GET /rest/api/2/serverInfo: {NOT_COVERED}",
        "The description is of version 3; our client asks at version 2, which Data Center answers too, for the kind.",
    ),
    Known(
        "admin-webhooks", rf"(GET|POST|DELETE) /rest/webhooks/1.0/webhook(/\d+)?: {NOT_COVERED}",
        "An administrator's webhooks have an interface of their own that the description leaves out.",
    ),
    Known(
        "to-string",
        r"POST /rest/api/3/changelog/bulkfetch: response\.body\.issueChangeLogs\.\*\.changeHistories\.\*\.items\.\*"
        r"\.toString: Response body property \S+\.toString must be string",
        "It is left out, being null; Prism looks it up in JavaScript, where every object has a function of that name.",
    ),
    Known(
        "package-transition-id",
        r"POST /rest/api/3/issue/\*/transitions: request\.body\.transition\.id: .* must be string",
        "The `jira` package sends the id as a number. Our client moves no issue.",
    ),
    Known(
        "package-link-comment",
        r"POST /rest/api/3/issueLink: request\.body\.comment: .* must be object",
        "The `jira` package sends null where there is no comment. Our client links no issues.",
    ),
    Known(
        "package-search-nulls",
        r"POST /rest/api/3/search/jql: request\.body\.(expand|properties): .* must be (string|array)",
        "The `jira` package sends nulls when it searches by POST. Our client searches without it.",
    ),
    Known(
        "empty-answers", rf"POST /rest/api/3/(issueLink|issue/\*/transitions): {NO_BODY}",
        "Both answer without a body, as Jira does; the description still names a media type.",
    ),
)  # fmt: skip

ASANA: Final = (
    Known(
        "package-delete-body",
        r"DELETE /api/1\.0/webhooks/\*: request: No supported content types, but request included a non-empty body",
        "The `asana` package sends {} with each DELETE.",
    ),
    Known(
        "batch-offset",
        r"POST /api/1\.0/batch: request\.body\.data\.actions\.\*\.options\.offset: .* must be integer",
        "The description calls an offset in a batch an integer, and gives a token of letters as the example.",
    ),
)


def unexplained(violations: Iterable[Violation], known: Iterable[Known]) -> list[str]:
    """Return the violations that nothing known explains."""
    return [str(each) for each in sorted(violations) if not any(one.explains(each) for one in known)]


def met(violations: Mapping[Violation, int], known: Iterable[Known]) -> dict[str, int]:
    """Return how often each known one was met."""
    return {one.name: sum(many for each, many in violations.items() if one.explains(each)) for one in known}
