def parse(text):
    raise NotImplementedError


def free(bookings, opens, closes):
    raise NotImplementedError


def hours(bookings):
    raise NotImplementedError


class Taken(ValueError):
    pass


class Room:
    def __init__(self, opens, closes):
        raise NotImplementedError
