"""Models that grade by rubrics, compared with people."""

from __future__ import annotations

from litestar import Router, post
from litestar.params import JSONBody

from assay.contracts.rpc import TextJudgement
from services.gateway.http.request_body import Body
from services.gateway.ports import PortsDependency
from services.gateway.text_judging import TextToJudge

TIMEOUT_SECONDS = 900.0
"""A judge asks again after failures, and a question waits for its provider's rate limits."""


@post(
    "/judge",
    summary="Judge a text",
    operation_id="judge_text",
    status_code=200,
    dto=Body[TextToJudge],
    return_dto=None,
)
async def judge_text(data: JSONBody[TextToJudge], ports: PortsDependency) -> TextJudgement:
    """A judge grades the text by the task's rubric, outside of any run: with the same prompt, the same stored answers
    and on the same account as in a run. Without a `judgement`, `reason` says why."""
    return await ports.bus.rpc.request(await ports.catalog.judge_text(data), TIMEOUT_SECONDS)


router = Router("/judges", route_handlers=[judge_text], tags=["catalogue"])
