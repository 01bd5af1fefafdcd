"""What the gateway reacts to: nothing. Rights are given by people, never by events."""

from __future__ import annotations

from shared.subscriptions import Subscription

REACTIONS: tuple[Subscription, ...] = ()
