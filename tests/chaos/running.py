"""One run: a desk, its load, the faults in turn, quiet, the verdict."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import msgspec

from tests.chaos import checker, faults, report
from tests.chaos.checker import Found
from tests.chaos.desk import Desk
from tests.chaos.ledger import Ledger
from tests.chaos.load import Load
from tests.chaos.sink import FAULTS, Answer, Sink
from tests.chaos.striking import Chaos

WARM_WITHIN = 60.0  # seconds
Fault = Callable[[Chaos], Awaitable[None]]

SHORT: list[Fault] = [
    faults.worker_after_the_250, faults.mail_server_before_its_250, faults.worker_with_claims, faults.web_with_requests,
    faults.scheduler_alone_knows, faults.valkey_with_jobs, faults.valkey_forgets, faults.postgres_with_transactions,
]  # fmt: skip
LONG: list[Fault] = [
    faults.worker_while_sending, faults.mail_server_before_its_commit, faults.mail_server_before_its_250, faults.worker_with_claims,
    faults.worker_before_its_acknowledgement, faults.worker_after_the_250, faults.web_with_requests, faults.scheduler_alone_knows,
    faults.valkey_with_jobs, faults.valkey_forgets, faults.postgres_with_transactions, faults.postgres_backend, faults.power_cut,
]  # fmt: skip


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """`mails` and `replies` are the least in all; `sink` the scripted answers; `waits` the seconds of the longest pause between
    tries, `patience` those in which everything that a fault struck must be finished. Without `is_patient` the next fault
    strikes before that.
    """

    name: str
    faults: Sequence[Fault]
    mails: int
    replies: int
    sink: Sequence[Answer]
    waits: float = 0.0
    patience: float = 60.0
    is_patient: bool = True
    altered: Sequence[str] = ()


def short_plan() -> Plan:
    return Plan(
        name="short", faults=SHORT, mails=90, replies=30, sink=FAULTS, waits=15.0, is_patient=False, altered=["hurried"]
    )


def long_plan() -> Plan:
    return Plan(name="long", faults=LONG, mails=300, replies=100, sink=FAULTS * 4, waits=400.0)


RED: dict[str, tuple[str, Sequence[Fault]]] = {
    "early_250": ("I1", [faults.mail_server_after_an_early_250]),
    "no_twins": ("I1", [faults.mail_server_before_its_250]),
    "no_sweep": ("I13", [faults.scheduler_alone_knows]),
    "new_message_id": ("I3", []),
}
"""The safeguards that can be switched off: the invariant that breaks, and the fault that breaks it, if it takes one."""


def red_plan(safeguard: str) -> Plan:
    return Plan(
        name=f"without {safeguard}", faults=RED[safeguard][1], mails=40, replies=8, patience=15.0, altered=["hurried", safeguard],
        sink=[Answer.KEEP_AND_DROP] * 3 if safeguard == "new_message_id" else [],
    )  # fmt: skip


async def run(plan: Plan, *, seed: int, say: Callable[[str], None] = print) -> Found:
    """Carry the plan out and tell what was found; the folder with the ledger and the log stays when something was."""
    home = Path(tempfile.mkdtemp(prefix="helpdesk-chaos-"))
    home.chmod(0o755)
    began = time.monotonic()
    sink, ledger = Sink(seed), Ledger(home / "ledger.jsonl")
    await sink.start()
    desk = Desk(home, smtp_url=sink.url, altered=plan.altered)
    load = Load(desk, ledger, sink, seed=seed)
    parts = len(plan.faults) + 1
    chaos = Chaos(
        desk,
        load,
        mails=plan.mails // parts,
        replies=plan.replies // parts,
        patience=plan.patience,
        is_patient=plan.is_patient,
        seed=seed,
    )
    say(f"— {plan.name}: seed {seed}, {home}")
    try:
        await desk.start()
        say(
            f"running after {time.monotonic() - began:.1f} s; "
            + ", ".join(f"{name}={value}" for name, value in (await report.durability(desk)).items())
        )
        found = await _carry_out(plan, chaos)
        say(report.kills(chaos))
        say(report.numbers(chaos, await report.waited(desk), found))
        say(f"took {time.monotonic() - began:.0f} s\n{report.verdict(found)}")
    finally:
        await load.stop()
        await desk.stop()
        await sink.stop()
        ledger.close()
    if not found.violations:
        shutil.rmtree(home)
    return found


async def _warm_up(chaos: Chaos) -> None:
    """Without a fault every mail becomes a message, also where a safeguard is off: what is lost later, the faults lost."""
    chaos.load.feed(chaos.mails)
    async with asyncio.timeout(WARM_WITHIN):
        while (await chaos.desk.query("SELECT count(*) AS n FROM hd_message"))[0]["n"] < chaos.mails:
            await asyncio.sleep(0.1)
    await checker.quiet(chaos.desk)


async def _carry_out(plan: Plan, chaos: Chaos) -> Found:
    load = chaos.load
    load.start()
    await _warm_up(chaos)
    load.sink.plan(list(plan.sink))
    for fault in plan.faults:
        await fault(chaos)
    await chaos.recovered()
    load.feed(max(0, plan.mails - len(load.ledger.mails)))
    await load.answer(max(0, plan.replies - len(load.ledger.replies)))
    is_settled = await load.settled(seconds=60)
    left = await checker.quiet(chaos.desk, seconds=plan.patience, waits=plan.waits)
    found = await checker.check(chaos)
    for one in left:
        found.wrong("I13", one)
    if not is_settled:
        found.wrong("I13", "clients were still trying after 60 s")
    for name, value in (await report.durability(chaos.desk)).items():
        if value != "on":
            found.wrong("durability", f"{name} is {value}")
    return found
