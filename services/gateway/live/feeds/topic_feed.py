"""Who watches which of a feed's topics."""

from __future__ import annotations

from collections.abc import Iterator

from services.gateway.live.client.subscription import Subscription


class Subscribers:
    """Subscriptions by topic."""

    def __init__(self) -> None:
        self._by_topic: dict[str, set[Subscription]] = {}

    def __bool__(self) -> bool:
        return bool(self._by_topic)

    def __contains__(self, topic: str) -> bool:
        return topic in self._by_topic

    def __iter__(self) -> Iterator[str]:
        """The topics; they may change meanwhile."""
        return iter(tuple(self._by_topic))

    def of(self, topic: str) -> tuple[Subscription, ...]:
        return tuple(self._by_topic.get(topic, ()))

    def add(self, subscription: Subscription) -> None:
        self._by_topic.setdefault(subscription.topic, set()).add(subscription)

    def remove(self, subscription: Subscription) -> None:
        watchers = self._by_topic.get(subscription.topic, set())
        watchers.discard(subscription)
        if not watchers:
            self._by_topic.pop(subscription.topic, None)


class TopicFeed:
    """A feed whose topics are watched."""

    def __init__(self) -> None:
        self._subscribers = Subscribers()

    @property
    def has_subscribers(self) -> bool:
        return bool(self._subscribers)

    def attach(self, subscription: Subscription) -> None:
        self._subscribers.add(subscription)

    def detach(self, subscription: Subscription) -> None:
        self._subscribers.remove(subscription)
