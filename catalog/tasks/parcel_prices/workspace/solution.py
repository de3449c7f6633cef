def price(weight_kg):
    pass
