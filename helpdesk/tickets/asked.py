"""What a ticket is about, in the customer's words: what articles are looked for with, and learn from."""

import msgspec

from helpdesk.kernel.database import rows
from helpdesk.tickets.tables import Ticket

MOST_MESSAGES = 10


class Asked(msgspec.Struct, frozen=True):
    """What a ticket is about: its subject and what the customer wrote, without quotations and signatures."""

    subject: str
    text: str

    @property
    def whole(self) -> str:
        return f"{self.subject}\n{self.text}".strip()


async def asked_in(ticket: Ticket) -> Asked:
    """The customer's first messages; what was said on the phone counts as theirs, automatic mail and outsiders do not."""
    found = await rows(
        """SELECT body_text FROM hd_message WHERE ticket = {} AND author_kind = 'customer' AND audience = 'public' AND thread IS NULL
            AND undone_at IS NULL ORDER BY id LIMIT {}""",
        ticket.id, MOST_MESSAGES,
    )  # fmt: skip
    return Asked(ticket.subject, "\n\n".join(row["body_text"] for row in found))
