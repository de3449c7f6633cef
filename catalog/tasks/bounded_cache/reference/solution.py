from collections import OrderedDict


class BoundedCache:
    def __init__(self, capacity, ttl):
        if capacity <= 0 or ttl <= 0:
            raise ValueError("capacity and ttl must be greater than 0")
        self.capacity = capacity
        self.ttl = ttl
        self.entries = OrderedDict()

    def put(self, key, value, now):
        if key not in self.entries and len(self.entries) >= self.capacity:
            self._drop_expired(now)
            if len(self.entries) >= self.capacity:
                self.entries.popitem(last=False)
        self.entries[key] = (value, now)
        self.entries.move_to_end(key)

    def get(self, key, now, default=None):
        self._drop_expired(now)
        if key not in self.entries:
            return default
        self.entries.move_to_end(key)
        return self.entries[key][0]

    def size(self, now):
        return len(self.keys(now))

    def keys(self, now):
        self._drop_expired(now)
        return list(self.entries)

    def _drop_expired(self, now):
        for key in [key for key, (_, since) in self.entries.items() if now - since >= self.ttl]:
            del self.entries[key]
