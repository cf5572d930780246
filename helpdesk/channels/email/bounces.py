"""Reports that a mail could not be delivered: by their parts (RFC 3464), and the many that are plain text."""

import re
from collections.abc import Iterator
from itertools import islice, zip_longest

from helpdesk.channels.email.addresses import read_addresses
from helpdesk.channels.email.amazon import read_notification
from helpdesk.channels.email.fields import message_ids, words
from helpdesk.channels.email.mime import Part, split_headers
from helpdesk.channels.email.reading import Bounce, FailedRecipient

_REPORTS = {"message/delivery-status", "message/global-delivery-status"}
RETURNED = {
    "message/rfc822",
    "text/rfc822-headers",
    "message/global",
    "message/global-headers",
    "message/rfc822-headers",
}
_FAILURE_SUBJECT = re.compile(
    r"undeliver|non.?delivery|not be delivered|delivery (?:status|failure|error|problem|has failed|report|delayed|notification)"
    r"|deliver(?:y|ing)?.{0,20} fail|failed? deliver|failure notice|delivery fail|returned (?:mail|message|to sender)|mail (?:system )?error"
    r"|return(?:ed|ing) (?:mail|message)|mail delivery|message (?:delivery|delayed|not delivered|undeliverable)|undelivered"
    r"|(?:could|can) ?not be (?:delivered|sent)|unzustellbar|rückläufer|non remis|échec|no se (?:ha podido|pudo) entregar"
    r"|mancata consegna|onbestelbaar|não (?:foi )?entregue|iletilemedi|не доставлено|недоставл|بازگشت|تحویل نشد|ارسال نشد|配信|退信|配達"
    r"|\bmail fail(?:ed|ure)|error sending your (?:mail|message)|warning: (?:could not send|message)|user unknown|no such user|nondeliver|\bndn\b|\bndr\b|rejected|bounced",
    re.IGNORECASE,
)
_FAILURE_TEXT = re.compile(
    r"could ?n.t be delivered|could not be delivered|couldn.t deliver|unable to deliver|undeliverable|delivery (?:to|of|has) .{0,80}(?:fail|not)"
    r"|permanent(?:ly)? (?:error|failure|fatal|rejected)|fatal errors|this is the mail system|message (?:was|has) (?:not|been) (?:delivered|reject|return|refus|block)"
    r"|user (?:unknown|not found)|unknown user|no such (?:user|mailbox|address|recipient)|mailbox (?:is )?(?:full|unavailable|not found)|over quota"
    r"|quota exceeded|undelivered|recipient(?:s)? (?:rejected|unknown|not)|host (?:unknown|not found)|delivery (?:error|failed|failure)|does not exist"
    r"|did not reach|permanent errors?|no valid recipients|unknown (?:recipient|address|host)|failed (?:address|recipient)|incorrectly constructed"
    r"|error delivering your|trouble delivering|could not deliver|refused to accept|returned mail|was rejected|is not (?:a )?(?:valid|known|deliverable)|\b5\d\d[ -]5\.\d\.\d|\b5\.[0-7]\.\d{1,3}\b|\b55[0-4]\b|配信|退信|送信できません",
    re.IGNORECASE | re.DOTALL,
)
_STATUS = re.compile(r"(?<![\d.])([245]\.[0-7]\.\d{1,3})(?![\d.])")
_SMTP_CODE = re.compile(r"(?<![\d.])(4[0-9]{2}|5[0-5][0-9])[ -](?=\S)")
_ADDRESS = re.compile(r"<?([\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]+(?:\.[\w-]+)+)>?")
_ADDRESS_ALONE = re.compile(r"^[ \t]*<?([\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]+(?:\.[\w-]+)+)>?:?[ \t]*$", re.MULTILINE)
_COPY = re.compile(
    r"^[ \t>-]*(?:-{2,}.*(?:original|returned|copy|message|header|headers?).*|message header.*|(?:the )?(?:header|original message|body of)[^\n]{0,60}"
    r"(?:follows?|below|:)?|below this line is a copy.*|received: .*|return-path: .*)$",
    re.IGNORECASE | re.MULTILINE,
)
_LOOKED_AT = 64 * 1024
MAX_FAILED = 100


def read_bounce(part: Part, subject: str, text: str, is_from_machine: bool, is_null_sender: bool) -> Bounce | None:
    """The bounce that this mail is, or None when it is none."""
    leaves = list(part.leaves())
    report = next((leaf for leaf in leaves if leaf.kind in _REPORTS), None)
    returned = next((leaf for leaf in leaves if leaf.kind in RETURNED), None)
    if report is not None:
        return _from_report(report, returned)
    if notification := read_notification(text):
        return notification
    about_failure = bool(_FAILURE_SUBJECT.search(subject))
    says_failure = bool(_FAILURE_TEXT.search(text[:_LOOKED_AT]))
    if (is_from_machine or is_null_sender) and (
        about_failure or (says_failure and (is_from_machine or returned is not None))
    ):
        return _from_text(text[:_LOOKED_AT], returned)
    if about_failure and says_failure and (returned is not None or _COPY.search(text[:_LOOKED_AT])):
        return _from_text(text[:_LOOKED_AT], returned)
    return None


