"""The keeper of a connection's webhooks: they are there, they are renewed before they end, strays of ours are removed.

Promise: only webhooks at our own address for this connection are touched. One that was gone is made again, and a census
follows, because deliveries may have been lost. What does not work is kept as a sentence; polls go on meanwhile.
"""

import secrets
from typing import Final

import structlog

from schemas.work_items import Tracker
from services.connectors import hooks_store as store
from services.connectors.answers import answer_of
from services.connectors.hooks_plan import (
    WHOLE_SITE,
    Action,
    Address,
    Adopt,
    Create,
    Forget,
    Remove,
    Renew,
    Situation,
    failing,
    plan,
    quiet,
)
from services.connectors.linked import LinkedSite
from services.connectors.states import want_census
from services.connectors.tracker import HookFound, HookWanted
from services.runtime.errors import LeewayError, Misconfigured, Permanent

log = structlog.get_logger(__name__)

ROUND_SECONDS: Final = 600.0


class Keeper:
    """Looks after the webhooks of one connection; `step` is for a loop, `round` does it now."""

    def __init__(self, site: LinkedSite, *, round_seconds: float = ROUND_SECONDS) -> None:
        self._site = site
        self._round_seconds = round_seconds
        self._due: float | None = None
        self._covers = ""

    async def step(self) -> bool:
        """Look after the webhooks where it is time to."""
        now = self._site.clock.monotonic()
        if self._site.settings.webhooks is None or (self._due is not None and now < self._due):
            return False
        await self.round()
        self._due = now + self._round_seconds
        return False

    async def round(self) -> str | None:
        """Do all that is to be done; return and keep what is wrong, in a sentence. Raises `Transient`."""
        settings = self._site.settings.webhooks
        if settings is None:
            return None
        problem = await self._repaired(settings.address) if settings.register_ else None
        async with self._site.database.transaction() as conn:
            now = self._site.clock.wall()
            standing = await store.standing_of(conn, self._site.id)
            problem = problem or quiet(standing, settings.address, now)
            await store.note_looked(conn, self._site.id, problem, now)
        if problem is not None:
            log.warning("webhooks do not work", connection=self._site.id, problem=problem)
        return problem

    async def _repaired(self, base: str) -> str | None:
        """Bring the webhooks to what is wanted; return the first thing that could not be done."""
        address = Address(base, self._site.client.tracker, self._site.id)
        problem = None
        try:
            actions, problem = await self._plan(address)
            for action in actions:
                problem = await self._tried(address, action) or problem
        except (Misconfigured, Permanent) as error:
            problem = str(error)
        return problem

    async def _plan(self, address: Address) -> tuple[list[Action], str | None]:
        """Return what to do, and what the tracker complains of."""
        client = self._site.client
        is_jira = address.tracker is Tracker.JIRA
        scopes = [scope.id for scope in await answer_of(client.scopes())]
        self._covers = ",".join(sorted(scopes)) if is_jira else ""
        if is_jira and self._site.hook_secret is None:
            raise Misconfigured(
                f"Jira's webhooks of the connection `{self._site.id}` need a secret to sign with: "
                "name one as `secret` under its `webhooks`."
            )
        found = await answer_of(client.hooks())
        async with self._site.database.transaction() as conn:
            kept, keys = await store.kept_hooks(conn, self._site.id), await store.keys_of(conn, self._site.id)
        wanted, now = [WHOLE_SITE] if is_jira else scopes, self._site.clock.now()
        situation = Situation(address, wanted, found, kept, keys, now, self._covers)
        return plan(situation), failing(situation.ours(), now)

    async def _tried(self, address: Address, action: Action) -> str | None:
        """Do one thing. What cannot be done for one scope does not keep the others from theirs."""
        try:
            await self._do(address, action)
        except Permanent as error:
            return str(error)
        return None

    async def _do(self, address: Address, action: Action) -> None:
        match action:
            case Create():
                await self._create(address, action)
            case Renew():
                renewed = await answer_of(self._site.client.renew_hook(action.hook))
                await self._keep(action.scope, renewed, renewed=True)
            case Adopt():
                await self._keep(action.scope, action.hook)
            case Remove():
                await self._remove(address, action.hook)
            case Forget():
                async with self._site.database.transaction() as conn:
                    await store.forget_hook(conn, self._site.id, action.scope)

    async def _create(self, address: Address, action: Create) -> None:
        key = await self._new_key(action.scope) if address.tracker is Tracker.ASANA else None
        secret = self._site.hook_secret
        plain = secret.get_secret_value() if key is None and secret is not None else None
        try:
            wanted = HookWanted(action.scope or None, address.target(key))
            made = await answer_of(self._site.client.create_hook(wanted, plain))
            await self._refuse_unproven(address, key, made)
        except LeewayError:
            # It may be there all the same: then it is a stray with a key that nobody knows, and removed next time.
            await self._drop_key(key)
            raise
        await self._keep(action.scope, made, renewed=True, gap=action.again, key=key)
        log.info("webhook made", connection=self._site.id, scope=action.scope, again=action.again)

    async def _refuse_unproven(self, address: Address, key: str | None, made: HookFound) -> None:
        """Refuse a webhook whose handshake did not come here: somebody else answered it."""
        if key is None:
            return
        async with self._site.database.transaction() as conn:
            secret = await store.secret_of(conn, self._site.id, key)
        if secret is None:
            await answer_of(self._site.client.delete_hook(made))
            raise Misconfigured(
                f"{address.base} was reached by the tracker, but its handshake did not come to this Leeway: "
                f"correct `address` under the `webhooks` of the connection `{self._site.id}`."
            )

    async def _new_key(self, scope: str) -> str:
        key = secrets.token_urlsafe(32)
        async with self._site.database.transaction() as conn:
            await store.add_key(conn, self._site.id, key, scope, self._site.clock.wall())
        return key

    async def _drop_key(self, key: str | None) -> None:
        if key is not None:
            async with self._site.database.transaction() as conn:
                await store.drop_key(conn, key)

    async def _keep(
        self, scope: str, hook: HookFound, *, renewed: bool = False, gap: bool = False, key: str | None = None
    ) -> None:
        at = self._site.clock.now() if renewed else None
        async with self._site.database.transaction() as conn:
            await store.keep_hook(conn, self._site.id, scope, hook, covers=self._covers, renewed_at=at)
            if key is not None:
                await store.drop_other_keys(conn, self._site.id, scope, key)
            if gap:
                await want_census(conn, self._site.id, "a webhook was gone and has been made again")

    async def _remove(self, address: Address, hook: HookFound) -> None:
        try:
            await answer_of(self._site.client.delete_hook(hook))
        except Permanent as error:
            log.warning("a stray webhook stays", connection=self._site.id, hook=hook.id, error=str(error))
        await self._drop_key(address.key_of(hook.target))
