"""Reads real mails and compares with what four other parsers agree on: `python -m tests.corpora.mails [--data DIR] [--short]`.

Ends with 1 when the folder is missing or a threshold is missed. The data is described in its README.
"""

import json
import re
import sys
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from helpdesk.channels.email.filenames import clean_name, extension_of
from helpdesk.channels.email.parsing import parse
from helpdesk.channels.email.reading import ParsedMail
from tests.corpora.reporting import Table, read_lines, run

Expected = dict[str, Any]


def compare(data: Path, *, is_short: bool) -> bool:
    folder = data / "email"
    expected = read_lines(folder / "expected.jsonl")
    started = time.monotonic()
    mails = {row["file"]: parse((folder / row["file"]).read_bytes()) for row in expected}
    print(f"{len(mails)} mails parsed in {time.monotonic() - started:.2f} s")
    table = Table(is_short=is_short)
    for name, (least, applies, given, wanted) in FIELDS.items():
        rows = [row for row in expected if not {name, name.partition(" ")[0]} & _unsure(row) and applies(row)]
        pairs = [(row["file"], given(mails[row["file"]], row), wanted(row)) for row in rows]
        pairs = [
            (case, got, _readable(got, want) if isinstance(got, str) and want else want) for case, got, want in pairs
        ]
        table.agreement(name, least, pairs)
    for name in FLAGS:
        table.precision_and_recall(
            name, 0.95, [(r["file"], getattr(mails[r["file"]], name), r[name]) for r in expected]
        )
    kept_quiet = [(r["file"], mails[r["file"]], r) for r in expected if r["must_not_get_an_automatic_answer"]]
    table.agreement("silence where it is needed", 1.0, ((f, _is_silent(mail), True) for f, mail, _ in kept_quiet))
    others = [r["file"] for r in expected if not r["must_not_get_an_automatic_answer"]]
    table.agreement("answers to the others", 0.95, ((f, _is_silent(mails[f]), False) for f in others))
    _compare_derived(folder, table)
    _compare_tnef(folder, table)
    return table.show()


def _unsure(row: Expected) -> set[str]:
    ours = {"date_utc": "date", "attachments": "attachment"}
    return {ours.get(name, name) for name in map(str, row["unsure"])}


def _always(row: Expected) -> bool:
    return True


def _blanks(text: str | None) -> str:
    return " ".join((text or "").split())


def _readable(given: str, wanted: str) -> str:
    """What was wanted where the other parsers could decode it; ours where they could not and we could."""
    known = re.sub(r"[^\x20-\x7e]+", "", wanted)
    is_better = "\ufffd" in wanted and "\ufffd" not in given and re.sub(r"[^\x20-\x7e]+", "", given) == known
    return given if is_better else wanted


def _from(mail: ParsedMail, row: Expected) -> list[str]:
    return [mail.from_.addr] if mail.from_ else []


def _addresses(name: str) -> tuple[float, Callable[[Expected], bool], Callable[..., Any], Callable[[Expected], Any]]:
    return (
        0.99,
        _always,
        lambda mail, row: [address.addr for address in getattr(mail, name)],
        lambda row: [person["address"] for person in row[name]],
    )


def _names(mail: ParsedMail, row: Expected) -> list[str]:
    return [_blanks(address.name) for address in ([mail.from_] if mail.from_ else [])][:1]


def _moment(row: Expected) -> datetime | None:
    return datetime.fromisoformat(row["date_utc"]) if row["date_utc"] else None


def _file_names(row: Expected) -> list[str]:
    named = [file for file in row["attachments"] if file["name"] or not file["type"].startswith("text/")]
    return sorted(clean_name(file["name"], file["type"]) for file in named)


def _given_file_names(mail: ParsedMail, row: Expected) -> list[str]:
    """Our names; where a file has none of its own, the one that `_file_names` has for it, as any will do.

    Names made up for nameless text parts are left out, as the expected results do not list these.
    """
    given = [
        file.name
        for file in mail.attachments
        if not (file.content_type.startswith("text/") and file.name.startswith("attachment"))
    ]
    for file in row["attachments"]:
        usual, ending = clean_name("", file["type"]), extension_of(file["type"])
        if not file["name"] and usual not in given:
            ours = next((name for name in given if ending and name.endswith(ending)), None)
            given = [usual if name == ours else name for name in given]
    return sorted(given)


