"""What the tree promises a newcomer: the same names everywhere, forward only, a pure domain."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent.parent
SERVICES = sorted(folder.parent for folder in (REPOSITORY / "services").glob("*/__init__.py"))
SOURCES = sorted(
    file for package in ("shared", "services", "infra", "tests") for file in (REPOSITORY / package).rglob("*.py")
)

SERVICE_NAMES = {"__init__", "app", "api", "reactions", "use_cases", "domain", "store", "views"}
# What only one service has, because of what it does.
OWN_NAMES = {
    # It alone signs people in, describes the whole API, and has pages to read.
    "gateway": {"demo_accounts", "passwords", "settings", "signing"}
    | {"catalogue", "description", "edge", "examples", "pages"},
    "courses": {"policies", "settings", "signing"},  # dated rules as data: cancellation tiers, bank holidays
    "placements": {"policies"},  # dated rules as data: periods, day rates, reason codes, texts of the agreement
    "ambassadors": {"policies"},  # dated rules as data: periods, weights, levels of checks
}
MEANINGLESS = {"utils", "util", "helpers", "helper", "common", "base", "manager", "core", "misc"}
LONGEST_FILE = 400

# A layer may import those with a higher number, and itself. app.py puts all of them together.
LAYERS = {"app": 0, "api": 1, "reactions": 1, "use_cases": 2, "views": 2, "store": 3, "domain": 4}

PURE = {"pydantic", "typing_extensions"} | set(sys.stdlib_module_names)
IMPURE = {"asyncio", "threading", "subprocess", "socket", "random", "secrets", "uuid", "time", "os", "logging"}
PURE_SHARED = ("shared.decision", "shared.refusals", "shared.contracts", "shared.transitions", "shared.position")


def imports_of(file: Path) -> Iterator[str]:
    """The modules a file imports, by full name."""
    for node in ast.walk(ast.parse(file.read_text(), str(file))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module in ("shared", "services") or (
                node.module.count(".") == 1 and node.module.startswith("services.")
            ):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
            else:
                yield node.module


def name_of(file: Path) -> str:
    return str(file.relative_to(REPOSITORY))


def layer_of(module: str, service: str) -> str:
    """`services.courses.domain.booking` → domain; empty for modules of elsewhere."""
    prefix = f"services.{service}."
    return module.removeprefix(prefix).split(".")[0] if module.startswith(prefix) else ""


@pytest.mark.parametrize("service", SERVICES, ids=lambda folder: folder.name)
def test_every_service_has_the_same_file_names(service: Path) -> None:
    names = {entry.stem for entry in service.iterdir() if entry.name != "__pycache__"}
    assert not names - SERVICE_NAMES - OWN_NAMES.get(service.name, set()), (
        f"a service consists of {sorted(SERVICE_NAMES)}"
    )
    assert {"app", "api", "use_cases", "domain"} <= names


@pytest.mark.parametrize("service", SERVICES, ids=lambda folder: folder.name)
def test_a_service_imports_forward_only(service: Path) -> None:
    backward = [
        f"{name_of(file)} imports {module}"
        for file in service.rglob("*.py")
        for module in imports_of(file)
        if (own := layer_of(".".join(file.relative_to(REPOSITORY).with_suffix("").parts), service.name)) in LAYERS
        and (other := layer_of(module, service.name)) in LAYERS
        and LAYERS[other] < LAYERS[own]
    ]
    assert not backward, "api → use_cases → domain"


@pytest.mark.parametrize("service", SERVICES, ids=lambda folder: folder.name)
def test_the_domain_is_pure(service: Path) -> None:
    files = [*(service / "domain").rglob("*.py"), *service.glob("domain.py")]
    assert files
    impure = [
        f"{name_of(file)} imports {module}"
        for file in files
        for module in imports_of(file)
        if not is_pure(module, service)
    ]
    waiting = [
        name_of(file)
        for file in files
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.AsyncFunctionDef | ast.Await)
    ]
    assert not impure
    assert not waiting, "the domain decides, it does not wait"


def is_pure(module: str, service: Path) -> bool:
    root = module.split(".")[0]
    return (
        (root in PURE and root not in IMPURE)
        or module.startswith((f"services.{service.name}.domain", *PURE_SHARED))
        or root == "__future__"
    )


@pytest.mark.parametrize("package", ["shared", "services", "infra", "tests"])
def test_names_are_words_of_the_domain(package: str) -> None:
    paths = [path for path in (REPOSITORY / package).rglob("*") if "__pycache__" not in path.parts]
    assert paths
    assert not [name_of(path) for path in paths if path.stem in MEANINGLESS]


def test_no_source_file_is_too_long_to_read() -> None:
    lengths = {name_of(file): file.read_text().count("\n") for file in SOURCES}
    assert not {name: length for name, length in lengths.items() if length > LONGEST_FILE}


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        name_of(file) for file in SOURCES if (text := file.read_text()) and not ast.get_docstring(ast.parse(text))
    ]
    assert not silent


def test_no_source_file_names_a_path_of_one_machine() -> None:
    assert not [name_of(file) for file in SOURCES if "/" + "work/" in file.read_text()]
