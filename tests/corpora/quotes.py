"""Splits replies and compares with what a reader should see: `python -m tests.corpora.quotes [--data DIR] [--short]`.

Ends with 1 when the folder is missing, a threshold is missed, or anything of a text is lost. The table says of what kind
the misses are.
"""

import sys
from collections import Counter
from pathlib import Path
from typing import Any

from helpdesk.channels.email.html_reading import html_to_text
from helpdesk.channels.email.html_splitting import split_html
from helpdesk.channels.email.quoting import Split, find_forward, split
from tests.corpora.reporting import Table, read_lines, run

Case = dict[str, Any]


def compare(data: Path, *, is_short: bool) -> bool:
    cases = read_lines(data / "reply-stripping" / "cases.jsonl")
    table = Table(is_short=is_short)
    texts = [(case, split(case["input"])) for case in cases if "visible" in case]
    pages = [case for case in cases if "input_html" in case]
    signed = [(case, split(case["input"])) for case in cases if "signature" in case]
    table.agreement("text: new part", 0.85, ((case["id"], _plain(s.new), _plain(case["visible"])) for case, s in texts))
    table.agreement("HTML: new part", 0.85, ((p["id"], _seen(p), p["visible_text_without_blanks"]) for p in pages))
    table.agreement("signature", 0.85, ((c["id"], _plain(s.signature), _plain(c["signature"])) for c, s in signed))
    table.agreement("nothing is lost", 1.0, ((case["id"], _lost(case["input"], s), []) for case, s in texts))
    kinds = [_kind(case["input"], _words(s.new), _words(case["visible"])) for case, s in texts]
    kinds += [_kind("", list(_seen(page)), list(page["visible_text_without_blanks"])) for page in pages]
    kinds += [_kind("", _words(case["signature"]), _words(s.signature)) for case, s in signed]
    right, total = kinds.count(""), len(kinds)
    print(f"{right} of {total} are exact, {right / total:.1%}; of the others:")
    for kind, count in Counter(filter(None, kinds)).most_common():
        print(f"{count:>7} {kind}")
    return table.show() and right >= 0.85 * total


def _kind(text: str, given: list[str], wanted: list[str]) -> str:
    """What is wrong with the new part, "" when nothing is."""
    if given == wanted:
        return ""
    if find_forward(text.split("\n"), ""):
        return "forwarded: we show what a mail forwards, they fold it"
    more, less = Counter(given) - Counter(wanted), Counter(wanted) - Counter(given)
    if more and not less:
        return "too much is shown"
    if less and not more:
        return "too much is folded"
    return "both" if more else "the same words in another order"


def _words(text: str) -> list[str]:
    return text.split()


def _plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _seen(case: Case) -> str:
    return "".join(html_to_text(split_html(case["input_html"])[0]).split())


def _lost(text: str, split: Split) -> list[str]:
    def counted(*texts: str) -> Counter[str]:
        return Counter(line.strip() for text in texts for line in text.splitlines() if line.strip())

    return list((counted(text) - counted(split.new, split.quoted, split.signature)).elements())


if __name__ == "__main__":
    sys.exit(run(compare))
