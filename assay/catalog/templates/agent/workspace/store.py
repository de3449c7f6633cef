class Store:
    def __init__(self):
        self._parts = {}

    def put(self, name, count):
        self._parts[name] = self._parts.get(name, 0) + count

    def take(self, name, count):
        self._parts[name] = self._parts.get(name, 0) - count
        return self._parts[name]
