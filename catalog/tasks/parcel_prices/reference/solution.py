PRICES = ((2, 490), (5, 690), (10, 990))


def price(weight_kg):
    if weight_kg <= 0:
        raise ValueError("a parcel weighs more than 0 kg")
    for limit_kg, cents in PRICES:
        if weight_kg <= limit_kg:
            return cents
    raise ValueError("a parcel weighs at most 10 kg")
