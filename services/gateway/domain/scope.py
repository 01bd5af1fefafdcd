"""Roles, and for whom they act: which role needs a school or an employer, and who may manage whose access.

A scope is checked whole, so that no token can ever say "teacher" without saying of which school.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from shared.contracts.gateway import Role
from shared.refusals import Forbidden, Invalid

SCHOOL_ROLES: frozenset[Role] = frozenset({"teacher", "school-approver", "partnership-lead"})
OUTSIDE_ROLES: frozenset[Role] = SCHOOL_ROLES | {"host-contact", "ambassador"}
STAFF_ROLES: frozenset[Role] = frozenset({"programme-officer", "finance-officer", "operator", "auditor"})

MANAGED_BY: dict[Role, frozenset[Role]] = {
    "operator": OUTSIDE_ROLES | STAFF_ROLES,
    "programme-officer": OUTSIDE_ROLES,
}
"""Who may register and change accounts with which roles. Nobody else manages access."""


class ScopeIncomplete(Invalid):
    slug = "scope-incomplete"
    title = "This role acts for a school or an employer: say which."


class ScopeNotWanted(Invalid):
    slug = "scope-not-wanted"
    title = "None of these roles acts for the school, employer or partnership that is given."


class RolesExclusive(Invalid):
    slug = "roles-exclusive"
    title = "These roles may not be held together."


class RoleNotYoursToGive(Forbidden):
    slug = "role-not-yours-to-give"
    title = "You may not manage accounts that hold this role."


class Scope(BaseModel):
    """What an account or API client may do, and for whom."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    roles: tuple[Role, ...]
    school_urn: str | None = None
    employer_id: str | None = None
    partnership_id: str | None = None

    @property
    def held(self) -> frozenset[Role]:
        """The roles as a set."""
        return frozenset(self.roles)


def checked(scope: Scope) -> Scope:
    """The scope with its roles in order and each once. Raises ScopeIncomplete, ScopeNotWanted, RolesExclusive."""
    held = scope.held
    _check_exclusive(held)
    _check_bond(scope.school_urn, "school_urn", needed=held & SCHOOL_ROLES, wanted=held & SCHOOL_ROLES)
    _check_bond(
        scope.employer_id,
        "employer_id",
        needed=held & {"host-contact"},
        wanted=held & {"host-contact", "ambassador"},
    )
    _check_bond(scope.partnership_id, "partnership_id", needed=frozenset(), wanted=held & {"partnership-lead"})
    return scope.model_copy(update={"roles": tuple(sorted(held))})


def _check_exclusive(held: frozenset[Role]) -> None:
    if "auditor" in held and len(held) > 1:
        raise RolesExclusive("An auditor reads everything and so holds no role that changes anything.", field="roles")
    if held & STAFF_ROLES and held & OUTSIDE_ROLES:
        raise RolesExclusive("Who runs the programme does not act for a school or an employer in it.", field="roles")


def _check_bond(value: str | None, field: str, *, needed: frozenset[Role], wanted: frozenset[Role]) -> None:
    if value is None and needed:
        raise ScopeIncomplete(f"{', '.join(sorted(needed))} needs {field}.", field=field)
    if value is not None and not wanted:
        raise ScopeNotWanted(f"{field} is given, but no role that acts for one.", field=field)


def may_manage(manager: frozenset[Role], held: frozenset[Role]) -> bool:
    """Whether somebody with the roles `manager` may register or change an account with the roles `held`."""
    return any(held <= managed for role, managed in MANAGED_BY.items() if role in manager)


def check_may_give(manager: frozenset[Role], held: frozenset[Role]) -> None:
    """Raises RoleNotYoursToGive."""
    if not may_manage(manager, held):
        raise RoleNotYoursToGive(field="roles", roles=sorted(held))
