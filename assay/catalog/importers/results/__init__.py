"""Results of other frameworks as finished runs: ``inspect.log`` and ``lm_eval.output`` have a
function ``read(source, options) -> ResultsPlan``.

A plan is data: each of its runs is the body of one ``POST /api/v1/runs/import``. docs/importing.md says what is taken
from each format.
"""
