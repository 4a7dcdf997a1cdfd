"""Processes of one room share its partitions; the process of all rooms takes them without waiting for a group."""

from services.commands.serving import sharing
from services.runtime.settings import Settings


def test_a_single_room_shares_its_work_by_consumer_groups() -> None:
    assert Settings.from_env({}).bus.groups is False
    assert sharing(Settings.from_env({})).bus.groups is True


def test_what_the_environment_says_of_groups_holds() -> None:
    told = Settings.from_env({"LEEWAY_KAFKA_GROUPS": "false"})
    assert sharing(told).bus.groups is False
