"""The connections of `leeway.yaml` are closed, hold no secret, and each mistake is told where it stands."""

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from schemas.work_items import StatusCategory
from services.runtime.closed_yaml import parse
from services.runtime.configuration import Configuration, configuration_schema
from services.runtime.connections import AsanaConnection, JiraConnection, JiraKind
from services.runtime.errors import Misconfigured
from services.runtime.secrets import Secret
from services.runtime.settings import Settings

EXAMPLE = """
connections:
  - id: main
    tracker: jira
    url: https://brightmoor.example.net/
    user: leeway@brightmoor.example
    token: jira-main
    projects: [GROW, PLAT]
    twins: ops
    bots: [Release Robot]
    reading: {start: [customfield_10015], statuses: {"10074": in_progress}}
    pace: {poll_seconds: 30, data_gap_minutes: 15}
    webhooks: {address: https://leeway.brightmoor.example, secret: jira-hook}
    comments: {enabled: true, projects: [GROW]}
    tls_ca: /etc/leeway/authority.pem
    proxy: http://proxy.brightmoor.example:3128
  - {id: old, tracker: jira, kind: datacenter, url: https://jira.brightmoor.example/jira, token: jira-old}
  - {id: ops, tracker: asana, workspace: "1201", token: asana-ops, goals: false}
  - {id: labs, tracker: asana, workspace: Labs, token: asana-labs}
"""

JIRA = "connections:\n  - {id: a, tracker: jira, url: https://a.example.net, user: ana@a.example, token: t"
ASANA = "connections:\n  - {id: a, tracker: asana, workspace: Ops, token: t"


def refusal(text: str) -> str:
    with pytest.raises(Misconfigured) as refused:
        parse(text, "leeway.yaml", Configuration)
    return str(refused.value)


def test_several_sites_of_each_kind_are_read() -> None:
    main, old, ops, labs = parse(EXAMPLE, "leeway.yaml", Configuration).value.connections
    assert isinstance(main, JiraConnection)
    assert (main.url, main.kind, main.twins) == ("https://brightmoor.example.net", JiraKind.CLOUD, "ops")
    assert main.reading.statuses == {"10074": StatusCategory.IN_PROGRESS}
    assert main.webhooks is not None
    assert main.webhooks.register_
    assert isinstance(old, JiraConnection)
    assert (old.kind, old.user, old.url) == (JiraKind.DATACENTER, None, "https://jira.brightmoor.example/jira")
    assert isinstance(ops, AsanaConnection)
    assert isinstance(labs, AsanaConnection)
    assert (ops.goals, labs.goals, labs.url) == (False, True, "https://app.asana.com")


def test_comments_are_off_and_webhooks_absent_unless_said() -> None:
    (connection,) = parse(f"{ASANA}}}", "leeway.yaml", Configuration).value.connections
    assert not connection.comments.enabled
    assert connection.webhooks is None


def test_the_secret_is_a_reference_to_the_environment_or_to_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from a file\n")
    names = {"LEEWAY_SECRET_JIRA_MAIN": "from the environment", "LEEWAY_SECRET_ASANA_OPS_FILE": f"{tmp_path}/token"}
    settings = Settings.from_env(names)
    assert settings.secret("jira-main") == Secret("from the environment")
    assert settings.secret("asana-ops") == Secret("from a file")
    with pytest.raises(Misconfigured, match=r"`jira-old` is not set: give it as LEEWAY_SECRET_JIRA_OLD or LEEWAY_SECR"):
        settings.secret("jira-old")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"{JIRA}, urll: x}}", "leeway.yaml:2:87: unknown key `urll` in `connections[0]`: did you mean `url`?"),
        (f"{JIRA}, workspace: x}}", "unknown key `workspace` in `connections[0]`: did you mean `pace`?"),
        (f"{ASANA}, cloud_id: x}}", "unknown key `cloud_id` in `connections[0]`: known here: bots, comments, dep"),
        (f"{JIRA}, reading: {{estimates: [x]}}}}", "unknown key `estimates` in `connections[0].reading`: did you mean"),
        ("connections:\n  - {id: a, tracker: jirra}", "needs another 'tracker' than 'jirra': one of 'jira', 'asana'."),
        ("connections:\n  - {id: a}", "leeway.yaml:2:5: `connections[0]` needs the key 'tracker'."),
        ("connections:\n  - {id: a, tracker: asana, token: t}", "leeway.yaml:2:5: `connections[0]` needs the key `wor"),
        ("connections: {id: a}", "`connections` must be a list"),
        ("connections:\n  - main", "leeway.yaml:2:5: `connections[0]` must be a mapping of keys to values."),
        (JIRA.replace("id: a", "id: a b") + "}", "leeway.yaml:2:6: `connections[0].id` must match"),
        (JIRA.replace("user: ana@a.example, ", "") + "}", "needs `user`, the e-mail address of the account"),
        (f"{JIRA}, kind: server}}", "`connections[0].kind` must be 'cloud' or 'datacenter'."),
        (f"{JIRA}, kind: datacenter, cloud_id: x}}", "has a `cloud_id`, which only Jira Cloud knows; leave it out."),
        (JIRA.replace("https://a", "https://ana:pw@a") + "}", "must hold no user name and no password"),
        (JIRA.replace("https://a.example.net", "a.example.net") + "}", "must be the site's address, as in https://"),
        (JIRA.replace(".net", ".net/?x=1") + "}", "must end with the host or a path, without ? and #"),
        (f"{JIRA}, proxy: proxy:3128}}", "must be the proxy's address, as in http://proxy.example.com:3128."),
        (f"{JIRA}, proxy: http://u:p@proxy:3128}}", "this file is no place for secrets."),
        (f"{JIRA}, projects: GROW}}", "`connections[0].projects` must be a list."),
        (f"{JIRA}, pace: {{poll_seconds: 0}}}}", "`connections[0].pace.poll_seconds` must be more than 0.0."),
        (f"{JIRA}, pace: {{poll_seconds: 600, data_gap_minutes: 5}}}}", "asks every 600 seconds only: raise `data_gap"),
        (f"{JIRA}, reading: {{statuses: {{3: doing}}}}}}", "`connections[0].reading.statuses.3` must be 'todo', 'in_p"),
        (f"{JIRA}, webhooks: {{secret: x}}}}", "`connections[0].webhooks` needs the key `address`."),
        (
            f"{JIRA}, webhooks: {{address: https://x.example, register: false}}}}",
            "without a secret: name in `webhooks.secret`",
        ),
        (
            f"{JIRA}, dependency_links: [{{type: X, outward_is: blocker}}, {{type: X, outward_is: blocker}}]}}",
            "`connections[0].dependency_links[1].type`: X stands more than once among `dependency_links`; keep one.",
        ),
        (f"{JIRA}, comments: {{enabled: true}}}}", "name those where Leeway may comment in `projects`."),
    ],
)
def test_a_mistake_says_where_it_stands_and_what_to_write(text: str, says: str) -> None:
    assert says in refusal(text)


