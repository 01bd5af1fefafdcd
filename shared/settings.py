"""What a service process needs to know, from its environment. Read when the process starts, never at import."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Each field is the environment variable of the same name in capitals.

    RATE_LIMIT: requests a minute for one caller, 0 for no limit. TRUSTED_PROXIES: addresses or networks, separated by
    commas, whose X-Forwarded-For is believed. LEAVE_SECONDS: how long a stopping process still answers, so that the
    edge notices first. STOP_SECONDS: the bound for stopping altogether.
    """

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    mongodb_uri: str = ""
    mongodb_database: str = ""
    kafka_bootstrap: str = ""
    kafka_copies: int = Field(default=1, ge=1)
    token_jwks_file: Path | None = None
    token_issuer: str = "stem-gateway"  # noqa: S105 - a name
    token_audience: str = "stem"  # noqa: S105 - a name
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["json", "text"] = "json"
    rate_limit: int = Field(default=6000, ge=0)
    trusted_proxies: str = "127.0.0.1"
    leave_seconds: float = Field(default=2.5, ge=0, le=30)
    stop_seconds: float = Field(default=20.0, ge=1, le=300)

    @classmethod
    def given(cls, **values: Any) -> Settings:
        """Settings of these values and the defaults, whatever the environment says: for tests and tools."""
        return cls.model_construct(**values)

    def missing(self) -> list[str]:
        """The variables that a running service cannot do without and that are not set."""
        wanted = {
            "MONGODB_URI": self.mongodb_uri,
            "KAFKA_BOOTSTRAP": self.kafka_bootstrap,
            "TOKEN_JWKS_FILE": self.token_jwks_file,
        }
        return [name for name, value in wanted.items() if not value]
