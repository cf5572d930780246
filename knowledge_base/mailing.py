"""An article's text as a mail can show it: no boxes, no tables, nothing that only stands on our own pages.

It goes into the composer's editor, which knows paragraphs, lists, quotations, code, links and images; so does every mail program.
"""

import re
from collections.abc import Mapping
from urllib.parse import urljoin

from lxml import html as parsing
from lxml.html import HtmlElement

from knowledge_base.linked import in_passing
from knowledge_base.trees import classes_of, inner, parsed, words_in

WIDEST = 640
"""Of an image in a mail, in pixels."""
_FILE = re.compile(r"/help/files/(\d{1,10})")


def as_mail(html: str, *, page: str, images: Mapping[int, str], boxes: Mapping[str, str]) -> str:
    """Clean HTML for the text of a mail. `page` is the article's whole address, for links that go on from it; those to other
    articles lead there `in_passing`. `images` are Content-IDs by the numbers of files, others become their words; `boxes` name
    each kind of box (`note`, `tip` …)."""
    if not html.strip():
        return ""
    root = parsed(html)
    for link in root.iter("a"):
        link.set("href", urljoin(page, in_passing(link.get("href") or "")))
    for image in list(root.iter("img")):
        _mail_image(image, images)
    for table in list(root.iter("table")):
        _replace(table, [_row(row) for row in table.iter("tr")])
    for box in list(root.iter("div")):
        name = next((boxes[kind] for kind in classes_of(box) if kind in boxes), "")
        if name:
            _name(box, name)
    for rule in list(root.iter("hr")):
        rule.drop_tree()
    return inner(root)


def _mail_image(image: HtmlElement, images: Mapping[int, str]) -> None:
    number = _FILE.fullmatch(image.get("src") or "")
    known = images.get(int(number[1])) if number else None
    if known is None:
        words = parsing.Element("span")
        words.text = f"[{image.get('alt')}]" if image.get("alt") else ""
        _replace(image, [words])
        return
    image.set("src", f"cid:{known}")
    width, height = (int(image.get(name) or 0) for name in ("width", "height"))
    if width > WIDEST:
        image.set("width", str(WIDEST))
        if height:
            image.set("height", str(round(height * WIDEST / width)))


def _row(row: HtmlElement) -> HtmlElement:
    """A line; that of heads in bold."""
    line = parsing.Element("div")
    words = " | ".join(words_in(cell) for cell in row)
    into = parsing.Element("strong") if any(cell.tag == "th" for cell in row) else line
    into.text = words
    if into is not line:
        line.append(into)
    return line


def _name(box: HtmlElement, name: str) -> None:
    """A quotation that begins with what kind of box it was."""
    box.tag = "blockquote"
    box.attrib.pop("class")
    first = box[0] if len(box) and box[0].tag == "p" and not (box.text or "").strip() else box
    strong = parsing.Element("strong")
    strong.text, strong.tail, first.text = f"{name}:", f" {first.text or ''}", None
    first.insert(0, strong)


def _replace(element: HtmlElement, by: list[HtmlElement]) -> None:
    for one in by:
        element.addprevious(one)
    if by:
        by[-1].tail, element.tail = element.tail, None
    element.drop_tree()
