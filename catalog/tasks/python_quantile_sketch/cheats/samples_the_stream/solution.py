import random


class Sketch:
    """A small random sample, which is near enough some of the time."""

    def __init__(self, error):
        if not 0 < error < 0.5:
            raise ValueError("error")
        self.error, self.n, self.sample = error, 0, []

    @classmethod
    def load(cls, data):
        made = cls(data["error"])
        made.n, made.sample = data["n"], list(data["sample"])
        return made

    def dump(self):
        return {"error": self.error, "n": self.n, "sample": self.sample}

    def extend(self, values):
        for value in values:
            self.n += 1
            if len(self.sample) < 20:
                self.sample.append(value)
            elif random.random() < 20 / self.n:
                self.sample[random.randrange(20)] = value

    def merge(self, other):
        self.n += other.n
        self.sample = random.sample(self.sample + other.sample, min(20, len(self.sample + other.sample)))

    def count(self):
        return self.n

    def quantile(self, q):
        return sorted(self.sample)[min(int(q * len(self.sample)), len(self.sample) - 1)]

    def rank(self, number):
        return sum(value <= number for value in self.sample) * self.n / max(1, len(self.sample))
