"""What Amazon SES tells of a mail that it sent for us, as JSON in a mail (SNS): a bounce, a complaint, a delivery."""

import json
import re
from typing import Any

from helpdesk.channels.email.addresses import read_addresses
from helpdesk.channels.email.reading import Bounce, FailedRecipient, Feedback

_ACTIONS = {"bounce": "failed", "delivery": "delivered", "deliverydelay": "delayed"}
_MAX = 256 * 1024
_MAX_RECIPIENTS = 100


def read_notification(text: str) -> Bounce | None:
    """What the text reports of a delivery, None when it does not."""
    kind, said = _read(text)
    return _bounce(kind, _object(said, kind), _object(said, "mail")) if kind in _ACTIONS else None


def read_complaint(text: str) -> Feedback | None:
    """The complaint in the text, None when it is none; Amazon often does not know its kind."""
    kind, said = _read(text)
    if kind != "complaint":
        return None
    told = _object(said, kind)
    return Feedback(
        kind=str(told.get("complaintFeedbackType") or "abuse").strip().lower()[:100],
        original_recipients=tuple(dict.fromkeys(one for one in _addresses(told, "complainedRecipients") if one)),
        original_message_id=_message_id(_object(said, "mail")),
    )


def _read(text: str) -> tuple[str, dict[str, Any]]:
    """The kind of the notification in lower case and what it says; "" when it is none."""
    start = text[:200].find("{")
    if start < 0 or ('"notificationType"' not in text[:_MAX] and '"eventType"' not in text[:_MAX]):
        return "", {}
    try:
        # A long line may have been cut by a mail server, which marks it with an exclamation mark.
        said, _ = json.JSONDecoder().raw_decode(re.sub(r"!\r?\n ?", "", text[start:_MAX]))
    except (ValueError, RecursionError):
        return "", {}
    if not isinstance(said, dict):
        return "", {}
    return str(said.get("notificationType") or said.get("eventType") or "").lower().replace(" ", ""), said


def _bounce(kind: str, told: dict[str, Any], mail: dict[str, Any]) -> Bounce:
    name = {"bounce": "bouncedRecipients", "deliverydelay": "delayedRecipients"}.get(kind, "recipients")
    addresses, recipients = _addresses(told, name), _recipients(told, name)
    first = recipients[0] if recipients else {}
    is_final = kind == "bounce" and str(told.get("bounceType", "")).lower() != "transient"
    action = _ACTIONS[kind] if is_final or kind != "bounce" else "delayed"
    status = re.search(r"\b[245]\.\d{1,3}\.\d{1,3}\b", str(first.get("status", "")))
    diagnostic = first.get("diagnosticCode") or told.get("smtpResponse") or ""
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


def _recipients(told: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [one if isinstance(one, dict) else {"emailAddress": one} for one in _list(told.get(name))]


def _addresses(told: dict[str, Any], name: str) -> list[str | None]:
    return [_address(one.get("emailAddress")) for one in _recipients(told, name)]


def _address(said: object) -> str | None:
    found = read_addresses(str(said).encode("utf-8", "replace")) if said else []
    return found[0].addr if found else None


def _object(said: dict[str, Any], name: str) -> dict[str, Any]:
    found = next((value for key, value in said.items() if key.lower() == name.lower()), None)
    return found if isinstance(found, dict) else {}


def _list(said: object) -> list[Any]:
    return said[:_MAX_RECIPIENTS] if isinstance(said, list) else []
