class BoundedCache:
    pass
