"""Compose and Kubernetes say what the program understands (settings, rooms, commands), and nothing unsafe."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from services.commands.secret_files import variable_of
from services.runtime.configuration import load_configuration
from services.runtime.migrations import ROOMS
from services.runtime.settings import VARIABLES
from tests.kafka.jars import KAFKA_VERSION

ROOT = Path(__file__).parents[2]
SETTINGS = {variable.name for variable in VARIABLES}
FILES = {f"{variable.name}_FILE" for variable in VARIABLES if variable.secret}
EXAMPLE = load_configuration(ROOT / "deploy/leeway.yaml", required=True)
RUNNABLE = [["migrate"], *(["run", room] for room in ROOMS if room != "runtime")]


def documents(path: str) -> list[Any]:
    return list(YAML(typ="safe").load_all((ROOT / path).read_text(encoding="utf-8")))


def compose() -> dict[str, Any]:
    (document,) = documents("docker-compose.yml")
    return dict(document)


def own_services() -> dict[str, dict[str, Any]]:
    return {name: service for name, service in compose()["services"].items() if service["image"] == "leeway"}


def pods() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in ("migrate.yaml", "rooms.yaml"):
        for document in documents(f"deploy/kubernetes/{file}"):
            yield document["metadata"]["name"], document["spec"]["template"]["spec"]


def secrets_of_the_example() -> set[str]:
    """Return the variables that give the secrets which the example's connections name."""
    tokens = [one.token for one in EXAMPLE.connections]
    hooks = [one.webhooks.secret for one in EXAMPLE.connections if one.webhooks and one.webhooks.secret]
    return {f"{variable_of(name)}_FILE" for name in (*tokens, *hooks)}


def known(names: Iterable[str]) -> bool:
    return set(names) <= SETTINGS | FILES | secrets_of_the_example()


def test_the_example_shows_both_trackers_and_every_key_of_a_connection() -> None:
    assert {one.tracker for one in EXAMPLE.connections} == {"jira", "asana"}
    text = (ROOT / "deploy/leeway.yaml").read_text(encoding="utf-8")
    for one in EXAMPLE.connections:
        assert all(re.search(rf"\b{name}:", text) for name in type(one).model_fields), type(one)


def test_compose_and_kubernetes_give_the_connectors_every_secret_of_the_example_and_the_configuration() -> None:
    (configmap,) = documents("deploy/kubernetes/configmap.yaml")
    for given in (compose()["services"]["connectors"]["environment"], configmap["data"]):
        assert secrets_of_the_example() <= set(given)
        assert given["LEEWAY_CONFIGURATION"] == "/etc/leeway/leeway.yaml"
    for service in own_services().values():
        assert [one["target"] for one in service["configs"]] == ["/etc/leeway/leeway.yaml"]
    for name, pod in pods():
        assert {"name": "configuration", "mountPath": "/etc/leeway", "readOnly": True} in pod["containers"][0][
            "volumeMounts"
        ], name


def test_compose_runs_every_room_and_brings_the_database_up_to_date_first() -> None:
    assert [service["command"] for service in own_services().values()] == RUNNABLE
    for name, service in own_services().items():
        wanted = "postgres" if name == "migrate" else "migrate"
        assert wanted in service["depends_on"]


def test_compose_gives_only_settings_that_exist_and_secrets_as_files() -> None:
    for service in own_services().values():
        assert known(service["environment"])
        given = {path for name, path in service["environment"].items() if name.endswith("_FILE")}
        assert given == {f"/run/secrets/{secret}" for secret in service["secrets"]}
        assert set(service["secrets"]) <= set(compose()["secrets"])


@pytest.mark.parametrize("name", list(own_services()))
def test_our_containers_can_neither_write_nor_gain_rights(name: str) -> None:
    service = own_services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_no_port_is_open_to_the_world() -> None:
    assert not [name for name, service in compose()["services"].items() if "ports" in service]


def test_compose_and_the_tests_run_the_same_kafka_which_makes_no_topic_by_itself() -> None:
    kafka = compose()["services"]["kafka"]
    assert kafka["image"] == f"apache/kafka:{KAFKA_VERSION}"
    assert kafka["environment"]["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_kubernetes_runs_every_room_and_the_migration() -> None:
    assert [list(pod["containers"][0]["args"]) for _, pod in pods()] == RUNNABLE


def test_kubernetes_gives_only_settings_that_exist() -> None:
    (configuration,) = documents("deploy/kubernetes/configmap.yaml")
    assert known(configuration["data"])


def test_kubernetes_lists_every_manifest() -> None:
    (listed,) = documents("deploy/kubernetes/kustomization.yaml")
    there = {path.name for path in (ROOT / "deploy/kubernetes").iterdir()} - {"kustomization.yaml"}
    assert set(listed["resources"]) == there


@pytest.mark.parametrize(("name", "pod"), list(pods()))
def test_pods_run_without_rights(name: str, pod: dict[str, Any]) -> None:
    container = pod["containers"][0]
    assert pod["securityContext"]["runAsNonRoot"] is True, name
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert pod["automountServiceAccountToken"] is False


def test_the_image_is_built_from_locked_packages_by_a_user_without_rights() -> None:
    text = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
    assert re.search(r"^USER 10001", text, re.MULTILINE)
    for install in re.findall(r"pip install [^\n\\&]*", text):
        assert "--require-hashes" in install or "--no-deps" in install
    assert known(re.findall(r"\bLEEWAY_[A-Z_]+", text))
