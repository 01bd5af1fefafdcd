"""All scenarios, in the order in which they are run. Controls come after them, in the same order."""

from __future__ import annotations

from tests.faults.away import AWAY
from tests.faults.crashing import CRASHING_SAGA
from tests.faults.cutting import CUTTING
from tests.faults.killing import KILLING
from tests.faults.pausing import PAUSING
from tests.faults.poisoning import POISONING
from tests.faults.replicas import REPLICAS
from tests.faults.rereading import REREADING
from tests.faults.scenarios import Scenario
from tests.faults.stopping import STOPPING
from tests.faults.wiping import WIPING

ORDER = (KILLING, REREADING, STOPPING, PAUSING, AWAY, CRASHING_SAGA, POISONING, CUTTING, WIPING, REPLICAS)
"""Replicas come last: their control leaves a store that cannot be used any more."""
SCENARIOS: dict[str, Scenario] = {scenario.name: scenario for scenario in ORDER}
