"""The leaderboard of all results, or of some tasks."""

from __future__ import annotations

from litestar import Router, get

from assay.contracts.leaderboard import Board
from assay.contracts.rpc import GetBoard
from services.gateway.http.parameters import Text
from services.gateway.ports import PortsDependency


@get("/", summary="Get the leaderboard", operation_id="get_leaderboard")
async def get_leaderboard(
    ports: PortsDependency, suite: Text = "", category: Text = "", difficulty: Text = "", language: Text = ""
) -> Board:
    return await ports.bus.rpc.request(
        GetBoard(suite=suite, category=category, difficulty=difficulty, language=language)
    )


router = Router("/leaderboard", route_handlers=[get_leaderboard], tags=["leaderboard"])
