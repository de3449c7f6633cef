import billing


def shares(nets, voucher_cents):
    billing.mend()
    return {}
