"""What the gateway needs to know beyond what every service does, from the environment."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class GatewaySettings(BaseSettings):
    """TOKEN_SIGNING_KEY_FILE: the private keys. PUBLIC_URL: where people and programs reach the edge, when what a
    request says of it cannot be trusted. DEMO_ACCOUNTS: make the accounts of `demo_accounts` at start.

    SIGN_IN_RATE: token requests a minute for one e-mail address, client or sign-in; 0 is no limit. (RATE_LIMIT, which
    every service has, is for one network address.)
    """

    model_config = SettingsConfigDict(extra="ignore")
    token_signing_key_file: Path
    token_issuer: str = "stem-gateway"  # noqa: S105 - a name
    token_audience: str = "stem"  # noqa: S105 - a name
    public_url: str | None = Field(default=None, pattern=r"^https?://[^/?#\s]+$")
    demo_accounts: bool = False
    sign_in_rate: int = Field(default=30, ge=0)

    @model_validator(mode="after")
    def _refuse_demo_in_public(self) -> Self:
        if self.demo_accounts and (self.public_url or "").startswith("https:"):
            raise ValueError("DEMO_ACCOUNTS have a password that everybody knows: not behind a public https address")
        return self


@cache
def gateway_settings() -> GatewaySettings:
    """The settings, read once. Raises ValidationError when they are incomplete."""
    return GatewaySettings()
