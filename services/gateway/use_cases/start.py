"""What the gateway does when it starts: see that it can sign, make the demo accounts where they are wanted, and have
the description of the whole API ready before somebody asks."""

from __future__ import annotations

import asyncio
import threading
from datetime import datetime

import structlog

from services.gateway.demo_accounts import DEMO_ACCOUNTS, DEMO_PASSWORD, DemoAccount
from services.gateway.description import whole_api
from services.gateway.domain import account as rules
from services.gateway.domain.account import Account, NewPassword
from services.gateway.domain.scope import checked
from services.gateway.passwords import passwords
from services.gateway.settings import gateway_settings
from services.gateway.signing import issuer
from shared.commit import AlreadyExists
from shared.decision import Decision, Documents
from shared.work import Work

log = structlog.get_logger("gateway")


async def check_signing_key(_work: Work) -> None:
    """Raises SigningKeyUnusable: without a key there is nothing to be ready for."""
    keys = issuer().keys
    log.info("signing keys read", keys=len(keys), signs_with=keys[0].kid)


async def make_demo_accounts(work: Work) -> None:
    """Make those that are not there; change none. One password, so one hash."""
    if not gateway_settings().demo_accounts:
        return
    wanted = {account.account_id: account for account in DEMO_ACCOUNTS}
    there = await work.collection(Account).find({"id": {"$in": list(wanted)}})
    missing = [account for key, account in wanted.items() if key not in {found.id for found in there}]
    if not missing:
        return
    password = NewPassword(hash=await passwords().hash(DEMO_PASSWORD), temporary=False)
    await asyncio.gather(*(_make(work, account, password) for account in missing))
    log.warning("demo accounts made: anybody may sign in with their password", accounts=len(missing))


async def begin_description(_work: Work) -> None:
    """Describe the API beside everything else: nothing waits for it but who asks for it too early."""
    threading.Thread(target=_describe, name="description", daemon=True).start()


def _describe() -> None:
    try:
        whole_api()
    except Exception:
        log.exception("the API's description cannot be made")


async def _make(work: Work, demo: DemoAccount, password: NewPassword) -> None:
    def decide(account: Account | None, _documents: Documents, now: datetime) -> Decision[Account]:
        if account is not None:
            return Decision(account)
        return rules.register(demo.account_id, demo.email, password, checked(demo.scope), now)

    try:
        await work.create_or_change(Account, demo.account_id, decide)
    except AlreadyExists:
        log.info("demo account left out: its address belongs to another account", account_id=demo.account_id)