def _from_report(report: Part, returned: Part | None) -> Bounce:
    groups = list(field_groups(report.content()))
    recipients = [
        group for group in groups[:MAX_FAILED] if "final-recipient" in group or "action" in group or "status" in group
    ]
    first = next((group for group in recipients if group.get("action", "").lower().startswith("failed")), None)
    said = first or (recipients[0] if recipients else {})
    action = re.match(r"[a-z]+", said.get("action", "").lower())
    status = _STATUS.search(said.get("status", ""))
    return Bounce(
        final_recipient=read_recipient(said.get("final-recipient", "")),
        original_recipient=read_recipient(said.get("original-recipient", "")),
        action=action.group() if action else None,
        status=status[1] if status else None,
        diagnostic=said.get("diagnostic-code", "")[:1000],
        original_message_id=returned_message_id(returned, groups),
        failed=tuple(
            _failed(group) for group in recipients if group.get("action", "failed").lower().startswith("failed")
        ),
    )


def _failed(group: dict[str, str]) -> FailedRecipient:
    """Both addresses of the group: the final one may be where the recipient's own forwarding leads."""
    named = [read_recipient(group.get(name, "")) for name in ("original-recipient", "final-recipient")]
    status = _STATUS.search(group.get("status", ""))
    return FailedRecipient(tuple(address for address in named if address), status[1] if status else None)


def field_groups(raw: bytes) -> Iterator[dict[str, str]]:
    """The groups of fields of a report, each ended by a blank line; at most a thousand."""
    blocks = re.split(rb"\r?\n(?:[ \t]*\r?\n)+", raw[: 4 * _LOOKED_AT])
    for block in blocks[:1000]:
        headers, _, _ = split_headers(block.strip() + b"\n\n", 0, len(block) + 2)
        if headers:
            yield {name: words(value) for name, value in reversed(headers)}


def read_recipient(said: str) -> str | None:
    """`rfc822; Dora@X.example` and what is written instead of it."""
    text = said.rpartition(";")[2] if ";" in said else said
    found = read_addresses(text.strip().encode("utf-8", "replace"))
    return found[0].addr if found else None


def returned_message_id(returned: Part | None, groups: list[dict[str, str]]) -> str | None:
    raw = returned.content()[: 4 * _LOOKED_AT] if returned is not None else b""
    headers, _, _ = split_headers(raw, 0, len(raw))
    for name, value in headers:
        if name == "message-id" and (ids := message_ids(value)):
            return ids[0]
    for group in groups:
        if ids := message_ids(group.get("x-original-message-id", group.get("original-message-id", "")).encode()):
            return ids[0]
    return None


def _from_text(text: str, returned: Part | None) -> Bounce:
    copy = _COPY.search(text)
    said = text[: copy.start()] if copy else text
    status = _STATUS.search(said)
    code = _SMTP_CODE.search(said)
    digits = status[1] if status else f"{code[1][0]}.0.0" if code else None
    recipient = _ADDRESS.search(re.sub(r"(?i)\b(?:mailer-daemon|postmaster)@\S+", "", said))
    kept = re.search(r"^[ \t>]*Message-ID:\s*(<[^<>\s]{3,900}>)", text, re.IGNORECASE | re.MULTILINE)
    diagnostic = next(
        (line.strip() for line in said.splitlines() if _STATUS.search(line) or _SMTP_CODE.search(line)), ""
    )
    action = "delayed" if digits and digits[0] == "4" else "failed"
    return Bounce(
        final_recipient=recipient[1].lower() if recipient else None,
        action=action,
        status=digits,
        diagnostic=diagnostic[:1000],
        original_message_id=returned_message_id(returned, []) or (kept[1].strip("<>") if kept else None),
        failed=tuple(_failed_in(said, recipient, digits)) if action == "failed" else (),
    )


def _failed_in(said: str, first: re.Match[str] | None, digits: str | None) -> Iterator[FailedRecipient]:
    """The addresses that have a line to themselves, each with the status behind it; or the first in the text."""
    alone = list(islice(_ADDRESS_ALONE.finditer(said), MAX_FAILED))
    if not alone and first:
        yield FailedRecipient((first[1].lower(),), digits)
    for found, following in zip_longest(alone, alone[1:]):
        status = _STATUS.search(said, found.end(), following.start() if following else len(said))
        yield FailedRecipient((found[1].lower(),), status[1] if status else digits)
