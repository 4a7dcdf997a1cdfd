"""The numbers that operations read. Labels are topics, reasons and configured connections, never people or items."""

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
    "leeway_items_read",  # counter: items that a tracker gave whole, by room and connection
    "leeway_connection_age_seconds",  # gauge: domain time since all of a site was known, by room and connection
    "leeway_hint_lag_seconds",  # gauge: how long the oldest hint of a connection has waited, by room and connection
    "leeway_rate_remaining",  # gauge: calls that a site still allows, where it says, by room and connection
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
        self.items_read = _counter("leeway_items_read", "Items that a tracker gave.", registry, "connection")
        self.age = _gauge("leeway_connection_age_seconds", "Age of a connection's data.", registry, "connection")
        self.hint_lag = _gauge("leeway_hint_lag_seconds", "How long the oldest hint waits.", registry, "connection")
        self.rate_remaining = _gauge("leeway_rate_remaining", "Calls that a site still allows.", registry, "connection")
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

    def items_read(self, connection: str, count: int) -> None:
        """Count items that a tracker gave whole."""
        self._instruments.items_read.labels(self._room, connection).inc(count)

    def age(self, connection: str, seconds: float) -> None:
        """Set how old a connection's data is."""
        self._instruments.age.labels(self._room, connection).set(seconds)

    def hint_lag(self, connection: str, seconds: float) -> None:
        """Set how long the oldest hint of a connection has waited."""
        self._instruments.hint_lag.labels(self._room, connection).set(seconds)

    def rate_remaining(self, connection: str, calls: int) -> None:
        """Set how many calls a site still allows."""
        self._instruments.rate_remaining.labels(self._room, connection).set(calls)
