"""What is in the layers of an image, those of its base aside."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of a layer."""

    path: str
    content: bytes


def files_in(saved: Path, known: frozenset[str]) -> Iterator[Kept]:
    """Every file of a `docker save`, but for the layers whose digests are known."""
    with tarfile.open(saved) as image:
        (manifest,) = json.load(_member(image, "manifest.json"))
        config: dict[str, Any] = json.load(_member(image, manifest["Config"]))
        for layer, digest in zip(manifest["Layers"], config["rootfs"]["diff_ids"], strict=True):
            if digest not in known:
                with tarfile.open(fileobj=io.BytesIO(_member(image, layer).read())) as files:
                    yield from _files(files)


def _files(layer: tarfile.TarFile) -> Iterator[Kept]:
    for entry in layer:
        content = layer.extractfile(entry) if entry.isfile() else None
        if content is not None:
            yield Kept(f"/{entry.name}", content.read())


def _member(image: tarfile.TarFile, name: str) -> io.BufferedReader:
    found = image.extractfile(name)
    assert isinstance(found, io.BufferedReader), name
    return found
