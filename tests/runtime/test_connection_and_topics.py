"""The broker is reached as the settings say, and has each topic with the retention of the wiring table."""

from pathlib import Path

import pytest
from faststream.security import SASLPlaintext, SASLScram512

from schemas.topics import STRATEGY, TOPICS
from services.runtime.bus import Bus
from services.runtime.clock import SystemClock
from services.runtime.connection import client_arguments, stream_security
from services.runtime.errors import Misconfigured
from services.runtime.secrets import Secret
from services.runtime.settings import BusSettings
from services.runtime.topics import ensure_topics, new_topic

SASL = {"bootstrap_servers": "k:9093", "sasl_username": "leeway", "sasl_password": Secret("s3cret")}


async def test_all_topics_are_made_once_and_left_alone_afterwards(bus_settings: BusSettings) -> None:
    await ensure_topics(bus_settings, partitions=3)
    await ensure_topics(bus_settings, partitions=5)
    bus = Bus(bus_settings, "mapper", SystemClock())
    counts = {topic.name: await bus.partitions(topic) for topic in TOPICS}
    await bus.stop()
    assert counts == {topic.name: 1 if topic is STRATEGY else 3 for topic in TOPICS}


def test_a_compacted_topic_keeps_the_newest_and_the_others_forget() -> None:
    settings = BusSettings()
    configs = {topic.retention: new_topic(settings, topic, 4).topic_configs for topic in TOPICS}
    assert sorted(map(sorted, configs.values())) == [["cleanup.policy"], ["retention.ms"]]


def test_plain_text_without_a_user_has_no_security() -> None:
    assert stream_security(BusSettings(bootstrap_servers="k:9092")) is None


def test_a_user_over_tls_is_checked_against_the_brokers_certificate() -> None:
    settings = BusSettings.model_validate(SASL | {"security_protocol": "SASL_SSL", "sasl_mechanism": "SCRAM-SHA-512"})
    security, arguments = stream_security(settings), client_arguments(settings)
    assert isinstance(security, SASLScram512)
    assert security.use_ssl
    assert arguments["ssl_context"].check_hostname
    assert (arguments["sasl_mechanism"], arguments["sasl_plain_password"]) == ("SCRAM-SHA-512", "s3cret")


def test_a_user_without_tls_is_possible_where_it_is_asked_for() -> None:
    settings = BusSettings.model_validate(SASL | {"security_protocol": "SASL_PLAINTEXT"})
    assert isinstance(stream_security(settings), SASLPlaintext)
    assert client_arguments(settings)["ssl_context"] is None


def test_a_tls_file_that_cannot_be_read_is_said_so() -> None:
    settings = BusSettings(bootstrap_servers="k:1", security_protocol="SSL", tls_ca=Path("/nowhere/ca.pem"))
    with pytest.raises(Misconfigured, match="LEEWAY_KAFKA_TLS"):
        client_arguments(settings)


def test_no_servers_are_said_so() -> None:
    with pytest.raises(Misconfigured, match="LEEWAY_KAFKA_BOOTSTRAP_SERVERS"):
        client_arguments(BusSettings())
