"""The environment is read in one place, closed and checked, and every mistake says what to write instead."""

import re
from pathlib import Path

import pytest

from services.runtime.errors import Misconfigured
from services.runtime.settings import VARIABLES, Settings

WEBHOOK_SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"  # noqa: S105 -- made up
SASL = {
    "LEEWAY_KAFKA_BOOTSTRAP_SERVERS": "a.example.com:9093,b.example.com:9093",
    "LEEWAY_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "LEEWAY_KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
    "LEEWAY_KAFKA_SASL_USERNAME": "leeway",
    "LEEWAY_KAFKA_SASL_PASSWORD": "swordfish",
    "LEEWAY_KAFKA_TLS_CA": "/etc/kafka/ca.pem",
}


def refusal(environ: dict[str, str]) -> str:
    with pytest.raises(Misconfigured) as refused:
        Settings.from_env(environ)
    return str(refused.value)


def test_without_any_variable_the_embedded_parts_are_meant() -> None:
    settings = Settings.from_env({"PATH": "/bin"})
    assert settings.home == Path(".leeway")
    assert settings.database_url is None
    assert settings.bus.bootstrap_servers == ""
    assert not settings.bus.idempotent
    assert settings.http.host == "127.0.0.1"


def test_every_variable_fills_its_field() -> None:
    settings = Settings.from_env(
        SASL | {"LEEWAY_HTTP_PORT": "0", "LEEWAY_HOME": "/srv/leeway", "LEEWAY_LOG_LEVEL": "debug"}
    )
    assert settings.bus.security_protocol == "SASL_SSL"
    assert settings.bus.sasl_password is not None
    assert settings.bus.sasl_password.get_secret_value() == "swordfish"
    assert settings.bus.tls_ca == Path("/etc/kafka/ca.pem")
    assert (settings.http.port, settings.home, settings.log_level) == (0, Path("/srv/leeway"), "debug")


def test_a_kafka_of_ones_own_gets_idempotent_producers_unless_told_otherwise() -> None:
    assert Settings.from_env(SASL).bus.idempotent
    assert not Settings.from_env(SASL | {"LEEWAY_KAFKA_IDEMPOTENT": "false"}).bus.idempotent


def test_the_table_of_variables_names_each_field_once() -> None:
    assert (
        len({variable.name for variable in VARIABLES})
        == len({variable.field for variable in VARIABLES})
        == len(VARIABLES)
    )
    for variable in VARIABLES:
        part = Settings
        for name in variable.field[:-1]:
            part = part.model_fields[name].annotation  # type: ignore[assignment]
        assert variable.field[-1] in part.model_fields


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"LEEWAY_HTP_PORT": "1"}, r"LEEWAY_HTP_PORT is no setting .* `LEEWAY_HTTP_PORT`"),
        ({"LEEWAY_HTTP_PORT": "web"}, r'LEEWAY_HTTP_PORT is "web" but must be a whole number'),
        ({"LEEWAY_HTTP_PORT": "70000"}, r'LEEWAY_HTTP_PORT is "70000" but must be at most 65535'),
        ({"LEEWAY_LOG_LEVEL": "loud"}, r'LEEWAY_LOG_LEVEL is "loud" but must be .debug'),
        ({"LEEWAY_KAFKA_BOOTSTRAP_SERVERS": "kafka"}, r'"kafka" but has another form \(host:port'),
        ({"LEEWAY_KAFKA_SECURITY_PROTOCOL": "SASL_SSL"}, r"LEEWAY_KAFKA_\*.* needs a SASL user name"),
        ({"LEEWAY_KAFKA_SASL_USERNAME": "ana"}, r"security protocol must be SASL_SSL"),
        ({"LEEWAY_KAFKA_TLS_KEY": "/k"}, r"certificate and a TLS key go together"),
        ({"LEEWAY_HTTP_PORT_FILE": "/x"}, r"LEEWAY_HTTP_PORT_FILE is no setting"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence_with_the_way_out(environ: dict[str, str], says: str) -> None:
    assert re.search(says, refusal(environ))


def test_all_mistakes_are_told_at_once() -> None:
    assert len(refusal({"LEEWAY_HTTP_PORT": "web", "LEEWAY_LOG_LEVEL": "loud"}).splitlines()) == 2
    assert len(refusal({"LEEWAY_ONE": "1", "LEEWAY_TWO": "2"}).splitlines()) == 2


def test_a_secret_may_come_from_a_file_without_its_line_break(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{WEBHOOK_SECRET}\n", encoding="utf-8")
    settings = Settings.from_env({"LEEWAY_WEBHOOK_SECRET_FILE": str(file)})
    assert settings.webhook_secret is not None
    assert settings.webhook_secret.get_secret_value() == WEBHOOK_SECRET


@pytest.mark.parametrize("content", [None, "", "\n"])
def test_a_secret_file_that_holds_none_is_refused(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    said = refusal({"LEEWAY_DATABASE_URL_FILE": str(file)})
    assert "LEEWAY_DATABASE_URL_FILE" in said
    assert str(file) in said


def test_a_secret_given_twice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("x", encoding="utf-8")
    assert "both set" in refusal({"LEEWAY_DATABASE_URL": "y", "LEEWAY_DATABASE_URL_FILE": str(file)})


def test_named_secrets_are_found_by_the_name_that_the_configuration_uses(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from a file", encoding="utf-8")
    settings = Settings.from_env({"LEEWAY_SECRET_ON_CALL": "plain", "LEEWAY_SECRET_OPS_FILE": str(file)})
    assert settings.secret("on-call").get_secret_value() == "plain"
    assert settings.secret("ops").get_secret_value() == "from a file"
    with pytest.raises(Misconfigured, match="LEEWAY_SECRET_NIGHT_SHIFT"):
        settings.secret("night-shift")


@pytest.mark.parametrize("value", ["hunter2-hunter2", "whsec_", "whsec_not base64!"])
def test_a_webhook_secret_of_another_form_is_refused_and_not_shown(value: str) -> None:
    said = refusal({"LEEWAY_WEBHOOK_SECRET": value})
    assert "whsec_ followed by" in said
    assert value == "whsec_" or value not in said


def test_no_secret_shows_in_what_prints_settings() -> None:
    settings = Settings.from_env(SASL | {"LEEWAY_WEBHOOK_SECRET": WEBHOOK_SECRET, "LEEWAY_SECRET_OPS": "open-sesame"})
    shown = f"{settings!r} {settings} {settings.model_dump_json()}"
    for secret in settings.secrets():
        assert secret.get_secret_value() not in shown
    assert len(settings.secrets()) == 3


def test_what_the_tests_and_fault_points_read_is_no_mistake() -> None:
    Settings.from_env({"LEEWAY_TEST_BOOTSTRAP_SERVERS": "x:1", "LEEWAY_FAULTPOINT": "relay.published:1"})