FIELDS: dict[str, tuple[float, Callable[[Expected], bool], Callable[..., Any], Callable[[Expected], Any]]] = {
    "subject": (0.99, _always, lambda mail, row: _blanks(mail.subject), lambda row: _blanks(row["subject"])),
    "from": (0.99, _always, _from, lambda row: [person["address"] for person in row["from"]][:1]),
    "from name": (0.95, lambda row: bool(row["from"]), _names, lambda row: [_blanks(row["from"][0].get("name"))]),
    "to": _addresses("to"),
    "cc": _addresses("cc"),
    "date": (0.99, _always, lambda mail, row: mail.date, _moment),
    "message_id": (0.99, _always, lambda mail, row: mail.message_id, lambda row: row["message_id"] or None),
    "references": (
        0.98,
        lambda row: bool(row["references"]),
        lambda mail, row: list(mail.references),
        lambda row: row["references"],
    ),
    "in_reply_to": (
        0.95,
        lambda row: bool(row["in_reply_to"]),
        lambda mail, row: list(mail.in_reply_to),
        lambda row: row["in_reply_to"],
    ),
    "attachment names": (
        0.98,
        lambda row: bool(row["attachments"]),
        _given_file_names,
        _file_names,
    ),
    "attachment none": (
        0.98,
        lambda row: not row["attachments"],
        lambda mail, row: [file.name for file in mail.attachments],
        lambda row: [],
    ),
    "text_start": (
        0.95,
        lambda row: row["has_text"],
        lambda mail, row: _blanks(mail.text)[:60].rstrip(),
        lambda row: row["text_start"][:60].rstrip(),
    ),
    "has_html": (0.98, _always, lambda mail, row: mail.html is not None, lambda row: row["has_html"]),
    "dsn": (
        0.95,
        lambda row: bool(row.get("dsn")),
        lambda mail, row: mail.bounce and (mail.bounce.action, mail.bounce.status),
        lambda row: (_word(row["dsn"].get("action")), _word(row["dsn"].get("status"))),
    ),
}
FLAGS = ("is_bounce", "is_auto_reply", "is_list_or_bulk", "is_feedback_report", "is_disposition_notification")


def _word(text: str | None) -> str | None:
    return text.lower().split()[0] if text else None


def _is_silent(mail: ParsedMail) -> bool:
    return mail.must_not_get_an_automatic_answer


def _compare_derived(folder: Path, table: Table) -> None:
    rows = read_lines(folder / "derived" / "expected.jsonl")
    read = [(row, parse((folder / row["file"]).read_bytes())) for row in rows]
    table.agreement("derived: subject", 1.0, ((r["file"], _blanks(m.subject), _blanks(r["subject"])) for r, m in read))
    table.agreement("derived: from", 1.0, ((r["file"], m.from_ and m.from_.addr, r["from_address"]) for r, m in read))
    table.agreement("derived: text", 1.0, _derived_texts(read))
    files = (
        (r["file"], [f.name for f in m.attachments], [_visible(f["name"]) for f in r["attachments"]]) for r, m in read
    )
    table.agreement("derived: files", 1.0, files)


def _compare_tnef(folder: Path, table: Table) -> None:
    """Each TNEF body as the only part of a mail: its files with their sizes, and which forms of a text it has."""
    rows = json.loads((folder / "expected_tnef.json").read_text(encoding="utf-8"))
    mails = [
        (row, parse(b"Content-Type: application/ms-tnef\n\n" + (folder / row["file"]).read_bytes())) for row in rows
    ]
    files = (
        (row["file"], _sizes(mail, row), [(a["name"], a["size"]) for a in row["attachments"]]) for row, mail in mails
    )
    table.agreement("TNEF: files", 1.0, files)
    wanted = ((row, mail, row["has_text"] or row["has_html"] or row["has_rtf"]) for row, mail in mails)
    table.agreement("TNEF: text", 1.0, ((row["file"], bool(mail.text), has_text) for row, mail, has_text in wanted))


def _sizes(mail: ParsedMail, row: Expected) -> list[tuple[str, int]]:
    """Names and sizes. An OLE object was measured by somebody with its interface's 16 bytes and without its last zeros."""
    files = [file for file in mail.attachments if file.content_type != "application/ms-tnef"]
    measured = {a["size"] for a in row["attachments"]}
    trimmed = {file.name: len(file.content.rstrip(b"\0")) + 16 for file in files}
    return [(file.name, trimmed[file.name] if trimmed[file.name] in measured else len(file.content)) for file in files]


def _derived_texts(read: Iterable[tuple[Expected, ParsedMail]]) -> Iterable[tuple[str, str, str]]:
    return ((row["file"], _blanks(mail.text), _blanks(row["text"])) for row, mail in read if row["text"] is not None)


def _visible(name: str) -> str:
    return name.replace("\u202e", "")


if __name__ == "__main__":
    sys.exit(run(compare))
