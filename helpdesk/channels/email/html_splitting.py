"""What is new in the HTML of a mail and what it quotes: by the marks of mail programs first, by its words after."""

import re
from collections.abc import Iterator
from html import escape

from lxml.html import HtmlElement, tostring

from helpdesk.channels.email.html_reading import BLOCKS, parse_html, steps, tree_to_text
from helpdesk.channels.email.quote_marks import is_attribution
from helpdesk.channels.email.quoting import MAX_FORWARDS, NEW, find_forward, kinds_of

_QUOTE_CLASSES = re.compile(
    r"(?:^|\s)(?:gmail_quote\w*|gmail_extra|gmail_attr|\w*yahoo_quoted|moz-cite-prefix|moz-forward-container|protonmail_quote"
    r"|tutanota_quote|zmail_extra|helpdesk_quote|freshdesk_quote|gorgias_quote|front-blockquote|mail_extra|cite-prefix"
    r"|ntes-mailmaster-quote|superhuman_quote|hs_reply|zendesk_quote|ms-outlook-mobile-reference-message)(?:\s|$)"
)
_QUOTE_IDS = re.compile(
    r"(?:ydp\w{6,12})?yahoo_quoted(?:_\d+)?|replybody|isreplycontent|isforwardcontent|originalmessage|orighedr"
)
_QUOTE_NAMES = {"messagereplysection", "quote"}
_REST_IDS = {
    "appendonsend",
    "divrplyfwdmsg",
    "reply-intro",
    "zwchr",
    "stopspelling",
    "ec_stopspelling",
    "olk_src_body_section",
}
_REST_IDS |= {"mail-editor-reference-message-container", "ms-outlook-mobile-body-separator-line"}
_REST_STYLE = re.compile(  # the line that Outlook and Windows Mail draw above the header of the older mail
    r"border:\s*none;\s*border-top:\s*solid\s+#?\w+\s+1\.0pt;\s*padding:\s*3\.0pt\s+0\w*\s+0\w*\s+0\w*", re.IGNORECASE
)
_SIGNATURE_CLASSES = re.compile(
    r"(?:^|\s)(?:gmail_signature\w*|moz-signature|ms-outlook-mobile-signature|protonmail_signature_block\S*|\w*yahoo-signature\S*)(?:\s|$)"
)
_SIGNATURE_IDS = {"signature", "applemailsignature", "ms-outlook-mobile-signature", "linebreakatbeginningofsignature"}
_SIGNATURE_IDS |= {"composer_signature", "mail-editor-signature", "zm_signature"}

_LINES_OF_ATTRIBUTION = 4

Place = tuple[HtmlElement, bool]
"""Where a line begins: in the element's text, or (True) in the text after it."""


def split_html(html: str, subject: str = "") -> tuple[str, str]:
    """The new part and the quoted part, unsafe as they came; all is new when nothing else would be left.

    A mail that is forwarded is new, too; the subject tells it from one that is answered, as in `quoting.split`.
    """
    document = parse_html(html)
    if document is None:
        return html, ""
    body = document.find("body")
    root = body if body is not None else document
    kept = _heads_of_forward(root, subject)
    quoted = [
        *_cut_rest(root, kept),
        *_cut_containers(root, kept),
        *_cut_by_words(root, subject),
        *_cut_signatures(root),
    ]
    if not quoted or not _has_letters(tree_to_text(root)):
        return html, ""
    _cut_last_rules(root)
    return _html_of(document), "\n".join(quoted)


def _heads_of_forward(root: HtmlElement, subject: str) -> set[HtmlElement]:
    """The elements that begin before a forwarded mail's text, which no mark of a program makes a quote."""
    lines = list(_lines(root))
    begun = 0
    for _ in range(MAX_FORWARDS):  # what is forwarded may forward in turn
        forward = find_forward([line for line, _ in lines[begun:]], subject)
        if forward is None:
            break
        begun, subject = begun + forward.end, ""
    if not begun:
        return set()
    last = lines[begun - 1][1][0]
    heads: set[HtmlElement] = set()
    for element in root.iter():
        heads.add(element)
        if element is last:
            break
    return heads


