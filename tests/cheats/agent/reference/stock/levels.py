def move(levels, source, target, count):
    if levels.get(source, 0) < count:
        raise ValueError(f"only {levels.get(source, 0)} on {source}")
    moved = {**levels, source: levels[source] - count}
    return {**moved, target: moved.get(target, 0) + count}


def to_order(levels, minimum):
    missing = [(name, minimum - level) for name, level in levels.items() if level < minimum]
    return sorted(missing, key=lambda item: -item[1])
