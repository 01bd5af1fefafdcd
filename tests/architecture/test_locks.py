"""The lock files: complete, hashed, and found wanting when they are not."""

from __future__ import annotations

import pytest
from packaging.requirements import Requirement

from infra import locks

PINNED = "packaging==26.3 \\\n    --hash=sha256:aa\n"


def faults(text: str, *asked: str) -> list[str]:
    return list(locks.shortcomings(text, [Requirement(one) for one in asked]))


@pytest.mark.parametrize("lock", locks.EXTRAS)
def test_the_locks_belong_to_the_project(lock: str) -> None:
    assert locks.faults(lock) == []


def test_a_complete_lock_has_no_fault() -> None:
    assert faults(PINNED, "packaging>=20") == []


def test_a_requirement_that_is_not_locked_is_a_fault() -> None:
    assert faults(PINNED, "packaging", "httpx") == ["httpx, which pyproject.toml asks for, is missing"]


def test_what_a_locked_package_needs_must_be_locked_too() -> None:
    lock = "pytest-timeout==2.4.0 \\\n    --hash=sha256:aa\n"
    assert "pytest, which pytest-timeout asks for, is missing" in faults(lock, "pytest-timeout")


def test_a_version_that_does_not_suit_is_a_fault() -> None:
    assert faults(PINNED, "packaging<20") == [
        "packaging is locked at 26.3, but pyproject.toml asks for <20",
        "packaging is locked, but nothing asks for it",
    ]


def test_a_package_nobody_asks_for_is_a_fault() -> None:
    assert faults(PINNED) == ["packaging is locked, but nothing asks for it"]


def test_a_package_without_hash_is_a_fault() -> None:
    assert faults("packaging==26.3\n", "packaging") == ["packaging has no hash"]


@pytest.mark.parametrize("line", ["--index-url https://index.example/simple", "packaging @ https://example.org/p.whl"])
def test_an_address_in_a_lock_is_a_fault(line: str) -> None:
    assert "line 3 names an address" in faults(PINNED + line + "\n", "packaging")
