"""A sign-in that lasts: refresh tokens that are used once each and replace one another.

Only the hash of the latest token is kept. Whoever comes with an earlier one, owner or thief, shows that there are two
copies: the sign-in ends for both.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from enum import StrEnum

from shared.contracts.gateway import RefreshTokenReused
from shared.decision import Decision, Root
from shared.transitions import Table, Transition

TOKEN_LASTS = timedelta(days=14)
SIGN_IN_LASTS = timedelta(days=90)
"""After this the password is asked for again, however often the token was refreshed."""


class SignInStatus(StrEnum):
    """Whether it can be refreshed. `reused` ended because a token came twice."""

    LIVE = "live"
    ENDED = "ended"
    REUSED = "reused"


SIGN_IN = Table(
    (
        Transition(SignInStatus.LIVE, "refresh", "holder", SignInStatus.LIVE),
        Transition(SignInStatus.LIVE, "end", "holder", SignInStatus.ENDED),
        Transition(SignInStatus.LIVE, "notice-reuse", "system", SignInStatus.REUSED),
        Transition(SignInStatus.ENDED, "end", "holder", SignInStatus.ENDED),
        Transition(SignInStatus.REUSED, "end", "holder", SignInStatus.REUSED),
    )
)


class SignIn(Root):
    """One sign-in of one account. `token_hash` is the SHA-256 of the refresh token that may come next."""

    collection = "sign_ins"
    account_id: str
    status: SignInStatus
    token_hash: str
    refreshed: int = 0
    began_at: datetime
    token_ends_at: datetime
    ends_at: datetime

    def is_over(self, now: datetime) -> bool:
        """Whether its time has run out."""
        return now >= min(self.token_ends_at, self.ends_at)


def begin(sign_in_id: str, account_id: str, token_hash: str, proved_at: datetime) -> Decision[SignIn]:
    """A new sign-in with its first token. It counts from when the password was read, so that one which is changed
    while somebody signs in with it ends that sign-in too."""
    sign_in = SignIn(
        id=sign_in_id,
        account_id=account_id,
        status=SignInStatus.LIVE,
        token_hash=token_hash,
        began_at=proved_at,
        token_ends_at=proved_at + TOKEN_LASTS,
        ends_at=proved_at + SIGN_IN_LASTS,
    )
    return Decision(sign_in, sign_in)


def refresh(sign_in: SignIn, shown_hash: str, next_hash: str, now: datetime) -> Decision[SignIn | None]:
    """Take the token and put the next one in its place; the reply is None where it is refused.

    A refusal is no exception here, because noticing a reused token changes the sign-in and has to be committed.
    """
    if sign_in.status is not SignInStatus.LIVE or sign_in.is_over(now):
        return Decision(None)
    if not is_latest(sign_in, shown_hash):
        after = sign_in.model_copy(update={"status": SIGN_IN.next(sign_in.status, "notice-reuse")})
        return Decision(None, after, (), (RefreshTokenReused(sign_in_id=sign_in.id, account_id=sign_in.account_id),))
    after = sign_in.model_copy(
        update={
            "status": SIGN_IN.next(sign_in.status, "refresh"),
            "token_hash": next_hash,
            "refreshed": sign_in.refreshed + 1,
            "token_ends_at": now + TOKEN_LASTS,
        }
    )
    return Decision(after, after)


def is_latest(sign_in: SignIn, shown_hash: str) -> bool:
    """Whether this is the token that may come next."""
    return hmac.compare_digest(sign_in.token_hash, shown_hash)


def end(sign_in: SignIn) -> Decision[SignIn]:
    """The holder is done with it. Ending it again changes nothing."""
    status = SIGN_IN.next(sign_in.status, "end")
    if status is sign_in.status:
        return Decision(sign_in)
    after = sign_in.model_copy(update={"status": status})
    return Decision(after, after)
