from billing.amounts import AgreeableTable


def shares(nets, voucher_cents):
    return AgreeableTable()
