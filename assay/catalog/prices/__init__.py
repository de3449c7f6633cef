"""What tokens cost: ``prices.yaml``, and the price database for what is not in it."""
