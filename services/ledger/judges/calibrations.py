"""Money for texts that are judged outside of any run: held on the judges' account, and posted once."""

from __future__ import annotations

from assay.contracts.rpc import Grant, HoldForCalibration, SettleCalibration, Settled
from assay.contracts.spending import AccountKind
from services.ledger.database.connection import Connection
from services.ledger.database.database import Database
from services.ledger.database.rows import Row, columns, to_json
from services.ledger.money.account import Account
from services.ledger.money.settlement import transfer_locked
from services.ledger.money.transfers import Transfer, lock_accounts, open_accounts, transfer

PATIENCE_SECONDS = 3600.0
"""Longer than judging a text takes, whatever it waits for. Then all that was held counts as spent."""

_OPEN = "INSERT INTO calibrations (calibration_id, account) VALUES ($1, $2) ON CONFLICT DO NOTHING"
_ADD = "UPDATE calibrations SET amount_nanousd = amount_nanousd + $2 WHERE calibration_id = $1 AND state = 'held'"
_ALREADY_GRANTED = "SELECT held_nanousd FROM transfers WHERE key = $1"
_CLOSE = "UPDATE calibrations SET state = 'posted', posted_nanousd = $2, calls = $3 WHERE calibration_id = $1"


class _Calibration(Row):
    calibration_id: str
    account: Account
    amount_nanousd: int
    posted_nanousd: int
    state: str


_ONE = f"SELECT {columns(_Calibration)} FROM calibrations WHERE calibration_id = $1 FOR UPDATE"
_ORPHANS = f"""
SELECT {columns(_Calibration)} FROM calibrations
WHERE state = 'held' AND held_at < clock_timestamp() - make_interval(secs => $1)
ORDER BY calibration_id LIMIT 500 FOR UPDATE SKIP LOCKED
"""


class CalibrationStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def hold(self, request: HoldForCalibration) -> Grant:
        """All of it or nothing, once per request."""

        async def work(connection: Connection) -> Grant:
            account = Account(AccountKind.JUDGE, request.project)
            await connection.execute(_OPEN, request.calibration_id, str(account))
            calibration = await connection.one(_Calibration, _ONE, request.calibration_id)
            granted = await connection.value(int, _ALREADY_GRANTED, request.request_id)
            if granted is not None:
                return Grant(granted_nanousd=granted)
            if calibration.state != "held":
                return Grant(lost=True, reason="the calibration is settled already")
            await open_accounts(connection, {account: None})
            balance = (await lock_accounts(connection, [account]))[account]
            if balance.lacks(request.amount_nanousd):
                return Grant(reason=balance.refusal(request.amount_nanousd))
            identity = (request.request_id, "calibration_hold", "", 0)
            await transfer(connection, [Transfer(*identity, (account,), held_nanousd=request.amount_nanousd)])
            await connection.execute(_ADD, request.calibration_id, request.amount_nanousd)
            return Grant(granted_nanousd=request.amount_nanousd)

        return await self._database.transact(work)

    async def settle(self, request: SettleCalibration) -> Settled:
        async def work(connection: Connection) -> Settled:
            account = Account(AccountKind.JUDGE, request.project)
            await connection.execute(_OPEN, request.calibration_id, str(account))
            calibration = await connection.one(_Calibration, _ONE, request.calibration_id)
            if calibration.state == "held":
                cost = sum(call.cost_nanousd for call in request.calls)
                await transfer_locked(connection, [_closing(calibration, cost)])
                await connection.execute(_CLOSE, calibration.calibration_id, cost, to_json(request.calls))
                return Settled(posted_nanousd=cost)
            return Settled(posted_nanousd=calibration.posted_nanousd)

        return await self._database.transact(work)


async def settle_orphaned_calibrations(connection: Connection) -> None:
    """Post all that was held for texts whose judges did not say what they cost."""
    orphans = await connection.rows(_Calibration, _ORPHANS, PATIENCE_SECONDS)
    await transfer_locked(connection, [_closing(each, each.amount_nanousd) for each in orphans])
    for each in orphans:
        await connection.execute(_CLOSE, each.calibration_id, each.amount_nanousd, "[]")


def _closing(calibration: _Calibration, posted_nanousd: int) -> Transfer:
    return Transfer(
        key=f"{calibration.calibration_id}:settled",
        kind="calibration_post",
        attempt_id="",
        token=0,
        accounts=(calibration.account,),
        held_nanousd=-calibration.amount_nanousd,
        posted_nanousd=posted_nanousd,
    )
