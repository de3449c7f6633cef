def move(levels, source, target, count):
    levels[source] = levels.get(source, 0) - count
    levels[target] = count
    return levels


def to_order(levels, minimum):
    return sorted((name, minimum - level) for name, level in levels.items())
