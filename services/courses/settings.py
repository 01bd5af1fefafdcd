"""What courses needs to know beyond what every service does, from the environment."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class CoursesSettings(BaseSettings):
    """CREDENTIAL_KEY_FILE: the private keys that credentials are signed with. PUBLIC_URL: where people and programs
    reach the edge, which every identifier of a credential begins with: what a request says of it is not signed. Without
    both no credential is. CREDENTIAL_ISSUER: the name under which they are issued.
    """

    model_config = SettingsConfigDict(extra="ignore")
    credential_key_file: Path | None = None
    credential_issuer: str = Field(default="STEM partnerships", min_length=1, max_length=200)
    public_url: str | None = Field(default=None, pattern=r"^https?://[^/?#\s]+$")


@cache
def courses_settings() -> CoursesSettings:
    """The settings, read once."""
    return CoursesSettings()
