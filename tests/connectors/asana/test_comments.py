"""Comments of ours: found again by their author, written once, changed in place."""

import pytest

from services.connectors.refusals import Refused
from services.runtime.errors import Permanent, Transient
from services.sandbox.fault_kinds import Fault, FaultKind
from tests.connectors.asana.sites import served


async def test_only_our_own_comments_are_listed_and_all_of_them() -> None:
    async with served("Home") as at:
        (home,) = await at.client.scopes()
        gid = at.task(home.id)
        at.site.comment(gid, "Somebody else's", at.person)
        ours = [await at.client.add_comment(gid, f"Ours {number}\n[leeway:{number}]") for number in range(3)]
        for number in range(120):
            at.site.comment(gid, f"Noise {number}", at.person)
        ours.append(await at.client.add_comment(gid, "The last"))
        found = await at.client.comments(gid)
        assert [comment for comment, _ in found] == ours
        assert found[0][1] == "Ours 0\n[leeway:0]"


async def test_a_comment_is_changed_in_place() -> None:
    async with served("Home") as at:
        (home,) = await at.client.scopes()
        gid = at.task(home.id)
        comment = await at.client.add_comment(gid, 'Is it still on? <b>& "so"</b>')
        await at.client.edit_comment(gid, comment, "It is.")
        assert await at.client.comments(gid) == ((comment, "It is."),)


async def test_a_comment_whose_answer_is_lost_is_there_once() -> None:
    async with served("Home") as at:
        (home,) = await at.client.scopes()
        gid = at.task(home.id)
        for kind in (FaultKind.RESET, FaultKind.BAD_GATEWAY):
            at.faults.clear()
            at.faults.switch_on(Fault(kind=kind, path="/stories", methods=("POST",), acts=True))
            with pytest.raises(Transient):
                await at.client.add_comment(gid, f"Once {kind}")
        assert len(await at.client.comments(gid)) == 2


async def test_a_task_that_is_gone_takes_no_comment_and_trying_again_does_not_help() -> None:
    async with served("Home") as at:
        (home,) = await at.client.scopes()
        gid = at.task(home.id)
        comment = await at.client.add_comment(gid, "Hello")
        at.site.delete(gid, at.person)
        for writing in (at.client.add_comment(gid, "Hello"), at.client.edit_comment(gid, comment, "Hello")):
            with pytest.raises(Permanent):
                await writing
        with pytest.raises(Refused):
            await at.client.comments(gid)
