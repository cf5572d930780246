"""What a mail says, as plain data: what the parser's child process hands over and everything else is built on."""

from datetime import datetime

import msgspec

from helpdesk.channels.email.addresses import Address
from helpdesk.channels.email.calendars import CalendarEvent


class FailedRecipient(msgspec.Struct, frozen=True):
    """One recipient whom a report names as not reached, and will not be; `addresses` are all that it gives for them."""

    addresses: tuple[str, ...]
    status: str | None = None


class Bounce(msgspec.Struct, frozen=True):
    """What a report says about its first recipient that failed; addresses are in lower case.

    `action` is failed, delayed, delivered, relayed or expanded (RFC 3464 2.3.3); `status` like "5.1.1".
    """

    final_recipient: str | None = None
    original_recipient: str | None = None
    action: str | None = None
    status: str | None = None
    diagnostic: str = ""
    original_message_id: str | None = None
    failed: tuple[FailedRecipient, ...] = ()
    """All that failed."""


class Feedback(msgspec.Struct, frozen=True):
    """What a feedback report says of the mail that its recipient complained about (RFC 5965)."""

    kind: str
    """abuse, fraud, virus, opt-out, other, not-spam and what providers invent."""
    original_recipients: tuple[str, ...] = ()
    original_sender: str | None = None
    """The envelope sender of the mail."""
    original_message_id: str | None = None
    original_reply_to: str | None = None
    """Of the returned copy: providers such as Amazon put a Message-ID of their own into what they send for us."""


class ParsedAttachment(msgspec.Struct, frozen=True):
    """A file of the mail; `name` is safe to use and never empty, `content_id` has no angle brackets."""

    name: str
    content_type: str
    content: bytes
    content_id: str | None = None
    is_inline: bool = False


class ParsedMail(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail says. Message-IDs have no angle brackets; `date` is in UTC; `html` is decoded but not sanitised."""

    subject: str
    from_: Address | None
    is_sender_unsure: bool
    """From is absent, malformed, or names several (rulings 10)."""
    sender: Address | None
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    date: datetime | None
    message_id: str | None
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    text: str
    """The plain text body; made from the HTML where there is no text part."""
    html: str | None
    attachments: tuple[ParsedAttachment, ...]
    headers: tuple[tuple[str, str], ...]
    """All fields in order: lower-case name, decoded value on one line."""
    is_auto_reply: bool
    """A machine wrote it, and it is neither a bounce nor another report."""
    is_bounce: bool
    is_list_or_bulk: bool
    is_feedback_report: bool
    is_disposition_notification: bool
    must_not_get_an_automatic_answer: bool
    """By this mail alone (RFC 3834); the caller adds the envelope sender and its own addresses."""
    language: str
    authentication_results: tuple[str, ...]
    """The Authentication-Results values, topmost first."""
    defects: tuple[str, ...]
    bounce: Bounce | None
    feedback: Feedback | None = None
    events: tuple[CalendarEvent, ...] = ()
    """Of an invitation."""
    sealed: str = ""
    """`smime` or `pgp` when the text is in an encrypted (or signed and wrapped) part, which stays a file."""


class Forwarded(msgspec.Struct, frozen=True):
    """The mail that another one forwards, as the forwarding person's program tells it: nobody else vouches for it.

    `address` is in lower case; `date` is in UTC, None when it cannot be told; `text` is all of it, quotes too; `above`
    is what the forwarding person wrote themselves, without signature.
    """

    address: str
    name: str
    subject: str
    date: datetime | None
    text: str
    above: str = ""


class ReadMail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail made ready to be shown: its new text apart from what was quoted, its HTML safe.

    `quoted_text` is the rest of the text: signature and quotes. `safe_html` is the new part only, to be shown through
    `sanitising.present`; None when the mail has no HTML. `quoted_html` is the rest, equally safe, "" when there is none.
    """

    mail: ParsedMail
    new_text: str
    quoted_text: str
    safe_html: str | None
    quoted_html: str
    has_remote_images: bool
    sanitiser_version: int
    forwarded: Forwarded | None = None