def _cut_rest(root: HtmlElement, kept: set[HtmlElement]) -> list[str]:
    """From a divider of Outlook's on, all is an older mail."""
    for element in root.iterdescendants():
        if element not in kept and _begins_rest(element):
            return _cut_from(root, (element, False))
    return []


def _begins_rest(element: HtmlElement) -> bool:
    return _id(element) in _REST_IDS or (
        element.tag == "div" and bool(_REST_STYLE.search(element.get("style") or "")) and _is_header(element)
    )


def _is_header(element: HtmlElement) -> bool:
    """Whether it holds the few fields of a header: by their form alone, in whatever language."""
    words = [word.strip() for word in element.itertext() if word.strip()]
    return 3 <= sum(word.rstrip("\xa0 ").endswith((":", "：")) for word in words) <= 8 and len(words) < 60


def _cut_containers(root: HtmlElement, kept: set[HtmlElement]) -> list[str]:
    quoted: list[str] = []
    for element in [element for element in root.iterdescendants() if element not in kept and _is_quote(element)]:
        if any(ancestor is root for ancestor in element.iterancestors()):  # not inside one that is cut already
            quoted += _cut_attribution_before(element)
            quoted.append(_cut(element))
    return quoted


def _cut_by_words(root: HtmlElement, subject: str) -> list[str]:
    """From the line on after which nothing is new, as the rules for plain text have it."""
    lines, places = [], []
    for line, place in _lines(root):
        lines.append(line)
        places.append(place)
    kinds = kinds_of(lines, subject)
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
    if (element.get("name") or "").lower() in _QUOTE_NAMES and element.tag == "div":
        return True
    return bool(_QUOTE_CLASSES.search(element.get("class") or "")) or bool(_QUOTE_IDS.fullmatch(_id(element)))


def _is_signature(element: HtmlElement) -> bool:
    return bool(_SIGNATURE_CLASSES.search(element.get("class") or "")) or _id(element) in _SIGNATURE_IDS


def _id(element: HtmlElement) -> str:
    return (element.get("id") or "").lower().removeprefix("x_") if isinstance(element.tag, str) else ""


def _follows_attribution(element: HtmlElement) -> bool:
    return _attribution_before(element) is not None


def _attribution_before(element: HtmlElement) -> tuple[HtmlElement, Place] | None:
    """Where the attribution begins that stands just before an element, and the sibling or parent that holds it."""
    sibling = element.getprevious()
    while sibling is not None and sibling.tag == "br" and not (sibling.tail or "").strip():
        sibling = sibling.getprevious()
    parent = element.getparent()
    if sibling is None:
        is_one = parent is not None and is_attribution(parent.text or "")
        return (parent, (parent, False)) if parent is not None and is_one else None
    if (sibling.tail or "").strip():
        return (sibling, (sibling, True)) if is_attribution(sibling.tail or "") else None
    lines = list(_lines(sibling))[-_LINES_OF_ATTRIBUTION:] if isinstance(sibling.tag, str) else []
    for count in range(1, len(lines) + 1):
        if is_attribution(" ".join(line for line, _ in lines[-count:])):
            return sibling, lines[-count][1]
    return None


def _cut_attribution_before(element: HtmlElement) -> list[str]:
    found = _attribution_before(element)
    if found is None:
        return []
    holder, place = found
    if place == (holder, True) or holder is element.getparent():
        text = (holder.tail if place[1] else holder.text) or ""
        if place[1]:
            holder.tail = None
        else:
            holder.text = None
        return [f"<p>{escape(text.strip())}</p>"]
    first = next(_lines(holder))[1]
    return [_cut(holder)] if place == first else _cut_from(holder, place)


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
