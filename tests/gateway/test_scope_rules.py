"""Which roles go together, what they need, and who may give them."""

from __future__ import annotations

from typing import get_args

import pytest

from services.gateway.demo_accounts import DEMO_ACCOUNTS
from services.gateway.domain.scope import (
    MANAGED_BY,
    OUTSIDE_ROLES,
    STAFF_ROLES,
    RoleNotYoursToGive,
    RolesExclusive,
    Scope,
    ScopeIncomplete,
    ScopeNotWanted,
    check_may_give,
    checked,
    may_manage,
)
from shared.contracts import gateway as contracts
from shared.http import principal


def test_the_contract_and_the_principal_know_the_same_roles() -> None:
    assert set(get_args(contracts.Role)) == set(get_args(principal.Role))
    assert set(get_args(contracts.Role)) == OUTSIDE_ROLES | STAFF_ROLES


@pytest.mark.parametrize(
    "scope",
    [
        Scope(roles=("teacher",), school_urn="900001"),
        Scope(roles=("partnership-lead", "teacher", "school-approver"), school_urn="900001", partnership_id="p-1"),
        Scope(roles=("host-contact",), employer_id="e-1"),
        Scope(roles=("ambassador",)),
        Scope(roles=("ambassador",), employer_id="e-1"),
        Scope(roles=("programme-officer", "finance-officer")),
        Scope(roles=("auditor",)),
    ],
)
def test_a_whole_scope_is_taken_with_its_roles_in_order(scope: Scope) -> None:
    assert checked(scope).roles == tuple(sorted(scope.roles))


def test_a_role_given_twice_is_held_once() -> None:
    assert checked(Scope(roles=("operator", "operator"))).roles == ("operator",)


@pytest.mark.parametrize("role", ["teacher", "school-approver", "partnership-lead"])
def test_a_school_role_needs_a_school(role: contracts.Role) -> None:
    with pytest.raises(ScopeIncomplete) as refused:
        checked(Scope(roles=(role,)))
    assert refused.value.field == "school_urn"


def test_a_host_contact_needs_an_employer() -> None:
    with pytest.raises(ScopeIncomplete) as refused:
        checked(Scope(roles=("host-contact",)))
    assert refused.value.field == "employer_id"


@pytest.mark.parametrize(
    ("scope", "field"),
    [
        (Scope(roles=("operator",), school_urn="900001"), "school_urn"),
        (Scope(roles=("ambassador",), school_urn="900001"), "school_urn"),
        (Scope(roles=("teacher",), school_urn="900001", employer_id="e-1"), "employer_id"),
        (Scope(roles=("teacher",), school_urn="900001", partnership_id="p-1"), "partnership_id"),
    ],
)
def test_nobody_is_bound_to_what_no_role_of_theirs_acts_for(scope: Scope, field: str) -> None:
    with pytest.raises(ScopeNotWanted) as refused:
        checked(scope)
    assert refused.value.field == field


@pytest.mark.parametrize(
    "scope",
    [
        Scope(roles=("auditor", "operator")),
        Scope(roles=("programme-officer", "teacher"), school_urn="900001"),
        Scope(roles=("finance-officer", "host-contact"), employer_id="e-1"),
    ],
)
def test_who_checks_or_runs_the_programme_does_not_take_part_in_it(scope: Scope) -> None:
    with pytest.raises(RolesExclusive):
        checked(scope)


@pytest.mark.parametrize("manager", sorted(OUTSIDE_ROLES | STAFF_ROLES))
@pytest.mark.parametrize("held", sorted(OUTSIDE_ROLES | STAFF_ROLES))
def test_operators_manage_all_officers_the_outside_and_nobody_else_anything(
    manager: contracts.Role, held: contracts.Role
) -> None:
    allowed = manager == "operator" or (manager == "programme-officer" and held in OUTSIDE_ROLES)
    assert may_manage(frozenset({manager}), frozenset({held})) is allowed


def test_one_role_out_of_reach_puts_the_account_out_of_reach() -> None:
    assert not may_manage(frozenset({"programme-officer"}), frozenset({"ambassador", "operator"}))
    with pytest.raises(RoleNotYoursToGive):
        check_may_give(frozenset({"programme-officer"}), frozenset({"operator"}))


def test_only_staff_manage_access() -> None:
    assert set(MANAGED_BY) <= STAFF_ROLES


def test_the_demo_has_somebody_for_each_role_and_every_one_is_whole() -> None:
    roles = {role for account in DEMO_ACCOUNTS for role in checked(account.scope).roles}
    assert roles == set(get_args(contracts.Role))
    assert len({account.email for account in DEMO_ACCOUNTS}) == len(DEMO_ACCOUNTS)
    assert len({account.account_id for account in DEMO_ACCOUNTS}) == len(DEMO_ACCOUNTS)
