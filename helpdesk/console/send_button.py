"""What a press on Send says: what becomes of the ticket, when the reply leaves, and whether that is remembered."""

from datetime import datetime

import msgspec

from helpdesk.console.forms import Form
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _, reader, zone
from helpdesk.kernel.spoken_dates import understand
from helpdesk.kernel.time import now
from helpdesk.tickets.posting import Leaving
from helpdesk.tickets.tables import Status

STATUS = {"send": None, "solve": Status.SOLVED, "wait": Status.PENDING}


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    sends: str = "send"
    remembers: bool = False
    leaving: Leaving = Leaving()


def read_sending(form: Form) -> Sending:
    """`then` is `send`, `solve` or `wait`, `always-` before it to remember it; `later` for the time in the field `later`, or `later:` and a time.

    Raises Invalid at `later` for a time that is not understood.
    """
    then = form.line("then") or "send"
    if then == "later" or then.startswith("later:"):
        later = _moment(then.partition(":")[2]) if ":" in then else _spoken(form.line("later"))
        return Sending(leaving=Leaving(later=later, unless_answered=form.is_checked("unless_answered")))
    sends = then.removeprefix("always-")
    if sends not in STATUS:
        raise Invalid(then=_("Choose one of the list."))
    return Sending(sends=sends, remembers=then.startswith("always-"))


def _spoken(text: str) -> datetime:
    if not text:
        raise Invalid(later=_("Say when it is to be sent, “tomorrow 9:00” for example."))
    return understand(text, at=now(), zone=zone(reader().time_zone), language=reader().language, field="later")


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Invalid(later=_("Choose one of the list."))
    return at
