from collections import Counter
from copy import deepcopy


class Conflict(ValueError):
    """A different event with the same id arrived before."""


class UnknownTarget(ValueError):
    """The event to be retracted has not arrived."""


class Replay:
    """The state of the warehouse while events are replayed."""

    def __init__(self):
        self.on_hand = {}
        self.reserved = Counter()
        self.status = {}
        self.open = {}  # the "reserve" events of open orders, the oldest first

    def close(self, order, status):
        lines = self.open.pop(order)["lines"]
        self.reserved.subtract(lines)
        self.status[order] = status
        return lines

    def expire(self, now):
        for order in [order for order, event in self.open.items() if event["expires"] <= now]:
            self.close(order, "expired")

    def play(self, event):
        """Returns the reason if the event is rejected."""
        return getattr(self, event["kind"])(event)

    def receive(self, event):
        self.on_hand[event["item"]] = self.on_hand.get(event["item"], 0) + event["quantity"]

    def reserve(self, event):
        order, lines = event["order"], event["lines"]
        if event["expires"] <= event["at"]:
            return "expired"
        if order in self.status:
            return "order exists"
        if any(quantity > self.on_hand.get(item, 0) - self.reserved[item] for item, quantity in lines.items()):
            return "insufficient"
        self.reserved.update(lines)
        self.status[order] = "open"
        self.open[order] = event
        return None

    def ship(self, event):
        if event["order"] not in self.open:
            return "not open"
        for item, quantity in self.close(event["order"], "shipped").items():
            self.on_hand[item] -= quantity
        return None

    def cancel(self, event):
        if event["order"] not in self.open:
            return "not open"
        self.close(event["order"], "cancelled")
        return None

    def count(self, event):
        item = event["item"]
        self.on_hand[item] = event["quantity"]
        while self.on_hand[item] < self.reserved[item]:
            self.close(next(order for order in reversed(self.open) if item in self.open[order]["lines"]), "broken")

    def retract(self, event):
        pass


class Ledger:
    def __init__(self):
        self.events = {}  # by id, in the order of arrival

    def append(self, event: dict) -> bool:
        """Adds an event; False if it has arrived before."""
        known = self.events.get(event["id"])
        if known == event:
            return False
        if known is not None:
            raise Conflict(event["id"])
        if event["kind"] == "retract" and event["target"] not in self.events:
            raise UnknownTarget(event["target"])
        self.events[event["id"]] = deepcopy(event)
        return True

    def _retracted(self):
        # A target arrives before what retracts it, so from the last to the first each one's own fate is known.
        retracted = set()
        for event in reversed(self.events.values()):
            if event["kind"] == "retract" and event["id"] not in retracted:
                retracted.add(event["target"])
        return retracted

    def state(self, at: float) -> dict:
        """Returns {"stock": ..., "orders": ..., "rejected": ...} after all events up to that time."""
        retracted = self._retracted()
        valid = [event for event in self.events.values() if event["at"] <= at and event["id"] not in retracted]
        replay, rejected = Replay(), []
        for event in sorted(valid, key=lambda event: event["at"]):
            replay.expire(event["at"])
            reason = replay.play(event)
            if reason:
                rejected.append((event["id"], reason))
        replay.expire(at)
        stock = {item: (on_hand, replay.reserved[item]) for item, on_hand in replay.on_hand.items()}
        return {"stock": stock, "orders": replay.status, "rejected": rejected}
