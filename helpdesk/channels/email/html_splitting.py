"""What is new in the HTML of a mail and what it quotes: by the marks of mail programs first, by its words after."""

import re
from collections.abc import Iterator
from html import escape

from lxml.html import HtmlElement, tostring

from helpdesk.channels.email.html_reading import BLOCKS, parse_html, steps, tree_to_text
from helpdesk.channels.email.quote_marks import is_attribution
from helpdesk.channels.email.quoting import NEW, kinds_of

_QUOTE_CLASSES = re.compile(
    r"(?:^|\s)(?:gmail_quote\w*|gmail_extra|gmail_attr|yahoo_quoted|moz-cite-prefix|moz-forward-container|protonmail_quote"
    r"|tutanota_quote|zmail_extra|helpdesk_quote|freshdesk_quote|gorgias_quote|front-blockquote|mail_extra|cite-prefix"
    r"|ms-outlook-mobile-reference-message)(?:\s|$)"
)
_QUOTE_IDS = {"yahoo_quoted", "replybody", "isreplycontent", "originalmessage", "orighedr"}
_REST_IDS = {"appendonsend", "divrplyfwdmsg", "reply-intro", "isforwardcontent", "zwchr"}
_REST_IDS |= {"mail-editor-reference-message-container", "ms-outlook-mobile-body-separator-line"}
_SIGNATURE_CLASSES = re.compile(
    r"(?:^|\s)(?:gmail_signature\w*|moz-signature|ms-outlook-mobile-signature|protonmail_signature_block\S*)(?:\s|$)"
)
_SIGNATURE_IDS = {"signature", "applemailsignature", "ms-outlook-mobile-signature", "linebreakatbeginningofsignature"}

Place = tuple[HtmlElement, bool]
"""Where a line begins: in the element's text, or (True) in the text after it."""


def split_html(html: str) -> tuple[str, str]:
    """The new part and the quoted part, unsafe as they came; all is new when nothing else would be left."""
    document = parse_html(html)
    if document is None:
        return html, ""
    body = document.find("body")
    root = body if body is not None else document
    quoted = [*_cut_rest(root), *_cut_containers(root), *_cut_by_words(root), *_cut_signatures(root)]
    if not quoted or not _has_letters(tree_to_text(root)):
        return html, ""
    _cut_last_rules(root)
    return _html_of(document), "\n".join(quoted)


def _cut_rest(root: HtmlElement) -> list[str]:
    """From a divider of Outlook's on, all is an older mail."""
    for element in root.iterdescendants():
        if _id(element) in _REST_IDS:
            return _cut_from(root, (element, False))
    return []


def _cut_containers(root: HtmlElement) -> list[str]:
    quoted: list[str] = []
    for element in [element for element in root.iterdescendants() if _is_quote(element)]:
        if any(ancestor is root for ancestor in element.iterancestors()):  # not inside one that is cut already
            quoted += _cut_attribution_before(element)
            quoted.append(_cut(element))
    return quoted


def _cut_by_words(root: HtmlElement) -> list[str]:
    """From the line on after which nothing is new, as the rules for plain text have it."""
    lines, places = [], []
    for line, place in _lines(root):
        lines.append(line)
        places.append(place)
    kinds = kinds_of(lines)
    first = len(kinds.rstrip(kinds[-1])) if kinds and kinds[-1] != NEW else len(kinds)
    while first and kinds[first - 1] != NEW:
        first -= 1
    return _cut_from(root, places[first]) if 0 < first < len(lines) else []


def _cut_signatures(root: HtmlElement) -> list[str]:
    signed = [element for element in root.iterdescendants() if _is_signature(element)]
    return [_cut(element) for element in signed if any(ancestor is root for ancestor in element.iterancestors())]


def _cut_last_rules(root: HtmlElement) -> None:
    """A line drawn above what was cut separates nothing any more."""
    elements = [
        element
        for kind, element, text in steps(root)
        if element.tag == "hr" or (kind in ("text", "tail") and text.strip())
    ]
    while elements and elements[-1].tag == "hr" and not (elements[-1].tail or "").strip():
        rule = elements.pop()
        if rule.getparent() is not None:
            _cut(rule)


