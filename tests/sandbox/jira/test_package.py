"""The `jira` package, as others use it, against both kinds over a real socket."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
from jira import JIRA, JIRAError

from services.runtime.connections import JiraKind
from services.sandbox.jira.app import build_jira
from tests.sandbox.jira.sites import EPIC, START, Lab, comment, history, raw_issue


@contextmanager
def served(lab: Lab) -> Iterator[str]:
    """Serve the site on a free port from a thread, until left."""
    server = uvicorn.Server(uvicorn.Config(build_jira(lab.site), port=0, log_level="error"))
    started = threading.Event()

    class Told(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            started.set()

    server = Told(server.config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert started.wait(10)
    port = server.servers[0].sockets[0].getsockname()[1]
    lab.site.base_url = f"http://127.0.0.1:{port}"
    try:
        yield lab.site.base_url
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture(params=list(JiraKind), ids=str)
def lab(request: pytest.FixtureRequest) -> Lab:
    return Lab(request.param).load(
        *(raw_issue(number, histories=[history(number, START)]) for number in range(1, 131)),
        raw_issue(500, "VAN", issuetype=EPIC, comment={"comments": [comment(1, START)]}),
    )


def connected(lab: Lab, url: str) -> JIRA:
    if lab.site.is_datacenter:
        return JIRA(url, token_auth="sandbox", max_retries=0)  # noqa: S106
    return JIRA(url, basic_auth=("me@example.com", "sandbox"), max_retries=0, options={"rest_api_version": "3"})


def test_the_package_reads_and_writes(lab: Lab) -> None:
    with served(lab) as url:
        client = connected(lab, url)
        assert client._is_cloud is not lab.site.is_datacenter
        found = client.search_issues("project = CAR ORDER BY key", maxResults=0, fields="summary")
        assert [issue.key for issue in found] == [f"CAR-{number}" for number in range(1, 131)]
        issue = client.issue("CAR-1", expand="changelog")
        assert issue.changelog.histories[0].items[0].field == "summary"
        issue.update(fields={"summary": "By the package"})
        assert client.issue("CAR-1").fields.summary == "By the package"
        body: Any = "hello" if lab.site.is_datacenter else {"type": "doc", "version": 1, "content": []}
        made = client.add_comment("CAR-1", body)
        assert [each.id for each in client.comments("CAR-1")] == [made.id]
        made.delete()
        assert client.comments("CAR-1") == []
        client.create_issue_link("Blocks", "CAR-1", "VAN-500")
        [link] = client.issue("CAR-1").fields.issuelinks
        assert link.outwardIssue.key == "VAN-500"
        client.delete_issue_link(link.id)
        done = next(each["id"] for each in client.transitions("CAR-1") if each["to"]["name"] == "Done")
        client.transition_issue("CAR-1", done)
        assert str(client.issue("CAR-1").fields.status) == "Done"
        client.close()  # type: ignore[no-untyped-call]


def test_the_package_finds_its_way_about(lab: Lab) -> None:
    with served(lab) as url:
        client = connected(lab, url)
        assert {project.key for project in client.projects()} == {"CAR", "VAN"}
        assert {each["id"] for each in client.fields()} >= {"summary", "customfield_10020"}
        assert {status.name for status in client.statuses()} >= {"To do", "Done"}
        assert client.myself()["displayName"] == "Leeway"
        assert [board.name for board in client.boards()] == ["CAR board", "VAN board"]
        client.add_simple_link("CAR-1", {"url": "https://a.example", "title": "A"})
        assert [each.object.title for each in client.remote_links("CAR-1")] == ["A"]
        new = client.create_issue(project="CAR", summary="Made", issuetype={"name": "Story"})
        assert new.key == "CAR-131"
        new.delete()  # type: ignore[no-untyped-call]
        with pytest.raises(JIRAError, match="does not exist") as refused:
            client.issue("CAR-131")
        assert refused.value.status_code == 404
        client.close()  # type: ignore[no-untyped-call]
