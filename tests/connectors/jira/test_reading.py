"""What is read from a site that stands in for Jira equals what the site holds, on Cloud and on Data Center."""

from datetime import timedelta

import pytest

from schemas.work_items import Absence, ActorKind
from services.connectors.tracker import Gone, Scope
from services.runtime.errors import Misconfigured
from tests.connectors.jira.standing_in import BO, KINDS, TODAY, company

both = pytest.mark.parametrize("kind", KINDS)


@both
async def test_the_first_reading_brings_all_items_with_their_whole_history(kind: str) -> None:
    async with company(kind) as found:
        assert len(found.site.issues) > 150
        assert await found.all() == found.truth()


@both
async def test_more_histories_and_comments_than_an_answer_holds_come_all_the_same(kind: str) -> None:
    """Trap 8: an answer is cut at 40 or 100 histories and at 20 comments, without a word."""
    async with company(kind) as found:
        found.site.limits_writes = False
        id_ = found.some()
        for number in range(130):
            found.later(minutes=1)
            found.site.edit(id_, {"summary": f"Title {number}"}, BO)
            found.site.comment(id_, f"Word {number}", BO)
        fetched = await found.client.fetch([id_])
        truth = found.truth([id_])
        assert len(truth[id_][1]) >= 260
        assert {id_: found.mapped(fetched.raws[0])} == truth
        assert (await found.all())[id_] == truth[id_]


async def test_an_issues_histories_that_are_spread_over_pages_are_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trap 9: one issue's histories go on on the next page, and dates may be numbers."""
    monkeypatch.setattr("services.connectors.jira.fetching.HISTORIES", 40)
    async with company() as found:
        found.site.epoch_changelogs = True
        assert await found.all() == found.truth()


@both
async def test_items_are_fetched_by_id_with_all_that_they_have(kind: str) -> None:
    async with company(kind) as found:
        ids = list(found.site.issues)[:90]
        fetched = await found.client.fetch(ids)
        assert {raw["id"]: found.mapped(raw) for raw in fetched.raws} == found.truth(ids)
        assert fetched.gone == ()


@both
async def test_what_is_deleted_and_what_is_hidden_are_both_unreachable(kind: str) -> None:
    """Trap 14: both look absent; only an event of deletion says more, and that the engine hears."""
    async with company(kind) as found:
        deleted, kept, hidden = found.some("GROW"), found.some("PLAT"), found.some("MOB")
        found.site.delete(deleted, BO)
        found.site.hide("MOB")
        fetched = await found.client.fetch([deleted, kept, hidden])
        assert [raw["id"] for raw in fetched.raws] == [kept]
        assert set(fetched.gone) == {Gone(deleted, Absence.UNREACHABLE), Gone(hidden, Absence.UNREACHABLE)}
        assert (await found.client.fetch([deleted])).gone == (Gone(deleted, Absence.UNREACHABLE),)
        found.site.show("MOB")
        assert len((await found.client.fetch([hidden])).raws) == 1


@both
async def test_a_moved_issue_keeps_its_id_and_outside_the_projects_that_are_read_it_has_moved_away(kind: str) -> None:
    """Trap 13: the key changes with the project; the id never does."""
    async with company(kind) as found:
        id_ = found.some("GROW")
        found.site.move(id_, "MOB", BO)
        [raw] = (await found.client.fetch([id_])).raws
        assert (raw["id"], raw["key"].split("-")[0]) == (id_, "MOB")
    async with company(kind, projects=["GROW", "PLAT"]) as found:
        id_ = found.some("GROW")
        found.site.move(id_, "MOB", BO)
        assert (await found.client.fetch([id_])).gone == (Gone(id_, Absence.MOVED),)


@both
async def test_the_poll_lists_what_changed_oldest_first_by_a_lower_bound_in_milliseconds(kind: str) -> None:
    """Traps 6 and 7: an instant without a zone would be read in the account's; an upper bound starves busy issues."""
    async with company(kind) as found:
        found.site.time_zone = "Pacific/Auckland"
        scopes = await found.client.scopes()
        newest = await found.client.high_water(scopes)
        assert newest is not None
        changed = list(found.site.issues)[10:14]
        for id_ in changed:
            found.later(seconds=30)
            found.site.comment(id_, "Any news?", BO)
        since = found.client.since_of(newest, 0)
        listed = await found.changed(since)
        assert [id_ for id_ in listed if id_ in changed] == changed
        assert await found.changed(str(int(await found.client.high_water(scopes) or 0) + 1)) == []
        everything = await found.changed("0")
        assert sorted(everything) == sorted(found.site.issues)


@both
async def test_the_overlap_finds_again_what_the_index_had_not_yet(kind: str) -> None:
    """Trap 5: the index lags; the watermark passes an issue that it has not shown yet."""
    async with company(kind, lag=60) as found:
        late, early = found.some("GROW"), found.some("MOB")
        found.later(seconds=30)
        found.site.comment(late, "Done.", BO)
        scopes = await found.client.scopes()
        before = await found.client.high_water(scopes)
        found.later(seconds=90)
        found.site.comment(early, "Soon.", BO)
        assert before is not None
        assert late in await found.changed(found.client.since_of(before, 600))


