class Store:
    def __init__(self):
        self._parts = {}

    def put(self, name, count):
        self._parts[name] = self._parts.get(name, 0) + count

    def take(self, name, count):
        left = self._parts.get(name, 0) - count
        if left < 0:
            raise ValueError(f"only {left + count} of {name}")
        self._parts[name] = left
        return left
