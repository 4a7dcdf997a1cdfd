"""A full sync of a Jira site with the plain `jira` package, by its public methods only; run as a program of its own.

Prints a JSON line for each record: its stream and its key.
"""

import json
import sys
from collections.abc import Iterator

from jira import JIRA, Issue

Record = tuple[str, ...]
PAGE = 100


def connected(url: str, kind: str) -> JIRA:
    """Log in as people do: with e-mail and token at Cloud, with a personal access token at a Data Center."""
    if kind == "cloud":
        return JIRA(url, basic_auth=("ana@example.com", "sandbox"), options={"rest_api_version": "3"})
    return JIRA(url, token_auth="sandbox")  # noqa: S106 -- the sandbox's known token


def records(client: JIRA, kind: str) -> Iterator[Record]:
    """Give all records of the site."""
    for project in client.projects():
        yield "projects", project.id
    for user in client.search_users(user=".", query=".", maxResults=0, includeInactive=True):
        yield "users", user.accountId if kind == "cloud" else user.key
    for found in client.search_issues("created >= 0 ORDER BY created, key", fields="created", maxResults=0):
        # One by one: a page of a search on Cloud holds less of each history and of the comments.
        issue = client.issue(found.id, expand="changelog")
        yield "issues", issue.id
        yield from about(client, issue)


def about(client: JIRA, issue: Issue) -> Iterator[Record]:
    """Give what hangs on an issue."""
    for history in issue.changelog.histories:
        yield "histories", history.id
    for link in issue.fields.issuelinks:
        yield "links", link.id
    start = 0
    while page := client.comments(issue.id, start_at=start, max_results=PAGE):
        yield from (("comments", comment.id) for comment in page)
        start += len(page)


if __name__ == "__main__":
    address, name = sys.argv[1:]
    for record in records(connected(address, name), name):
        sys.stdout.write(json.dumps(record) + "\n")
