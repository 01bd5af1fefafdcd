"""All scenarios, in the order in which they are run. Their controls come after all of them."""

from __future__ import annotations

from tests.faults.away import AWAY
from tests.faults.crashing import CRASHING_SAGA
from tests.faults.cutting import CUTTING
from tests.faults.expiring import EXPIRING
from tests.faults.failing import FAILING
from tests.faults.killing import KILLING
from tests.faults.pausing import PAUSING
from tests.faults.poisoning import POISONING
from tests.faults.repeating import REPEATING
from tests.faults.replicas import REPLICAS
from tests.faults.rereading import REREADING
from tests.faults.scenarios import Scenario
from tests.faults.spending import SPENDING
from tests.faults.sticking import STICKING
from tests.faults.stopping import STOPPING
from tests.faults.wiping import WIPING

ORDER = (
    KILLING,
    REPEATING,
    REREADING,
    STOPPING,
    PAUSING,
    AWAY,
    STICKING,
    CUTTING,
    FAILING,
    POISONING,
    EXPIRING,
    WIPING,
    SPENDING,
    CRASHING_SAGA,
    REPLICAS,
)
"""The control of crashing leaves no money, and one of replicas no sound store: they come last."""
SCENARIOS: dict[str, Scenario] = {scenario.name: scenario for scenario in ORDER}
