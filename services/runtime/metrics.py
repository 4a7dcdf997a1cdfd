"""The numbers that operations read. Labels are topics and reasons, never people, items or connections."""

from typing import Final, Literal, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

MetricName = Literal[
    "leeway_records_handled",  # counter: records whose batch was committed, by room and topic
    "leeway_records_parked",  # counter: records set aside, by room, topic and reason
    "leeway_records_published",  # counter: records that the broker acknowledged, by room and topic
    "leeway_hooks",  # counter: webhook deliveries that came, by room and outcome
    "leeway_batches_retried",  # counter: batches delivered again, by room and reason
    "leeway_batch_seconds",  # histogram: how long a handler took for a batch, by room
    "leeway_lag_records",  # gauge: records on the bus that a room has not read yet, by room and topic
    "leeway_outbox_oldest_seconds",  # gauge: age of the oldest row of a room's outbox, by room
    "leeway_last_handled_seconds",  # gauge: seconds since a room last finished a batch, by room
]
METRIC_NAMES: Final[tuple[str, ...]] = get_args(MetricName)

_BUCKETS: Final = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Instruments:
    """All metrics of a process, in the registry that is passed in."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.handled = _counter("leeway_records_handled", "Records handled.", registry, "topic")
        self.parked = _counter("leeway_records_parked", "Records set aside.", registry, "topic", "reason")
        self.published = _counter("leeway_records_published", "Records acknowledged by the broker.", registry, "topic")
        self.retried = _counter("leeway_batches_retried", "Batches delivered again.", registry, "reason")
        self.hooks = _counter("leeway_hooks", "Webhook deliveries that came.", registry, "outcome")
        self.lag = _gauge("leeway_lag_records", "Records not yet read.", registry, "topic")
        self.outbox_oldest = _gauge("leeway_outbox_oldest_seconds", "Age of the oldest outbox row.", registry)
        self.last_handled = _gauge("leeway_last_handled_seconds", "Seconds since a batch was finished.", registry)
        seconds: MetricName = "leeway_batch_seconds"
        self.seconds = Histogram(seconds, "Seconds a batch took.", ("room",), registry=registry, buckets=_BUCKETS)

    def of(self, room: str) -> "Metrics":
        """Return the metrics as one room writes them."""
        return Metrics(self, room)


def _counter(name: MetricName, text: str, registry: CollectorRegistry, *labels: str) -> Counter:
    return Counter(name, text, ("room", *labels), registry=registry)


def _gauge(name: MetricName, text: str, registry: CollectorRegistry, *labels: str) -> Gauge:
    return Gauge(name, text, ("room", *labels), registry=registry)


class Metrics:
    """One room's view of the instruments."""

    def __init__(self, instruments: Instruments, room: str) -> None:
        self._instruments = instruments
        self._room = room

    def handled(self, topic: str, count: int) -> None:
        """Count records whose batch was committed."""
        self._instruments.handled.labels(self._room, topic).inc(count)

    def parked(self, topic: str, reason: str, count: int = 1) -> None:
        """Count records set aside; the reason is its first word, up to the colon."""
        self._instruments.parked.labels(self._room, topic, reason.partition(":")[0][:60]).inc(count)

    def published(self, topic: str, count: int) -> None:
        """Count records that the broker acknowledged."""
        self._instruments.published.labels(self._room, topic).inc(count)

    def hook(self, outcome: str) -> None:
        """Count a webhook delivery by how it ended."""
        self._instruments.hooks.labels(self._room, outcome).inc()

    def retried(self, reason: str) -> None:
        """Count a batch that will be delivered again."""
        self._instruments.retried.labels(self._room, reason).inc()

    def took(self, seconds: float) -> None:
        """Observe how long a batch took."""
        self._instruments.seconds.labels(self._room).observe(seconds)

    def lag(self, topic: str, records: int) -> None:
        """Set how many records of a topic are not yet read."""
        self._instruments.lag.labels(self._room, topic).set(records)

    def outbox_oldest(self, seconds: float) -> None:
        """Set the age of the oldest outbox row."""
        self._instruments.outbox_oldest.labels(self._room).set(seconds)

    def last_handled(self, seconds: float) -> None:
        """Set how long ago a batch was last finished."""
        self._instruments.last_handled.labels(self._room).set(seconds)
