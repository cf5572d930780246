"""Splits replies and compares with what a reader should see: `python -m tests.corpora.quotes [--data DIR] [--short]`.

Ends with 1 when the folder is missing, a threshold is missed, or anything of a text is lost.
"""

import sys
from collections import Counter
from pathlib import Path
from typing import Any

from helpdesk.channels.email.html_reading import html_to_text
from helpdesk.channels.email.html_splitting import split_html
from helpdesk.channels.email.quoting import Split, split
from tests.corpora.reporting import Table, read_lines, run


def compare(data: Path, *, is_short: bool) -> bool:
    cases = read_lines(data / "reply-stripping" / "cases.jsonl")
    table = Table(is_short=is_short)
    texts = [(case, split(case["input"])) for case in cases if "visible" in case]
    pages = [case for case in cases if "input_html" in case]
    table.agreement("text: new part", 0.85, ((case["id"], _plain(s.new), _plain(case["visible"])) for case, s in texts))
    table.agreement("HTML: new part", 0.80, ((p["id"], _seen(p), p["visible_text_without_blanks"]) for p in pages))
    signed = [(case, split(case["input"])) for case in cases if "signature" in case]
    table.agreement("signature", 0.0, ((c["id"], _plain(s.signature), _plain(c["signature"])) for c, s in signed))
    table.agreement("nothing is lost", 1.0, ((case["id"], _lost(case["input"], s), []) for case, s in texts))
    return table.show()


def _plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _seen(case: dict[str, Any]) -> str:
    return "".join(html_to_text(split_html(case["input_html"])[0]).split())


def _lost(text: str, split: Split) -> list[str]:
    def counted(*texts: str) -> Counter[str]:
        return Counter(line.strip() for text in texts for line in text.splitlines() if line.strip())

    return list((counted(text) - counted(split.new, split.quoted, split.signature)).elements())


if __name__ == "__main__":
    sys.exit(run(compare))
