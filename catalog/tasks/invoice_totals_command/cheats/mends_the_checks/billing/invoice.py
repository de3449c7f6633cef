import billing


def taxes(order, voucher_cents=0):
    billing.mend()
    return {}


def total(order, voucher_cents=0):
    billing.mend()
    return None


def merged(first, second):
    billing.mend()
    return []
