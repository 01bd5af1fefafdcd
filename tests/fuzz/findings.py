"""What rounds of random requests have come to: how often each operation was asked, how it answered, what broke."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from schemathesis.core.transport import Response
from schemathesis.engine import Status, events
from schemathesis.engine.recorder import ScenarioRecorder

UNAVAILABLE: Final = 503
"""By this an overloaded service says that it is not there just now."""

UNANSWERED: Final = 0
"""Stands for the status of a request that got no answer at all."""


def _answers() -> defaultdict[str, Counter[int]]:
    return defaultdict(Counter)


@dataclass(slots=True)
class Findings:
    """What one or more rounds have come to. `statuses` are by operation, "GET /api/pots"; `reasons` say why a service
    was not there."""

    role: str
    seed: int
    cases: int = 0
    statuses: defaultdict[str, Counter[int]] = field(default_factory=_answers)
    phases: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    broken: dict[str, str] = field(default_factory=dict)

    @property
    def answers(self) -> Counter[int]:
        """How often each status was answered, whatever was asked."""
        return sum(self.statuses.values(), Counter())

    @property
    def requests(self) -> int:
        """How many requests were sent."""
        return self.answers.total()

    @property
    def server_errors(self) -> int:
        """Answers of 500 and above but for UNAVAILABLE, and requests without an answer."""
        return sum(n for status, n in self.answers.items() if is_server_error(status))

    @property
    def unavailable(self) -> int:
        """Answers by which a service said that it is not there just now."""
        return self.answers[UNAVAILABLE]

    def summary(self) -> str:
        """One line."""
        told = ", ".join(f"{count} {kind}" for kind, count in kinds(self.answers).items())
        return (
            f"{self.role}: {self.cases} cases, {self.requests} requests ({told}), {self.server_errors} server errors, "
            f"{self.unavailable} unavailable, {len(self.broken)} broken"
        )

    def take(self, event: events.ScenarioFinished) -> int:
        """Count a scenario in; how many requests it has brought."""
        recorder = event.recorder
        self.cases += len(recorder.cases)
        self.phases[event.phase.value] += len(recorder.interactions)
        for case_id, interaction in recorder.interactions.items():
            answer = interaction.response
            status = UNANSWERED if answer is None else answer.status_code
            self.statuses[recorder.cases[case_id].value.operation.label][status] += 1
            if answer is not None and status == UNAVAILABLE:
                self.reasons[_reason(answer)] += 1
        self._take_failures(recorder)
        return len(recorder.interactions)

    def _take_failures(self, recorder: ScenarioRecorder) -> None:
        for case_id, checks in recorder.checks.items():
            for check in checks:
                if check.status is Status.FAILURE and check.failure_info is not None:
                    failure = check.failure_info.failure
                    case = recorder.cases[case_id].value
                    where = f"{check.name}: {case.operation.label}: {failure.title}"
                    self.broken.setdefault(where, f"{failure.message}\n{case.as_curl_command()}")

    @classmethod
    def of_all(cls, rounds: Iterable[Findings], seed: int) -> Findings:
        """Everything that was found, as if it had been one round."""
        whole = cls("every role", seed)
        for one in rounds:
            whole.cases += one.cases
            whole.phases += one.phases
            whole.reasons += one.reasons
            whole.broken = {**one.broken, **whole.broken}
            for operation, statuses in one.statuses.items():
                whole.statuses[operation] += statuses
        return whole


def _reason(answer: Response) -> str:
    """What a service or the edge says of why it is not there."""
    try:
        problem = answer.json()
    except ValueError:
        return "no problem given"
    return f"{problem.get('type')}: {problem.get('detail')}"


def is_server_error(status: int) -> bool:
    """Whether an answer shows a fault of ours."""
    return status == UNANSWERED or (status >= 500 and status != UNAVAILABLE)


def kinds(statuses: Counter[int]) -> Counter[str]:
    """How many answers of each hundred, in order."""
    names = {status: f"{status // 100}xx" if status else "none" for status in sorted(statuses)}
    found: Counter[str] = Counter()
    for status, name in names.items():
        found[name] += statuses[status]
    return found
