"""The stages of the story, told once for all tests of a file."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest
from joserfc.jwk import ECKey

from services.courses.settings import courses_settings
from services.gateway.passwords import Passwords
from tests.authorisation.stages import Stages
from tests.gateway.conftest import forget


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The environment of a gateway with demo accounts and quick hashes."""
    file = tmp_path_factory.mktemp("keys") / "signing.json"
    file.write_text(json.dumps({"keys": [ECKey.generate_key("P-256", auto_kid=True).as_dict(private=True)]}))
    quick = Passwords(memory_kib=8, rounds=1)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("TOKEN_SIGNING_KEY_FILE", str(file)), ("DEMO_ACCOUNTS", "1"), ("SIGN_IN_RATE", "0")):
            patch.setenv(name, value)
        patch.setenv("CREDENTIAL_KEY_FILE", str(file))
        patch.setenv("PUBLIC_URL", "http://stem.example")
        for module in ("tokens", "accounts", "start"):
            patch.setattr(f"services.gateway.use_cases.{module}.passwords", lambda: quick)
        forget()
        courses_settings.cache_clear()
        yield
    forget()
    courses_settings.cache_clear()


@pytest.fixture(scope="module")
async def stages(surroundings: None) -> AsyncIterator[Stages]:
    """Each stage when it is first asked for."""
    async with AsyncExitStack() as worlds:
        yield Stages(worlds)
