"""`helpdesk mail log`."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import rich_click as click

from helpdesk.cli.surroundings import run
from helpdesk.kernel.errors import HelpdeskError

if TYPE_CHECKING:
    from helpdesk.intake.searching import Asked

FATES = [
    "received", "ticket", "reply", "bounce", "automatic", "duplicate", "quarantined", "blocked", "dropped", "refused", "skipped",
]  # fmt: skip
AGES = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
MOST_TURNED_AWAY = 100_000


@click.command()
@click.option("--since", metavar="TIME", help="RFC 3339, a date, or an age such as 90m, 24h, 7d.")
@click.option("--until", metavar="TIME", help="Before this time, written likewise.")
@click.option("--sender", metavar="ADDRESS", help="From this address or domain, by envelope or From.")
@click.option("--mailbox", metavar="ADDRESS", help="Only mails of this mailbox.")
@click.option(
    "--fate", type=click.Choice(FATES), help="Only mails with this fate; refused and skipped were never stored."
)
@click.option("--id", "number", type=click.IntRange(1, 2**63 - 1), help="The mail that was `queued as ID`.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def log(
    since: str | None, until: str | None, sender: str | None, mailbox: str | None, fate: str | None, number: int | None, as_json: bool
) -> None:  # fmt: skip
    """List every mail received and what became of it, the oldest first."""
    from helpdesk.intake.searching import Asked

    asked = Asked(
        since=_moment(since, "--since") if since else None, until=_moment(until, "--until") if until else None,
        sender=sender or "", mailbox=mailbox or "", fate=fate or "", id=number,
    )  # fmt: skip
    run(lambda: _log(asked, as_json=as_json))


async def _log(asked: "Asked", *, as_json: bool) -> None:
    await _check_mailbox(asked.mailbox)
    async for one in _found(asked):
        click.echo(_json(one) if as_json else _line(one))


async def _check_mailbox(address: str) -> None:
    """Raises HelpdeskError when it is none of ours: an empty answer would read as "no mail"."""
    from helpdesk.channels.mailboxes import list_mailboxes

    known = [one["address"] for one in await list_mailboxes()]
    if address and address.lower() not in known:
        raise HelpdeskError(f"there is no mailbox {address}; there are {', '.join(known)}")


async def _found(asked: "Asked") -> AsyncIterator[dict[str, Any]]:
    from helpdesk.intake.fates import BATCH, fates
    from helpdesk.intake.searching import TURNED_AWAY, search_turned_away

    if asked.fate in TURNED_AWAY:
        for one in reversed(await search_turned_away(asked, most=MOST_TURNED_AWAY)):
            yield one
        return
    last = 0
    while page := await fates(asked, above=last):
        for one in page:
            yield one
        last = page[-1]["id"]
        if len(page) < BATCH:
            return


def _line(one: dict[str, Any]) -> str:
    what = f"#{one['ticket']}" if one.get("ticket") else f"{one['times']}×" if "times" in one else "-"
    to = one["envelope_to"] if isinstance(one["envelope_to"], str) else ", ".join(one["envelope_to"])
    told = [str(one["id"]), one["received_at"].astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ"), one["fate"], what]
    return _printable("  ".join([*told, f"<{one['envelope_from']}> → {to}", one["reason"]]).rstrip())


def _json(one: dict[str, Any]) -> str:
    import msgspec

    return msgspec.json.encode(dict(one)).decode()


def _printable(text: str) -> str:
    """Without what could command a terminal."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def _moment(text: str, option: str) -> datetime:
    if found := re.fullmatch(r"(\d{1,6})([smhdw])", text.strip().lower()):
        return datetime.now(UTC) - timedelta(**{AGES[found[2]]: int(found[1])})
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError:
        raise HelpdeskError(f"{option} {text}: give a time such as 2026-11-21T08:00:00Z, 2026-11-21, or 24h") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
