"""What somebody set up wrongly is one sentence with its remedy, told when the site is opened."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from schemas.work_items import StatusCategory
from services.connectors.jira.client import build_client
from services.runtime.clock import SystemClock
from services.runtime.errors import Misconfigured, Transient
from services.sandbox.listening import Authority
from tests.connectors.jira.scripted import TOKEN, Says, ScriptedSite, StillClock, at, connection

REFUSED = Says(401, {"message": "Client must be authenticated to access this resource."})


class FastClock(SystemClock):
    def wall(self) -> datetime:
        return super().wall() + timedelta(seconds=90)


async def misconfigured(site: ScriptedSite, **changes: Any) -> str:
    async with at(site, **changes) as client:
        with pytest.raises(Misconfigured) as caught:
            await client.open()
    assert TOKEN not in str(caught.value)
    return str(caught.value)


async def test_an_open_site_tells_who_we_are_and_how_far_the_clock_is_off() -> None:
    async with at(ScriptedSite(), FastClock()) as client:
        facts = await client.open()
    assert (facts.account, facts.account_name, facts.kind, facts.version) == ("me-1", "Leeway", "cloud", "1001.0.0")
    assert facts.clock_off_seconds == pytest.approx(90, abs=5)
    assert facts.missing_scopes == ()


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({}, "`user` may not be its account's e-mail address"),
        ({}, "needs `cloud_id`"),
        ({"kind": "datacenter"}, "personal access token"),
    ],
)
async def test_a_refused_token_is_told_with_what_may_be_wrong_with_it(changes: dict[str, Any], remedy: str) -> None:
    site = ScriptedSite("Server" if changes else "Cloud")
    site.on("GET", "myself", REFUSED)
    assert remedy in await misconfigured(site, **changes)


async def test_a_scoped_token_is_called_at_the_gateway() -> None:
    site = ScriptedSite()
    site.api = "/ex/jira/cloud-1/rest/api/3"
    info = {"versionNumbers": [1001], "deploymentType": "Cloud"}
    site.on("GET", "/ex/jira/cloud-1/rest/api/2/serverInfo", Says(body=info))
    site.on("GET", "myself", Says(401, {"message": "Unauthorized; scope does not match"}))
    said = await misconfigured(site, cloud_id="cloud-1", gateway="/ex/jira")
    assert "read:jira-work" in said
    assert [came.path for came in site.came][-1] == "/ex/jira/cloud-1/rest/api/3/myself"


async def test_a_login_that_failed_behind_a_200_is_no_login() -> None:
    site = ScriptedSite()
    anonymous = Says(body=[], headers={"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"})
    site.on("GET", "/rest/api/2/serverInfo", anonymous)
    assert "does not accept the token" in await misconfigured(site)


async def test_a_login_locked_behind_a_riddle_says_so() -> None:
    site = ScriptedSite("Server")
    site.on("GET", "myself", Says(403, {}, {"X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=x"}))
    assert "Log in once with the browser" in await misconfigured(site)


async def test_a_403_names_the_scopes() -> None:
    site = ScriptedSite()
    site.on("GET", "field", Says(403, {"errorMessages": ["scope does not match"]}))
    assert "read:jira-work" in await misconfigured(site)


@pytest.mark.parametrize("refuses", [False, True])
@pytest.mark.parametrize(
    ("kind", "said", "words"),
    [("Server", "cloud", "is a Data Center, not Cloud: set"), ("Cloud", "datacenter", "is Cloud, no Data Center: set")],
)
async def test_a_site_of_the_other_kind_is_told_even_where_it_refuses_the_token(
    kind: str, said: str, words: str, refuses: bool
) -> None:
    site = ScriptedSite(kind)
    if refuses:
        info = Says(body={"versionNumbers": [9], "deploymentType": kind})
        site.on("GET", "/rest/api/2/serverInfo", REFUSED, info)
    assert words in await misconfigured(site, kind=said)


@pytest.mark.parametrize("says", [Says(404, b"<html>"), Says(body={"hello": "world"})])
async def test_what_is_no_jira_is_not_taken_for_one(says: Says) -> None:
    site = ScriptedSite()
    site.on("GET", "/rest/api/2/serverInfo", says)
    assert "check `url`" in await misconfigured(site)


async def test_a_redirect_names_where_it_leads_and_is_not_followed() -> None:
    site = ScriptedSite()
    site.on("GET", "/rest/api/2/serverInfo", Says(302, b"", {"location": "https://login.example.com/in?token=abc"}))
    said = await misconfigured(site)
    assert "https://login.example.com/in" in said
    assert "abc" not in said
    site.on("GET", "/rest/api/2/serverInfo", Says(body={"versionNumbers": [9], "deploymentType": "Cloud"}))
    site.on("GET", "myself", Says(302, b"", {"location": "https://login.example.com/"}))
    assert "https://login.example.com/" in await misconfigured(site)


async def test_an_untrusted_certificate_names_tls_ca_and_a_trusted_one_is_fine(tmp_path: Path) -> None:
    authority = Authority()
    assert "`tls_ca`" in await misconfigured(ScriptedSite(), authority=authority)
    trusted = authority.write(tmp_path / "ca.pem")
    async with at(ScriptedSite(), authority=authority, tls_ca=trusted) as client:
        assert (await client.open()).account == "me-1"
        assert [scope.key for scope in await client.scopes()] == ["MOB", "PAY"]


async def test_an_authority_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    broken = tmp_path / "ca.pem"
    broken.write_text("no certificate")
    for path in (tmp_path / "missing.pem", broken):
        with pytest.raises(Misconfigured, match="tls_ca"):
            build_client(connection("https://127.0.0.1:9", tls_ca=path), TOKEN, StillClock())


async def test_plain_http_where_tls_is_said_asks_to_check_the_address() -> None:
    site = ScriptedSite()
    async with at(site) as client:
        url = client._calls.base.replace("http:", "https:")
    assert "check `url`" in await misconfigured_at(url, site)


async def misconfigured_at(url: str, site: ScriptedSite) -> str:
    async with at(site) as client:
        port = client._calls.base.rpartition(":")[2]
        other = build_client(connection(url.rpartition(":")[0] + f":{port}"), TOKEN, StillClock())
        with pytest.raises(Misconfigured) as caught:
            await other.open()
        await other.close()
    return str(caught.value)


async def test_a_host_that_nobody_knows_and_a_port_where_nobody_listens() -> None:
    unknown = build_client(connection("http://no-such-host.invalid"), TOKEN, StillClock())
    with pytest.raises((Misconfigured, Transient), match="cannot be found"):
        await unknown.open()
    await unknown.close()
    closed = build_client(connection("http://127.0.0.1:9"), TOKEN, StillClock())
    with pytest.raises(Transient, match="refuses connections"):
        await closed.open()
    await closed.close()


async def test_a_proxy_that_refuses_or_is_not_there_names_proxy() -> None:
    site = ScriptedSite()
    async with at(site) as client:
        proxy = client._calls.base
        for url, error in (("https://jira.example.com", Misconfigured), ("http://jira.example.com", Misconfigured)):
            behind = build_client(connection(url, proxy=proxy), TOKEN, StillClock())
            with pytest.raises(error, match=r"`proxy`|check `url`"):
                await behind.open()
            await behind.close()
    gone = build_client(connection("https://jira.example.com", proxy="http://127.0.0.1:9"), TOKEN, StillClock())
    with pytest.raises((Misconfigured, Transient), match="`proxy`"):
        await gone.open()
    await gone.close()


async def test_permissions_that_lack_for_what_is_configured_are_named() -> None:
    site = ScriptedSite()
    lacks = {name: {"havePermission": False} for name in ("BROWSE_PROJECTS", "ADD_COMMENTS", "ADMINISTER")}
    site.on("GET", "mypermissions", Says(body={"permissions": lacks}))
    async with at(site) as client:
        assert [why.split(" is")[0] for why in (await client.open()).missing_scopes] == ["Browse projects"]
    wants: dict[str, Any] = {
        "comments": {"enabled": True, "projects": ["PAY"]},
        "webhooks": {"address": "https://l.example", "secret": "hooks"},
    }
    async with at(site, **wants) as client:
        missing = (await client.open()).missing_scopes
    assert [why.split(" is")[0] for why in missing] == ["Browse projects", "Add comments", "Administer Jira"]


async def test_a_project_that_does_not_exist_is_named_with_the_nearest_that_do() -> None:
    async with at(ScriptedSite(), projects=["PAI"]) as client:
        with pytest.raises(Misconfigured, match=r"no project PAI\. Nearest: PAY"):
            await client.scopes()
    async with at(ScriptedSite(), projects=["Nothing"]) as client:
        with pytest.raises(Misconfigured, match="There are MOB, PAY"):
            await client.scopes()


async def test_projects_are_named_by_key_id_or_name_and_without_any_all_are_read() -> None:
    async with at(ScriptedSite(), projects=["pay", "10002", "Mobile"]) as client:
        assert [scope.id for scope in await client.scopes()] == ["10001", "10002"]
    async with at(ScriptedSite()) as client:
        assert [scope.key for scope in await client.scopes()] == ["MOB", "PAY"]


async def test_a_token_that_sees_no_project_is_told() -> None:
    site = ScriptedSite()
    site.on("GET", "project", Says(body=[]))
    async with at(site) as client:
        with pytest.raises(Misconfigured, match="shows the token no project"):
            await client.scopes()


async def test_fields_are_found_by_schema_or_english_name_and_statuses_by_id() -> None:
    """Trap 12: names are localised, ids and category keys are not."""
    async with at(ScriptedSite()) as client:
        await client.open()
        options = client.options()
    assert "customfield_10008" in options.epic_link_fields
    assert options.start_fields == {"customfield_10015"}
    assert options.estimate_fields == {"customfield_10016"}
    assert options.flagged_fields == {"customfield_10021"}
    assert options.custom_fields == {"customfield_10001"}
    assert options.status_categories == {"1": StatusCategory.TODO, "3": StatusCategory.IN_PROGRESS}
    assert (options.leeway_account, options.base_url) == ("me-1", client._calls.settings.url)


async def test_what_was_configured_wins_over_what_the_site_says() -> None:
    reading = {"start": ["customfield_10077"], "custom_fields": ["Colour"], "statuses": {"1": "done"}}
    async with at(ScriptedSite(), reading=reading, bots=["robot"]) as client:
        await client.open()
        options = client.options()
    assert options.start_fields == {"customfield_10077"}
    assert options.status_categories["1"] is options.status_overrides["1"] is StatusCategory.DONE
    assert options.bots == {"robot"}
    assert "customfield_10099" in client._site.fields
    assert "*all" not in client._site.fields


async def test_nothing_is_read_before_the_site_was_opened() -> None:
    async with at(ScriptedSite()) as client:
        with pytest.raises(Misconfigured, match="not opened"):
            await client.fetch(["1"])
