"""The report: what was done, how much was in flight, what was found."""

from collections.abc import Sequence

from tests.chaos.checker import Found
from tests.chaos.desk import Desk
from tests.chaos.striking import Chaos

DURABILITY = ("fsync", "synchronous_commit", "full_page_writes")


async def durability(desk: Desk) -> dict[str, str]:
    """The server's settings as it runs, seen by the product's own user."""
    return {name: (await desk.query("SELECT current_setting($1) AS value", name))[0]["value"] for name in DURABILITY}


async def waited(desk: Desk) -> list[float]:
    """Seconds from each mail's acceptance to its message."""
    found = await desk.query(
        "SELECT extract(epoch FROM taken_in_at - received_at)::float AS s FROM hd_raw_message WHERE taken_in_at IS NOT NULL"
    )
    return [row["s"] for row in found]


def kills(chaos: Chaos) -> str:
    """A line for each kill."""
    head = f"{'fault':<22}{'window':<46}{'in window':>10}{'in flight':>10}{'looks':>7}{'back s':>8}{'done s':>8}"
    lines = [
        f"{kill.fault:<22}{kill.window:<46}{kill.in_window:>10}{kill.flight:>10}{kill.looks:>7}{kill.back:>8.1f}"
        + (f"{kill.recovered:>8.1f}" if kill.recovered is not None else f"{'never':>8}")
        for kill in chaos.kills
    ]
    return "\n".join([head, *lines])


def numbers(chaos: Chaos, to_message: Sequence[float], found: Found) -> str:
    ledger, sink = chaos.load.ledger, chaos.load.sink
    mails = ledger.mails.values()
    to_250 = [mail.seconds_to_250 for mail in mails if mail.seconds_to_250 is not None]
    fates = (
        ", ".join(
            f"{count} × {answer.value}"
            for answer in type(sink.copies[0].answer)
            if (count := sum(copy.answer is answer for copy in sink.copies))
        )
        if sink.copies
        else "none"
    )
    doubles = ", ".join(f"{count} because {why}" for why, count in found.doubles.items() if count) or "none"
    return "\n".join([
        f"mails in        {len(mails)}, tries {sum(mail.tries for mail in mails)}, 250s {sum(len(mail.accepted) for mail in mails)}",
        f"replies out     {len(ledger.replies)}, calls {sum(reply.tries for reply in ledger.replies.values())}",
        f"sink            {len(sink.copies)} mails: {fates}",
        f"doubles         {doubles}",
        f"dot to 250      p50 {_share(to_250, 0.5) * 1000:.0f} ms, p99 {_share(to_250, 0.99) * 1000:.0f} ms (faults included)",
        f"250 to message  p50 {_share(to_message, 0.5):.2f} s, p99 {_share(to_message, 0.99):.2f} s (faults included)",
    ])  # fmt: skip


def verdict(found: Found, *, most: int = 20) -> str:
    if not found.violations:
        return "GREEN: no violation"
    shown = [f"  {one}" for one in found.violations[:most]]
    return "\n".join(
        [f"RED: {len(found.violations)} violations", *shown, *(["  …"] if len(found.violations) > most else [])]
    )


def _share(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else 0.0
