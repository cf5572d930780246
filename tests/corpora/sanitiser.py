"""Cleans hostile HTML and asks the neutral judge beside the data: `python -m tests.corpora.sanitiser [--data DIR] [--short]`.

Ends with 1 when the folder is missing, anything active is left, or something that must be kept is gone.
"""

import gzip
import html as entities
import importlib.util
import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from helpdesk.channels.email.html_reading import html_to_text
from helpdesk.channels.email.parsing import parse
from helpdesk.channels.email.sanitising import present, sanitise
from helpdesk.channels.email.style_sheets import inlined
from tests.corpora.reporting import Table, read_lines, run


def compare(data: Path, *, is_short: bool) -> bool:
    folder = data / "sanitiser"
    violations = _judge(folder / "check_sanitised.py")
    attacks = [json.loads(line) for line in gzip.decompress((folder / "attacks.jsonl.gz").read_bytes()).splitlines()]
    cases = json.loads((folder / "mail_html.json").read_text(encoding="utf-8"))["cases"]
    started = time.monotonic()
    cleaned = {case["id"]: sanitise(inlined(case["html"])).html for case in [*attacks, *cases]}
    print(f"{len(cleaned)} cases cleaned in {time.monotonic() - started:.2f} s")
    table = Table(is_short=is_short)
    table.agreement("nothing active is left", 1.0, ((id_, violations(html), []) for id_, html in cleaned.items()))
    shown = ((id_, violations(present(html, image_url=str, allow_remote=True))) for id_, html in cleaned.items())
    table.agreement("nor when shown with consent", 1.0, ((id_, left, []) for id_, left in shown))
    table.agreement("twice is once", 1.0, ((id_, sanitise(html).html, html) for id_, html in cleaned.items()))
    table.agreement("must be gone", 1.0, ((c["id"], _found(c["must_be_gone"], cleaned[c["id"]]), []) for c in cases))
    table.agreement("must be kept", 1.0, ((c["id"], _missing(c, cleaned[c["id"]]), []) for c in cases))
    table.agreement("visible text of the mails", 0.99, _words_kept(data / "email"))
    return table.show()


def _judge(file: Path) -> Callable[[str], list[str]]:
    spec = importlib.util.spec_from_file_location("check_sanitised", file)
    assert spec and spec.loader
    judge = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(judge)
    return judge.violations


def _found(patterns: list[str], html: str) -> list[str]:
    """The patterns still there after the ways of hiding that the data's README names are undone."""
    text = re.sub(r"/\*.*?\*/", "", html.lower(), flags=re.DOTALL)
    text = re.sub(r"\\([0-9a-f]{1,6})\s?", lambda found: chr(min(int(found[1], 16), 0x10FFFF)), text)
    text = re.sub(r'="[^"]*"', lambda found: entities.unescape(found.group()), text)
    text = re.sub(r"\s*:\s*", ":", text)
    return [pattern for pattern in patterns if re.search(pattern, text, re.IGNORECASE)]


def _missing(case: dict[str, Any], html: str) -> list[str]:
    return [text for text in case.get("must_be_kept", []) if text not in html]


def _words_kept(folder: Path) -> Iterator[tuple[str, str, str]]:
    """For each mail with HTML: the words that a reader lost."""
    for row in read_lines(folder / "expected.jsonl"):
        mail = parse((folder / row["file"]).read_bytes()) if row["has_html"] else None
        if mail and mail.html:
            kept = set(html_to_text(sanitise(inlined(mail.html)).html).split())
            lost = [word for word in html_to_text(mail.html).split() if word not in kept]
            yield row["file"], " ".join(lost), ""


if __name__ == "__main__":
    sys.exit(run(compare))