def _is_quote(element: HtmlElement) -> bool:
    if not isinstance(element.tag, str):
        return False
    if element.tag == "blockquote" and ((element.get("type") or "").lower() == "cite" or _follows_attribution(element)):
        return True
    return bool(_QUOTE_CLASSES.search(element.get("class") or "")) or _id(element) in _QUOTE_IDS


def _is_signature(element: HtmlElement) -> bool:
    return bool(_SIGNATURE_CLASSES.search(element.get("class") or "")) or _id(element) in _SIGNATURE_IDS


def _id(element: HtmlElement) -> str:
    return (element.get("id") or "").lower().removeprefix("x_") if isinstance(element.tag, str) else ""


def _follows_attribution(element: HtmlElement) -> bool:
    before = _before(element)
    return before is not None and is_attribution(before[1])


def _before(element: HtmlElement) -> tuple[HtmlElement | None, str] | None:
    """The words just before an element, and the element that holds them; None for text of the parent's own."""
    sibling = element.getprevious()
    while sibling is not None and sibling.tag == "br" and not (sibling.tail or "").strip():
        sibling = sibling.getprevious()
    if sibling is None:
        parent = element.getparent()
        return (None, parent.text or "") if parent is not None else None
    if (sibling.tail or "").strip():
        return None, sibling.tail or ""
    words = " ".join(sibling.itertext()) if isinstance(sibling.tag, str) else ""
    return sibling, words[:1000]


def _cut_attribution_before(element: HtmlElement) -> list[str]:
    before = _before(element)
    if before is None or not is_attribution(before[1]):
        return []
    if before[0] is not None:
        return [_cut(before[0])]
    sibling = element.getprevious()
    while sibling is not None and not (sibling.tail or "").strip():
        sibling = sibling.getprevious()
    parent = element.getparent()
    if sibling is not None:
        sibling.tail = None
    elif parent is not None:
        parent.text = None
    return [f"<p>{escape(before[1].strip())}</p>"]


def _lines(root: HtmlElement) -> Iterator[tuple[str, Place]]:
    """The lines that a reader sees and where each begins."""
    line, place = "", None
    for kind, element, text in steps(root):
        if kind in ("text", "tail"):
            if place is None and text.strip():
                place = (element, kind == "tail")
            line += text if place else ""
        elif (element.tag == "br" and kind == "start") or element.tag in BLOCKS:
            if place:
                yield " ".join(line.split()), place
            line, place = "", None
    if place:
        yield " ".join(line.split()), place


def _cut_from(root: HtmlElement, place: Place) -> list[str]:
    """Take out all from the place to the end of the root, and give its HTML."""
    element, is_tail = place
    cut: list[str] = []
    text = element.tail if is_tail else element.text
    if is_tail:
        element.tail = None
    else:
        element.text = None
        cut += [_cut(child, with_tail=True) for child in list(element)]
    if text and text.strip():
        cut.insert(0, escape(text))
    if not is_tail and element is not root:
        cut += _own_tail(element)
    while element is not root:
        parent = element.getparent()
        if parent is None:
            break
        cut += [_cut(sibling, with_tail=True) for sibling in list(element.itersiblings())]
        element = parent
        if element is not root:
            cut += _own_tail(element)
    return cut


def _own_tail(element: HtmlElement) -> list[str]:
    tail, element.tail = element.tail, None
    return [escape(tail)] if tail and tail.strip() else []


def _cut(element: HtmlElement, *, with_tail: bool = False) -> str:
    """Take the element out, without the text after it unless asked, and give its HTML."""
    html = _html_of(element, with_tail=with_tail)
    parent, before = element.getparent(), element.getprevious()
    tail = None if with_tail else element.tail
    if parent is not None:
        parent.remove(element)
        if tail and before is not None:
            before.tail = (before.tail or "") + tail
        elif tail:
            parent.text = (parent.text or "") + tail
    return html


def _html_of(element: HtmlElement, *, with_tail: bool = False) -> str:
    return str(tostring(element, encoding="unicode", with_tail=with_tail))


def _has_letters(text: str) -> bool:
    return any(letter.isalnum() for letter in text)
