def encode(text):
    pass


def decode(pairs):
    pass
