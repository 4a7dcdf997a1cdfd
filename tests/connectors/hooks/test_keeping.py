"""The keeper on its tables: webhooks are made with their handshakes, live on, and come back after they were gone."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from schemas.work_items import Tracker
from services.connectors import hooks_store as store
from services.connectors.keeping import Keeper
from services.connectors.queries_beside import hook_standing, registered_hooks
from services.connectors.states import standing_of
from services.connectors.tracker import HookFound
from services.runtime.database import RoomDatabase
from services.runtime.errors import Misconfigured, Permanent, Transient
from tests.builders import CREATED
from tests.connectors.fake_site import ADDRESS, FakeSite, asana_settings, jira_settings, linked, rows_of
from tests.connectors.hooks.posting import Post, body_of
from tests.connectors.recording import RecordingBus

TARGET = f"{ADDRESS}/hooks/jira/main"
MONTH = CREATED + timedelta(days=30)


@pytest.fixture
async def post(room: RoomDatabase) -> AsyncIterator[Post]:
    made = Post(room)
    yield made
    await made.http.aclose()


def shakes_hands(site: FakeSite, post: Post) -> FakeSite:
    """Have the site call the target while a webhook is being made, as Asana does, and want its secret back."""

    async def handshake(target: str) -> None:
        secret = f"secret of {len(site.calls)}".replace(" ", "-")
        answer = await post(target.removeprefix(ADDRESS), b"{}", {"X-Hook-Secret": secret})
        if answer.headers.get("x-hook-secret") != secret:
            raise Permanent("the target did not send the secret back")

    site.handshake = handshake
    return site


async def census_wanted(room: RoomDatabase, connection: str) -> str | None:
    async with room.transaction() as conn:
        return (await standing_of(conn, connection)).census_wanted


async def test_jiras_webhook_is_made_once(room: RoomDatabase, bus: RecordingBus) -> None:
    site = FakeSite()
    keeper = Keeper(linked(room, bus, site))
    assert [await keeper.round() for _ in range(3)] == [None, None, None]
    assert [hook.target for hook in site.registered.values()] == [TARGET]
    assert site.calls.count("create_hook") == 1
    assert await census_wanted(room, "main") is None


async def test_asanas_webhooks_shake_hands_while_they_are_made(
    room: RoomDatabase, bus: RecordingBus, post: Post
) -> None:
    site = shakes_hands(FakeSite(Tracker.ASANA), post)
    keeper = Keeper(linked(room, bus, site))
    assert [await keeper.round() for _ in range(2)] == [None, None]
    assert [hook.scope for hook in site.registered.values()] == ["101", "102"]
    keys = await rows_of(room, "SELECT scope, secret FROM hook_keys ORDER BY scope")
    assert [scope for scope, _ in keys] == ["101", "102"]
    assert len({secret for _, secret in keys}) == 2
    assert site.calls.count("create_hook") == 2


async def test_a_handshake_that_somebody_else_answered_makes_no_webhook(room: RoomDatabase, bus: RecordingBus) -> None:
    site = FakeSite(Tracker.ASANA)
    problem = await Keeper(linked(room, bus, site)).round()
    assert problem is not None
    assert "`address` under the `webhooks` of the connection `marketing`" in problem
    assert site.registered == {}
    assert await rows_of(room, "SELECT * FROM hook_keys") == []


async def test_what_the_tracker_removed_is_made_again_and_a_census_follows(
    room: RoomDatabase, bus: RecordingBus, post: Post
) -> None:
    site = shakes_hands(FakeSite(Tracker.ASANA), post)
    keeper = Keeper(linked(room, bus, site))
    await keeper.round()
    before = await rows_of(room, "SELECT key FROM hook_keys WHERE scope = '101'")
    site.registered = {id_: hook for id_, hook in site.registered.items() if hook.scope != "101"}
    assert await keeper.round() is None
    assert sorted(str(hook.scope) for hook in site.registered.values()) == ["101", "102"]
    assert await census_wanted(room, "marketing") == "a webhook was gone and has been made again"
    after = await rows_of(room, "SELECT key FROM hook_keys WHERE scope = '101'")
    assert len(after) == 1
    assert after != before, "what is sent to the old address is refused"


async def test_what_ends_by_itself_lives_on_for_ever(room: RoomDatabase, bus: RecordingBus) -> None:
    site = FakeSite(ends_at=MONTH)
    keeper = Keeper(linked(room, bus, site))
    for day in range(90):
        bus.clock.move_to(CREATED + timedelta(days=day))  # type: ignore[attr-defined]
        site.ends_at = bus.clock.now() + timedelta(days=30)
        assert await keeper.round() is None
        (hook,) = site.registered.values()
        assert hook.expires_at is not None
        assert hook.expires_at - bus.clock.now() > timedelta(days=20)
    assert site.calls.count("create_hook") == 1
    assert site.calls.count("renew_hook") == 12, "each week"


async def test_strays_of_ours_go_and_those_of_others_stay(room: RoomDatabase, bus: RecordingBus) -> None:
    others = HookFound("other", "https://chat.ferrum.example/hooks/jira/main", is_active=False)
    dead = HookFound("dead", TARGET, is_active=False, last_failure="502")
    site = FakeSite()
    keeper = Keeper(linked(room, bus, site))
    await keeper.round()
    (made,) = site.registered
    site.registered |= {"other": others, "dead": dead, "double": replace(dead, id="double", is_active=True)}
    assert await keeper.round() is None
    assert set(site.registered) == {made, "other"}
    async with room.transaction() as conn:
        (hook,) = await registered_hooks(conn, "main")
    assert (hook.scope, hook.hook, hook.target) == ("", made, TARGET)


async def test_a_new_project_is_told_of_by_a_webhook_made_again(room: RoomDatabase, bus: RecordingBus) -> None:
    site = FakeSite()
    keeper = Keeper(linked(room, bus, site))
    await keeper.round()
    (before,) = site.registered
    site.scope_ids = ("101", "102", "103")
    assert [await keeper.round() for _ in range(2)] == [None, None]
    (after,) = site.registered
    assert after != before
    assert site.calls.count("create_hook") == 2


async def test_a_webhook_that_may_have_been_made_is_a_stray_in_the_next_round(
    room: RoomDatabase, bus: RecordingBus, post: Post
) -> None:
    site = shakes_hands(FakeSite(Tracker.ASANA, scope_ids=("101",)), post)
    site.after["create_hook"] = [Transient("no answer in time")]
    keeper = Keeper(linked(room, bus, site))
    with pytest.raises(Transient):
        await keeper.round()
    (lost,) = site.registered.values()
    assert await keeper.round() is None
    (made,) = site.registered.values()
    assert made.target != lost.target
    assert await rows_of(room, "SELECT key FROM hook_keys") == [(made.target.rpartition("/")[2],)]


async def test_what_may_not_be_made_is_told_and_does_not_stop_the_room(room: RoomDatabase, bus: RecordingBus) -> None:
    site = FakeSite(failures={"create_hook": [Misconfigured("This token may not register webhooks.")]})
    keeper = Keeper(linked(room, bus, site))
    assert await keeper.round() == "This token may not register webhooks."
    async with room.transaction() as conn:
        assert (await hook_standing(conn, "main")).problem == "This token may not register webhooks."
    assert await keeper.round() is None
    assert await rows_of(room, "SELECT problem FROM hook_standings") == [(None,)]


async def test_one_scope_that_fails_does_not_keep_the_others_from_theirs(
    room: RoomDatabase, bus: RecordingBus, post: Post
) -> None:
    site = shakes_hands(FakeSite(Tracker.ASANA, failures={"create_hook": [Permanent("not this project")]}), post)
    assert await Keeper(linked(room, bus, site)).round() == "not this project"
    assert [hook.scope for hook in site.registered.values()] == ["102"]


async def test_jiras_webhooks_need_a_secret(room: RoomDatabase, bus: RecordingBus) -> None:
    site = FakeSite()
    without = replace(linked(room, bus, site), hook_secret=None)
    assert "need a secret" in str(await Keeper(without).round())
    assert site.registered == {}


async def test_webhooks_that_somebody_else_set_up_are_only_listened_to(
    room: RoomDatabase, bus: RecordingBus, post: Post
) -> None:
    site = FakeSite()
    settings = jira_settings(webhooks={"address": ADDRESS, "secret": "hooks", "register": False})
    keeper = Keeper(linked(room, bus, site, settings))
    assert await keeper.round() is None
    since = bus.clock.wall() - timedelta(hours=3)
    async with room.transaction() as conn:
        await store.note_missed(conn, "main", 4, since)
        await store.note_missed(conn, "main", 3, bus.clock.wall())
    told = await keeper.round()
    assert told is not None
    assert "no webhook has told of a change since" in told
    assert (await post.jira(body_of("1"))).status_code == 200
    assert await keeper.round() is None, "a delivery that tells of a change ends the alarm"
    assert site.calls == []


async def test_it_looks_at_its_start_and_then_after_a_long_pause(room: RoomDatabase, bus: RecordingBus) -> None:
    site = FakeSite()
    keeper = Keeper(linked(room, bus, site))
    for _ in range(5):
        assert not await keeper.step()
    assert site.calls.count("hooks") == 1
    often = Keeper(linked(room, bus, site), round_seconds=0)
    await often.step()
    await often.step()
    assert site.calls.count("hooks") == 3


async def test_without_webhooks_in_the_settings_nothing_is_asked(room: RoomDatabase, bus: RecordingBus) -> None:
    site = FakeSite(Tracker.ASANA)
    keeper = Keeper(linked(room, bus, site, asana_settings(webhooks=None)))
    assert await keeper.step() is False
    assert await keeper.round() is None
    assert site.calls == []
