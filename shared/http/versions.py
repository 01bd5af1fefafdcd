"""Versions of objects on the wire: an ETag is the version of the root, quoted.

A proxy that compresses may weaken the tag or append the encoding to it; the version in it is still the version, so both
forms are understood on the way back.
"""

from __future__ import annotations

import re

from starlette.responses import Response

from shared.http.problems import Malformed

_TAG = re.compile(r'(?:W/)?"([0-9]{1,15})(?:-(?:gzip|zstd|br))?"')


class IfMatchMalformed(Malformed):
    slug = "if-match-malformed"
    title = 'If-Match takes one ETag as it was given: "7".'


def etag(version: int) -> str:
    """The ETag of a version."""
    return f'"{version}"'


def set_etag(response: Response, version: int) -> None:
    """Tell the client which version it sees, so that it can send it back in If-Match; of what is not stored yet none.

    An object that is not stored is shown with version 0, which no stored one has.
    """
    if version:
        response.headers["ETag"] = etag(version)


def expected_version(if_match: str | None) -> int | None:
    """The version that the client expects; None when it does not mind ("*", or no header). Raises IfMatchMalformed."""
    if if_match is None or if_match.strip() == "*":
        return None
    match = _TAG.fullmatch(if_match.strip())
    if match is None:
        raise IfMatchMalformed(field="If-Match")
    return int(match[1])


def is_current(if_none_match: str | None, version: int) -> bool:
    """Whether the client already has this version (answer 304 then)."""
    if if_none_match is None:
        return False
    return any(tag == str(version) for tag in _TAG.findall(if_none_match))
