"""`leeway.yaml` is closed, holds no secret, and may be left out."""

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from services.runtime.closed_yaml import parse
from services.runtime.configuration import Configuration, OutwardEnd, configuration_schema, load_configuration
from services.runtime.errors import Misconfigured

EXAMPLE = """
version: 1
receivers:
  - {id: ops, webhook: "https://hooks.example.com/leeway", secret: ops, allowed_networks: [10.20.0.0/16]}
dependency_links:
  - {type: Blocks, outward_is: blocker}
  - {type: "10105", outward_is: dependent}
bots: [Release Robot]
"""


def refusal(text: str) -> str:
    with pytest.raises(Misconfigured) as refused:
        parse(text, "leeway.yaml", Configuration)
    return str(refused.value)


def test_the_example_is_read() -> None:
    found = parse(EXAMPLE, "leeway.yaml", Configuration).value
    assert found.receivers[0].secret == "ops"  # noqa: S105 -- its name
    assert found.dependency_links[1].outward_is is OutwardEnd.DEPENDENT
    assert found.bots == ("Release Robot",)


def test_a_file_that_is_not_there_means_the_defaults_unless_it_was_asked_for(tmp_path: Path) -> None:
    found = load_configuration(tmp_path / "leeway.yaml")
    assert {link.type: link.outward_is.value for link in found.dependency_links} == {
        "Blocks": "blocker",
        "Depends": "dependent",
        "Dependency": "dependent",
    }
    with pytest.raises(Misconfigured, match="no such file"):
        load_configuration(tmp_path / "leeway.yaml", required=True)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("reciever: []", "unknown key `reciever`: did you mean `receivers`?"),
        ("receivers: [{id: a, webhook: ftp://x.example.com}]", "must be a URL, as in https://"),
        ("receivers: [{id: a, webhook: https://u:p@x.example.com}]", "no user name and no password"),
        ("receivers: [{id: a, webhook: http://x.example.com}]", "1:21: `receivers[0].webhook`: must begin with https"),
        ("receivers: [{id: a, webhook: https://x.example.com:99999}]", "Port out of range"),
        ("receivers: [{id: a, webhook: https://x.example.com/\u00e9}]", "must be a URL, as in https://"),
        ("receivers: [{id: a, webhook: https://x.example.com, allowed_networks: [10.0.0.1/8]}]", "must be a network"),
        (
            "receivers: [{id: a, webhook: https://x.io}, {id: a, webhook: https://y.io}]",
            "leeway.yaml:1:46: `receivers[1].id`: a stands more than once among `receivers`",
        ),
        ("dependency_links: [{type: Blocks, outward_is: blocks}]", "must be 'blocker' or 'dependent'"),
    ],
)
def test_a_mistake_says_what_to_write(text: str, says: str) -> None:
    assert says in refusal(text)


def test_the_published_schema_is_closed_too() -> None:
    validator = Draft202012Validator(configuration_schema())
    assert validator.is_valid({"version": 1, "bots": ["x"]})
    assert not validator.is_valid({"bot": ["x"]})
