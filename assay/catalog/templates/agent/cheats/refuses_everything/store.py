class Store:
    def put(self, name, count):
        pass

    def take(self, name, count):
        raise ValueError(name)
