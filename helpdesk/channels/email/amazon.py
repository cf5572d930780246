"""What Amazon SES tells of a mail that it sent for us, as JSON in a mail (SNS): a bounce, a complaint, a delivery."""

import json
import re
from typing import Any

from helpdesk.channels.email.addresses import read_addresses
from helpdesk.channels.email.reading import Bounce, FailedRecipient

_ACTIONS = {"bounce": "failed", "complaint": "delivered", "delivery": "delivered", "deliverydelay": "delayed"}
_MAX = 256 * 1024
_MAX_RECIPIENTS = 100


def read_notification(text: str) -> Bounce | None:
    """The report in the text, None when it is none. A complaint says that the mail came, and its kind as the diagnostic."""
    start = text[:200].find("{")
    if start < 0 or ('"notificationType"' not in text[:_MAX] and '"eventType"' not in text[:_MAX]):
        return None
    try:
        # A long line may have been cut by a mail server, which marks it with an exclamation mark.
        said, _ = json.JSONDecoder().raw_decode(re.sub(r"!\r?\n ?", "", text[start:_MAX]))
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    kind = str(said.get("notificationType") or said.get("eventType") or "").lower().replace(" ", "")
    return _bounce(kind, _object(said, kind), _object(said, "mail")) if kind in _ACTIONS else None


def _bounce(kind: str, told: dict[str, Any], mail: dict[str, Any]) -> Bounce:
    names = {"bounce": "bouncedRecipients", "complaint": "complainedRecipients", "deliverydelay": "delayedRecipients"}
    named = told.get(names.get(kind, "recipients"), [])
    recipients = [one if isinstance(one, dict) else {"emailAddress": one} for one in _list(named)]
    addresses = [_address(one.get("emailAddress")) for one in recipients]
    first = recipients[0] if recipients else {}
    is_final = kind == "bounce" and str(told.get("bounceType", "")).lower() != "transient"
    action = _ACTIONS[kind] if is_final or kind != "bounce" else "delayed"
    status = re.search(r"\b[245]\.\d{1,3}\.\d{1,3}\b", str(first.get("status", "")))
    diagnostic = first.get("diagnosticCode") or told.get("complaintFeedbackType") or told.get("smtpResponse") or ""
    return Bounce(
        final_recipient=next((address for address in addresses if address), None),
        action=action,
        status=status.group() if status else "5.0.0" if action == "failed" else None,
        diagnostic=str(diagnostic)[:1000],
        original_message_id=_message_id(mail),
        failed=tuple(FailedRecipient((one,)) for one in addresses if one) if action == "failed" else (),
    )  # fmt: skip


def _message_id(mail: dict[str, Any]) -> str | None:
    """The Message-ID that we wrote, where SES repeats the header; its own number otherwise."""
    ours = _object(mail, "commonHeaders").get("messageId")
    for header in _list(mail.get("headers")):
        if isinstance(header, dict) and str(header.get("name", "")).lower() == "message-id":
            ours = ours or header.get("value")
    return str(ours or mail.get("messageId") or "").strip("<> ")[:800] or None


def _address(said: object) -> str | None:
    found = read_addresses(str(said).encode("utf-8", "replace")) if said else []
    return found[0].addr if found else None


def _object(said: dict[str, Any], name: str) -> dict[str, Any]:
    found = next((value for key, value in said.items() if key.lower() == name.lower()), None)
    return found if isinstance(found, dict) else {}


def _list(said: object) -> list[Any]:
    return said[:_MAX_RECIPIENTS] if isinstance(said, list) else []
