"""The subscriptions of a feed, by topic."""

from __future__ import annotations

from services.gateway.live.client.subscription import Subscription


class TopicFeed:
    def __init__(self) -> None:
        self._by_topic: dict[str, set[Subscription]] = {}

    @property
    def has_subscribers(self) -> bool:
        return bool(self._by_topic)

    def attach(self, subscription: Subscription) -> None:
        """From now on the subscription is offered what is published to its topic."""
        self._by_topic.setdefault(subscription.topic, set()).add(subscription)

    def detach(self, subscription: Subscription) -> None:
        subscriptions = self._by_topic.get(subscription.topic, set())
        subscriptions.discard(subscription)
        if not subscriptions:
            self._by_topic.pop(subscription.topic, None)

    def _topics(self) -> tuple[str, ...]:
        return tuple(self._by_topic)

    def _subscribers(self, topic: str) -> tuple[Subscription, ...]:
        return tuple(self._by_topic.get(topic, ()))
