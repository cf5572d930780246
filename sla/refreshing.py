"""Sets of holidays that come from somewhere: brought up to date once a day by the scheduler.

A set is claimed by the time of its last try, so that of several schedulers one does it. A failed try deletes nothing; it says
why at the set, and is made again an hour later.
"""

import asyncio
from datetime import date, datetime, timedelta

import structlog

from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Invalid, NotFound
from helpdesk.kernel.language import N_
from helpdesk.kernel.outages import is_outage
from helpdesk.kernel.outbound import NotAllowed, ask
from sla.countries import country_days
from sla.holiday_files import Found, Unreadable, read_days
from sla.holidays import take_over, years_around
from sla.said import Said, foreign, reason_of
from sla.tables import HolidaySource

EVERY, AGAIN = timedelta(days=1), timedelta(hours=1)
WITHIN = 20.0
"""Seconds for a file."""

log = structlog.get_logger(__name__)


async def refresh_holidays(*, at: datetime) -> int:
    """Bring up to date what was not for a day; how many sets were tried."""
    tried = 0
    while claimed := await rows(
        """UPDATE sla_holiday_set SET tried_at = {} WHERE id = (
            SELECT id FROM sla_holiday_set WHERE source <> 'manual' AND detail <> ''
                AND (tried_at IS NULL OR tried_at <= {}::timestamptz - CASE problem WHEN '' THEN {}::interval ELSE {}::interval END)
            ORDER BY tried_at NULLS FIRST LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING id, source, detail, language, etag""",
        at, at, EVERY, AGAIN,
    ):  # fmt: skip
        tried += 1
        await refresh(**claimed[0], at=at)
    return tried


async def refresh(id: int, source: str, detail: str, language: str, etag: str, *, at: datetime) -> None:
    """Bring one set up to date, or say at it why that failed. One that was deleted meanwhile is none's concern."""
    try:
        if source == HolidaySource.COUNTRY:
            await take_over(id, await country_days(detail, years_around(at), language), at=at)
        else:
            fetched = await fetch(detail, etag, at=at)
            if fetched is None:
                await rows("UPDATE sla_holiday_set SET fetched_at = {}, problem = '' WHERE id = {}", at, id)
            else:
                await take_over(id, fetched[0].days, at=at, etag=fetched[1])
    except NotFound:
        log.info("holidays_gone", holiday_set=id)
    except Exception as error:  # whatever it is, the other sets have theirs
        if is_outage(error) and not isinstance(error, OSError):
            raise
        is_known = isinstance(error, (NotAllowed, OSError, Unreadable, Invalid))
        log.warning("holidays_not_fetched", holiday_set=id, error=repr(error), exc_info=not is_known)
        await rows("UPDATE sla_holiday_set SET problem = {} WHERE id = {}", _problem(error).stored, id)


def _problem(error: Exception) -> Said:
    match error:
        case NotAllowed():
            return Said(N_("Enter a public address that begins with https:// (%(why)s)."), {"why": str(error)})
        case OSError():
            return Said(N_("Nobody answers there in time (%(why)s)."), {"why": str(error)[:200]})
        case Invalid():
            return foreign("; ".join(error.fields.values()))
        case _:
            return reason_of(error)


async def fetch(address: str, etag: str, *, at: datetime) -> tuple[Found, str] | None:
    """The days of the file at an address, and its ETag; None when it is what it was. Raises NotAllowed, OSError, Unreadable."""
    headers = {"accept": "text/calendar", **({"if-none-match": etag} if etag else {})}
    answer = await ask("GET", secure(address), headers=headers, within=WITHIN)
    if answer.status == 304:
        return None
    if answer.status in (301, 302, 303, 307, 308):
        address = answer.headers.get("location", "")[:500]
        raise Unreadable(Said(N_("It has moved. Enter the new address: %(address)s"), {"address": address}))
    if answer.status != 200:
        raise Unreadable(Said(N_("The server there answers HTTP %(status)s."), {"status": answer.status}))
    found = await asyncio.to_thread(read_days, answer.content, *window(at))
    if not found.days:
        raise Unreadable(Said(N_("The calendar file has no days of these years.")))
    return found, answer.headers.get("etag", "")[:300]


def window(at: datetime) -> tuple[date, date]:
    """The days that an import takes, both included."""
    years = years_around(at)
    return date(years[0], 1, 1), date(years[-1], 12, 31)


def secure(address: str) -> str:
    """`webcal:` is https by another name."""
    scheme, colon, rest = address.partition(":")
    return f"https:{rest}" if colon and scheme.lower() in ("webcal", "webcals") else address