def test_a_token_in_the_place_of_its_name_is_refused_and_not_repeated() -> None:
    said = refusal(ASANA.replace("token: t", "token: '2/1201/9f00c:ab'") + "}")
    assert "`connections[0].token`: must be the name of a secret" in said
    assert "9f00c" not in said


@pytest.mark.parametrize(
    ("twins", "says"),
    [
        (
            "opps",
            "leeway.yaml:4:82: `connections[2].twins`: there is no connection `opps` to the other tracker; did you",
        ),
        ("one", "there is no connection `one` to the other tracker; known here: ops."),
        ("two", "there is no connection `two` to the other tracker; known here: ops."),
    ],
)
def test_twins_are_another_connection_to_the_other_tracker(twins: str, says: str) -> None:
    jira = "{id: %s, tracker: jira, kind: datacenter, url: https://a.example, token: t%s}"
    lines = (
        jira % ("one", ""),
        "{id: ops, tracker: asana, workspace: x, token: t}",
        jira % ("two", f", twins: {twins}"),
    )
    assert says in refusal("connections:\n" + "".join(f"  - {line}\n" for line in lines))


def test_twins_without_any_other_tracker_are_to_be_left_out() -> None:
    assert "nor any other; leave `twins` out." in refusal(f"{JIRA}, twins: b}}")


def test_an_id_that_stands_twice_is_told_at_its_second_place() -> None:
    again = JIRA.partition("\n")[2]
    assert "leeway.yaml:3:6: `connections[1].id`: a stands more than once among `connections`; keep one." in refusal(
        f"{JIRA}}}\n{again}}}\n"
    )


def test_a_connection_is_whole_with_what_the_rest_of_the_file_says() -> None:
    own = "dependency_links: [{type: Waits, outward_is: dependent}]"
    text = f"bots: [Rota]\n{JIRA}, bots: [Own], {own}}}\n{ASANA.partition(chr(10))[2].replace('id: a', 'id: b')}}}\n"
    jira, asana = parse(text, "leeway.yaml", Configuration).value.whole_connections()
    assert (jira.twins, asana.twins) == ("b", "a")
    assert (jira.bots, asana.bots) == (("Own", "Rota"), ("Rota",))
    assert [link.type for link in jira.dependency_links or ()] == ["Waits"]
    assert [link.type for link in asana.dependency_links or ()] == ["Blocks", "Depends", "Dependency"]


def test_twins_are_not_guessed_where_the_other_tracker_has_two_sites() -> None:
    found = parse(EXAMPLE, "leeway.yaml", Configuration).value
    assert found.connection("old").twins is None
    assert found.connection("main").twins == "ops"


def test_a_connection_that_is_none_is_answered_with_the_nearest() -> None:
    found = parse(EXAMPLE, "leeway.yaml", Configuration).value
    with pytest.raises(Misconfigured, match=r"There is no connection `mian`: did you mean `main`\?"):
        found.connection("mian")
    with pytest.raises(Misconfigured, match=r"`leeway init` adds one"):
        Configuration().connection("main")


def test_the_published_schema_knows_connections_and_is_closed() -> None:
    validator = Draft202012Validator(configuration_schema())
    sound = {"id": "a", "tracker": "asana", "workspace": "Ops", "token": "asana-ops"}
    assert validator.is_valid({"connections": [sound]})
    assert not validator.is_valid({"connections": [sound | {"token": "2/1201/9f00c:ab"}]})
    assert not validator.is_valid({"connections": [sound | {"cloud_id": "x"}]})
    assert validator.is_valid(
        {"connections": [sound | {"webhooks": {"address": "https://x.example", "register": True}}]}
    )
