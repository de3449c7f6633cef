"""``python -m assay.embedded.model_host``: serves models on this machine, loaded on the first request.

It answers ``models.serve`` on the bus with the address of an OpenAI-compatible endpoint. One process serves all
runners; the weights are loaded once, and until then it uses very little memory.
"""
