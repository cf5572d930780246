"""Complaints that providers pass on: "your mail is spam, says who got it" (RFC 5965)."""

from helpdesk.channels.email.bounces import RETURNED, field_groups, read_recipient, returned_message_id
from helpdesk.channels.email.mime import Part
from helpdesk.channels.email.reading import Feedback


def read_feedback(part: Part) -> Feedback:
    """What the report says; providers leave out much, so every field may be empty."""
    leaves = list(part.leaves())
    report = next((leaf for leaf in leaves if leaf.kind == "message/feedback-report"), None)
    returned = next((leaf for leaf in leaves if leaf.kind in RETURNED), None)
    said = next(field_groups(report.content()), {}) if report is not None else {}
    named = [said.get("original-rcpt-to", ""), said.get("removal-recipient", "")]
    return Feedback(
        kind=said.get("feedback-type", "").strip().lower(),
        original_recipients=tuple(dict.fromkeys(found for one in named if (found := read_recipient(one)))),
        original_sender=read_recipient(said.get("original-mail-from", "")),
        original_message_id=returned_message_id(returned, [said]),
        original_reply_to=read_recipient(next(field_groups(returned.content()), {}).get("reply-to", ""))
        if returned
        else None,
    )
