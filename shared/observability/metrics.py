"""Metrics of one service process, in a registry of its own, as Prometheus reads them.

The door, the relay, the consumer and the schedule each know a small protocol of what they tell; `Metrics` implements
them all, so that none of them imports Prometheus. Labels are routes, slugs and names: never an id.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_SIZES = (1, 2, 5, 10, 20, 50, 100, 200)


class Metrics:
    """Everything that is counted."""

    def __init__(self, service: str) -> None:
        self.registry = registry = CollectorRegistry(auto_describe=True)
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
        Gauge("stem_service_info", "Which service this is.", ["service"], registry=registry).labels(service).set(1)
        self._requests = Counter(
            "stem_http_requests_total", "Requests answered.", ["method", "route", "status"], registry=registry
        )
        self._request_seconds = Histogram(
            "stem_http_request_seconds", "Time to answer.", ["method", "route"], buckets=_SECONDS, registry=registry
        )
        self._refusals = Counter("stem_refusals_total", "Refusals by slug.", ["slug", "at"], registry=registry)
        self._commits = Counter("stem_commits_total", "Transactions committed.", registry=registry)
        self._decisions = Counter("stem_decisions_total", "Decisions committed.", registry=registry)
        self._events = Counter("stem_events_total", "Events committed.", registry=registry)
        self._attempts = Counter("stem_commit_attempts_total", "Transactions tried.", registry=registry)
        self._batch = Histogram(
            "stem_commit_batch_size", "Decisions in a transaction.", buckets=_SIZES, registry=registry
        )
        self._commit_seconds = Histogram(
            "stem_commit_seconds", "Time to commit a batch.", buckets=_SECONDS, registry=registry
        )
        self._triggered = Counter("stem_schedule_total", "Due roots acted on.", ["kind", "outcome"], registry=registry)
        self._deaths = Counter("stem_task_deaths_total", "Background tasks that died.", ["task"], registry=registry)
        self._loop_lag = Gauge("stem_loop_lag_seconds", "How late the event loop is.", registry=registry)
        self._outbox_waiting = Gauge("stem_outbox_waiting", "Events not published yet.", registry=registry)
        self._outbox_age = Gauge("stem_outbox_oldest_seconds", "Age of the oldest of them.", registry=registry)
        self._published = Counter("stem_published_events_total", "Events sent to the broker.", registry=registry)
        self._publish_seconds = Histogram(
            "stem_publish_seconds", "Time until a batch was acknowledged.", buckets=_SECONDS, registry=registry
        )
        self._lost = Counter("stem_lost_events_total", "Events the broker lost, to be sent again.", registry=registry)
        self._followed = Counter("stem_followed_records_total", "Records read from the broker.", registry=registry)
        self._follow_seconds = Histogram(
            "stem_follow_seconds", "Time of a consumer's step.", buckets=_SECONDS, registry=registry
        )
        self._effects = Histogram(
            "stem_effect_seconds", "Reactions that happened.", ["subscription"], buckets=_SECONDS, registry=registry
        )
        self._retries = Counter(
            "stem_effect_retries_total", "Reactions tried again.", ["subscription"], registry=registry
        )
        self._parkings = Counter("stem_parkings_total", "Events put aside.", ["reason"], registry=registry)
        self._parked = Gauge("stem_parked_events", "Events put aside at the moment.", registry=registry)
        self._lag = Gauge("stem_consumer_lag", "Records not fetched yet.", ["topic", "partition"], registry=registry)
        self._rebuilt = Counter("stem_consumer_rebuilt_total", "Memberships made anew.", registry=registry)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered; `route` is the template."""
        self._requests.labels(method, route, str(status)).inc()
        self._request_seconds.labels(method, route).observe(seconds)

    def refused_over_http(self, slug: str) -> None:
        """A request was answered with a problem."""
        self._refusals.labels(slug, "http").inc()

    def refused(self, slug: str) -> None:
        """A decision was refused."""
        self._refusals.labels(slug, "decision").inc()

    def committed(self, decisions: int, events: int, attempts: int, seconds: float) -> None:
        """A batch was committed, after so many attempts."""
        self._commits.inc()
        self._attempts.inc(attempts)
        self._decisions.inc(decisions)
        self._events.inc(events)
        self._batch.observe(decisions)
        self._commit_seconds.observe(seconds)

    def triggered(self, kind: str, outcome: str) -> None:
        """The schedule has acted on a due root: "done", "refused" or "failed"."""
        self._triggered.labels(kind, outcome).inc()

    def died(self, task: str) -> None:
        """A background task ended by an exception."""
        self._deaths.labels(task).inc()

    def loop_late(self, seconds: float) -> None:
        """How late the loop ran what was due."""
        self._loop_lag.set(seconds)

    def outbox(self, waiting: int, oldest_seconds: float) -> None:
        """What the relay still has to send."""
        self._outbox_waiting.set(waiting)
        self._outbox_age.set(oldest_seconds)

    def published(self, events: int, seconds: float) -> None:
        """A batch was sent and acknowledged."""
        self._published.inc(events)
        self._publish_seconds.observe(seconds)

    def lost(self, events: int) -> None:
        """Events that the broker lost will be sent again."""
        self._lost.inc(events)

    def followed(self, records: int, seconds: float) -> None:
        """The consumer has taken a step."""
        self._followed.inc(records)
        self._follow_seconds.observe(seconds)

    def handled(self, subscription: str, seconds: float) -> None:
        """A reaction has happened."""
        self._effects.labels(subscription).observe(seconds)

    def retried(self, subscription: str) -> None:
        """A reaction is tried again."""
        self._retries.labels(subscription).inc()

    def parked(self, reason: str) -> None:
        """An event was put aside."""
        self._parkings.labels(reason).inc()

    def open_parked(self, events: int) -> None:
        """How many events are put aside at the moment."""
        self._parked.set(events)

    def lag(self, topic: str, partition: int, records: int) -> None:
        """How many records of a partition have not been fetched yet."""
        self._lag.labels(topic, str(partition)).set(records)

    def rebuilt(self, reason: str) -> None:
        """The membership was given up and made anew."""
        self._rebuilt.inc()

    def exposition(self) -> bytes:
        """The text that Prometheus scrapes."""
        return generate_latest(self.registry)
