"""Answers of models that judge, by everything that determines them."""

from __future__ import annotations

from assay.contracts.rpc import FindJudgeAnswers, JudgeAnswer, JudgeAnswers, StoreJudgeAnswer
from services.ledger.database.connection import Connection
from services.ledger.database.database import Database
from services.ledger.database.rows import Row, to_json

_FIND = "SELECT body FROM judge_answers WHERE key = ANY($1::text[])"
_STORE = "INSERT INTO judge_answers (key, body) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING"


class _AnswerRow(Row):
    body: JudgeAnswer


class JudgeAnswerStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, query: FindJudgeAnswers) -> JudgeAnswers:
        async with self._database.snapshot() as connection:
            rows = await connection.rows(_AnswerRow, _FIND, list(query.keys))
            return JudgeAnswers(items=tuple(row.body for row in rows))

    async def store(self, request: StoreJudgeAnswer) -> JudgeAnswer:
        """The first answer to a question is kept."""

        async def work(connection: Connection) -> JudgeAnswer:
            await connection.execute(_STORE, request.answer.key, to_json(request.answer))
            return (await connection.one(_AnswerRow, _FIND, [request.answer.key])).body

        return await self._database.transact(work)
