"""Who gets a mail: as an agent typed it, and how that differs from the last mail of the ticket."""

import re
from collections.abc import Iterable

import msgspec

from helpdesk.channels.email.addresses import Address
from helpdesk.channels.email.threading import base_mailbox
from helpdesk.customers.suppressing import suppressed
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.people.agents import is_address
from helpdesk.tickets.tables import Ticket

MOST = 50
_ENTRY = re.compile(r'(?:"[^"]*"|[^,;،؛\n"])+|"')
_NAMED = re.compile(r'"?([^"<>]*?)"?\s*<([^<>]*)>')
_FREE = frozenset(
    [
        "gmail.com",
        "googlemail.com",
        "yahoo.com",
        "ymail.com",
        "hotmail.com",
        "outlook.com",
        "live.com",
        "msn.com",
        "icloud.com",
        "me.com",
        "aol.com",
        "proton.me",
        "protonmail.com",
        "gmx.de",
        "gmx.net",
        "web.de",
        "mail.ru",
        "yandex.ru",
        "chmail.ir",
        "mailfa.com",
    ]
)
"""Domains whose people do not know each other."""


class Recipients(msgspec.Struct, frozen=True, kw_only=True):
    """Each address once, in the first of the three that names it."""

    to: list[Address] = []
    cc: list[Address] = []
    bcc: list[Address] = []

    @property
    def addresses(self) -> list[str]:
        return [one.addr for one in (*self.to, *self.cc, *self.bcc)]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """From the last mail: who is `added`, who was on it and is `missing`; and who is `outside` the customer's organisation."""

    added: list[str] = []
    missing: list[str] = []
    outside: list[str] = []


async def read_recipients(to: str, cc: str = "", bcc: str = "") -> Recipients:
    """The addresses of three fields, separated by commas, semicolons or lines; names in front of `<…>` may stand.

    Raises Invalid at the field for what is no address, and for one of our own mailboxes: such a mail would come back in.
    """
    read: dict[str, list[Address]] = {}
    wrong: dict[str, str] = {}
    known: set[str] = set()
    for name, text in (("to", to), ("cc", cc), ("bcc", bcc)):
        found, refused = _read(text)
        read[name] = [one for one in found if one.addr not in known]
        known |= {one.addr for one in found}
        if refused:
            wrong[name] = _("“%(text)s” is not an e-mail address.") % {"text": refused[0][:100]}
    if len(known) > MOST:
        wrong["to"] = _("These are more than %(n)s recipients.") % {"n": MOST}
    if ours := await _ours(known):
        at = next(name for name, found in read.items() if any(one.addr in ours for one in found))
        wrong[at] = _("%(address)s is a mailbox of this helpdesk: the mail would come back in.") % {
            "address": min(ours)
        }
    if wrong:
        raise Invalid(**wrong)
    return Recipients(**{name: list(dict.fromkeys(found)) for name, found in read.items()})


async def demand_reachable(recipients: Recipients) -> None:
    """Raise Invalid when there is nobody in To, or when mails to somebody keep coming back."""
    if not recipients.to:
        raise Invalid(to=_("Say to whom it goes."))
    stopped = await suppressed(recipients.addresses)
    if stopped:
        raise Invalid(recipients=told_suppressed(next(iter(stopped))))


def told_suppressed(address: str) -> str:
    said = _("Mails to %(address)s keep coming back, so nothing was sent. Lift the suppression to write there all the same.")  # fmt: skip
    return said % {"address": address}


async def difference(ticket: Ticket, recipients: Iterable[str]) -> Difference:
    """How these addresses differ from those of the last mail between us and the customer."""
    chosen = list(dict.fromkeys(recipients))
    around = await _around(ticket, chosen)
    if around.last_mail is None:
        last = around.own[:1]
    else:
        ours = await _ours(around.last_mail)
        last = [one for one in around.last_mail if one not in ours]
    return Difference(
        added=[one for one in chosen if last and one not in last],
        missing=[one for one in last if one not in chosen], outside=[one for one in chosen if one not in around.inside],
    )  # fmt: skip


class _Around(msgspec.Struct, frozen=True):
    """The customer's own addresses; those of the asked ones that are theirs, of the organisation, or of their mail domain;
    and who was on the last public mail that a person wrote, None when there is none yet."""

    own: list[str]
    inside: set[str]
    last_mail: list[str] | None


async def _around(ticket: Ticket, addresses: list[str]) -> _Around:
    [row] = await rows(
        """SELECT ARRAY(SELECT value FROM hd_identity i JOIN hd_customer c ON c.id = i.customer
                WHERE i.kind = 'email' AND i.value = ANY({}) AND (c.id = {} OR c.organisation = {})) AS known,
            ARRAY(SELECT domain FROM hd_organisation_domain WHERE organisation = {}) AS domains,
            ARRAY(SELECT value FROM hd_identity WHERE customer = {} AND kind = 'email' ORDER BY is_primary DESC, id) AS own,
            (SELECT ARRAY[CASE WHEN author_kind = 'customer' THEN mail->>'from' END]
                || ARRAY(SELECT jsonb_array_elements_text((mail->'to') || (mail->'cc'))) FROM hd_message
            WHERE ticket = {} AND audience = 'public' AND undone_at IS NULL AND mail IS NOT NULL AND author_kind IN ('agent', 'customer')
                AND NOT coalesce((mail->>'is_auto_reply')::boolean, false) ORDER BY created_at DESC, id DESC LIMIT 1) AS last_mail""",
        addresses, ticket.customer, ticket.organisation, ticket.organisation, ticket.customer, ticket.id,
    )  # fmt: skip
    domains = set(row["domains"]) | ({one.rpartition("@")[2] for one in row["own"]} - _FREE)
    inside = set(row["known"]) | {one for one in addresses if one.rpartition("@")[2] in domains}
    named = row["last_mail"]
    return _Around(row["own"], inside, None if named is None else list(dict.fromkeys(one for one in named if one)))


async def _ours(addresses: Iterable[str]) -> set[str]:
    """Those that lead to one of our mailboxes."""
    wanted = {one: base_mailbox(one) for one in addresses}
    found = await rows("SELECT address FROM hd_channel WHERE address = ANY({})", list(set(wanted.values())))
    ours = {row["address"] for row in found}
    return {one for one, base in wanted.items() if base in ours}


def _read(text: str) -> tuple[list[Address], list[str]]:
    """The addresses of one field, and what is none."""
    found: list[Address] = []
    refused: list[str] = []
    carried = ""  # of a name with a bare comma: Doe, Dora <dora@x>
    for entry in _ENTRY.findall(text):
        entry = entry.strip()
        named = _NAMED.fullmatch(entry)
        if named and is_address(named[2].strip().lower()):
            name = f"{carried}, {named[1]}" if carried else named[1]
            found.append(Address(name.strip(), named[2].strip().lower()))
            carried = ""
            continue
        if carried:
            refused.append(carried)
        carried = ""
        words = entry.lower().split()
        if words and all(is_address(word) for word in words):
            found += [Address("", word) for word in words]
        elif "@" not in entry:
            carried = entry
        else:
            refused.append(entry)
    return found, [*refused, carried] if carried else refused