@both
async def test_the_census_counts_all_and_its_versions_are_those_of_the_items(kind: str) -> None:
    async with company(kind) as found:
        listed: dict[str, str] = {}
        for scope in await found.client.scopes():
            page = await found.client.census_page(scope, None)
            listed |= {one.id: one.version for one in page.items}
        assert listed.keys() == found.site.issues.keys()
        ids = list(listed)[:50]
        for raw in (await found.client.fetch(ids)).raws:
            assert found.client.version_of(raw) == listed[found.client.id_of(raw)]


@both
async def test_a_project_that_went_out_of_sight_does_not_spoil_the_others(kind: str) -> None:
    """One project that cannot be seen makes the whole query a 400."""
    async with company(kind) as found:
        scopes = await found.client.scopes()
        found.site.hide("MOB")
        seen = await found.client.changed_page(scopes, "0", None)
        assert {found.site.key_of(each.id).split("-")[0] for each in seen.items} == {"DATA", "GROW", "PLAT"}
        [mobile] = [scope for scope in scopes if scope.key == "MOB"]
        assert (await found.client.census_page(mobile, None)).items == ()
        for key in ("DATA", "GROW", "PLAT"):
            found.site.hide(key)
        assert (await found.client.changed_page(scopes, "0", None)).items == ()


@both
async def test_a_site_without_items_has_no_high_water(kind: str) -> None:
    async with company(kind) as found:
        while found.site.issues:
            found.site.delete(next(iter(found.site.issues)), BO)
        scopes = await found.client.scopes()
        assert await found.client.high_water(scopes) is None
        assert (await found.client.backfill_page(scopes[0], None)).raws == ()


async def test_data_center_steps_back_where_issues_before_the_page_went_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.connectors.jira.listing.WHOLE_SIZE", 30)
    async with company("datacenter") as found:
        [scope] = [each for each in await found.client.scopes() if each.key == "GROW"]
        page = await found.client.backfill_page(scope, None)
        assert page.cursor is not None
        found.client._listing.close()  # as after a restart: nothing is read ahead
        read = {raw["id"] for raw in page.raws}
        for id_ in sorted(read)[:3]:
            found.site.delete(id_, BO)
        while page.cursor is not None:
            page = await found.client.backfill_page(scope, page.cursor)
            read |= {raw["id"] for raw in page.raws}
        still = {id_ for id_ in found.site.issues if found.site.key_of(id_).startswith("GROW-")}
        assert still <= read


@both
async def test_a_page_tells_how_many_issues_its_project_has(kind: str) -> None:
    async with company(kind) as found:
        [scope] = [each for each in await found.client.scopes() if each.key == "PLAT"]
        page = await found.client.backfill_page(scope, None)
        assert page.total == sum(found.site.key_of(id_).startswith("PLAT-") for id_ in found.site.issues)


async def test_an_epic_link_holds_a_key_only_and_the_epics_id_is_asked_for() -> None:
    async with company("datacenter") as found:
        items = {id_: item for id_, (item, _) in (await found.all()).items()}
        children = [item for item in items.values() if item.epic_key]
        assert children, "the company has epics"
        for item in children:
            assert item.epic is not None
            assert items[item.epic.rpartition(":")[2]].key == item.epic_key


async def test_our_own_writes_and_those_of_apps_are_no_touch() -> None:
    """Trap 20: what Leeway writes comes back as a change of the item."""
    async with company() as found:
        id_ = found.some()
        found.later(hours=5)
        await found.client.add_comment(id_, "Is this still on?")
        [raw] = (await found.client.fetch([id_])).raws
        item, changes = found.mapped(raw)
        assert changes[-1].by is None or {change.by.kind for change in changes if change.by} >= {ActorKind.LEEWAY}
        assert item.touched < TODAY + timedelta(hours=5)


async def test_jira_has_no_stream_of_events_and_no_goals() -> None:
    async with company() as found:
        assert await found.client.events_page(Scope("1", "Any"), None) is None
        assert await found.client.goals() == ()


async def test_a_configured_project_that_is_hidden_is_told() -> None:
    async with company(projects=["GROW", "MOB"]) as found:
        found.site.hide("MOB")
        with pytest.raises(Misconfigured, match="MOB"):
            await found.client.scopes()


@both
async def test_the_catalogue_tells_fields_statuses_link_types_and_open_epics(kind: str) -> None:
    async with company(kind) as found:
        told = await found.client.catalogue(await found.client.scopes())
        assert {"Sprint"} <= {each.name for each in told.fields}
        assert {"To Do", "In Progress", "Done"} <= {each.name.title() for each in told.statuses}
        assert ("is blocked by", "blocks") in {(each.inward, each.outward) for each in told.link_types}
        assert all(each.projects and each.key and each.key.startswith(each.projects[0]) for each in told.gatherings)
        assert told.gatherings
