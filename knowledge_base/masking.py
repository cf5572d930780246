"""An answer to one person made fit for everybody: who they are and what their numbers are goes out of it.

It is a help for whoever writes the article, not a promise: they read every word before it is published, and the page says so.
"""

import re
from collections.abc import Callable, Collection
from html import escape
from itertools import takewhile

from helpdesk.kernel.language import _, speaking
from helpdesk.kernel.text import latin_digits
from knowledge_base.trees import inner, parsed

_LEAST_NAME = 3
"""Letters; what is shorter stands in too many words of its language."""
_LEAST_NUMBER, _LEAST_PHONE, _LEAST_MIXED = 4, 7, 5
_ADDRESS = re.compile(r"(?<![\w.%+-])[\w.%+-]+@[\w-]+(?:\.[\w-]+)+")
_LINK = re.compile(r"https?://[^\s<>«»\"']+", re.IGNORECASE)
_ACCOUNT = re.compile(r"(?<!\w)[A-Z]{2}\d\d(?: ?[A-Z\d]{2,4}){3,8}(?!\w)")
_MONEY = re.compile(
    r"(?<![\w-])(?:[€$£¥]|(?:EUR|USD|GBP|CHF) )\s?\d[\d.,٬٫'’]*(?!\w)"
    r"|(?<![\w-])\d[\d.,٬٫'’]*\s?(?:[€$£¥]|(?:EUR|USD|GBP|CHF|euros?|dollars?|pounds?)\b|(?:هزار |میلیون )?(?:تومان|ریال))"
)
_PHONE = re.compile(r"(?<![\w-])(?:\+|00)?\(?\d[\d ()/.-]{5,18}\d(?![\w-])")
_RUN = re.compile(r"(?<![\w-])[A-Za-z\d]+(?:-[A-Za-z\d]+)*(?![\w-])")
_YEAR = re.compile(r"(?:19|20)\d\d|1[34]\d\d")
_TITLED = re.compile(
    r"\b(?:Mr|Mrs|Ms|Mx|Dr|Prof)\.? +[A-Z][\w’'-]+(?: +[A-Z][\w’'-]+)?"
    r"|(?<!\w)(?:(?:جناب )?آقای|(?:سرکار )?خانم) +[\u0620-\u06d3\u200c]{2,}"
)
_GREETING = re.compile(
    r"\s*(?:(?:hi|hello|hey|dear|good (?:morning|afternoon|evening))\b(?:,? +(?:(?:Mr|Mrs|Ms|Mx|Dr|Prof)\.|[^\s.!?,]+)){0,4}"
    r"|(?:با )?(?:سلام|درود|وقت بخیر)\b[^.!؟\n]{0,60}"
    r"|[^.!؟\n]{0,60}(?:گرامی|عزیز)(?:[،, ]+(?:سلام|درود|وقت بخیر)[.،!]?)?)\s*[,،!:]?\s*$",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"\s*(?:(?:(?:kind|best|warm|many) )?(?:regards|wishes)|(?:yours )?(?:sincerely|faithfully|truly)|cheers|best|many thanks"
    r"|have a (?:nice|good|great|lovely|pleasant) \w+|thank you for your \w+|thanks for your \w+"
    r"|با (?:احترام|تشکر|سپاس)|ارادتمند|موفق باشید|روز خو[شب]ی? داشته باشید|(?:از |با )?[^.!?؟\n]{0,50}(?:سپاس\u200c?گزار|متشکر|ممنون)\w*)\b[\s,،.!]*[^\n.!?؟]{0,40}$",
    re.IGNORECASE,
)
_MOST_AFTER_CLOSING = 6
"""Lines: so much may be a signature. With more behind it the words closed nothing."""


def fit_for_everybody(text: str, html: str | None, *, names: Collection[str], language: str) -> str:
    """An answer as HTML for an article (to be cleaned): masked, without its greeting and what stands from its closing on.

    `names` are those of the people who wrote to one another; `language` is that of the words put in their place.
    """
    root = parsed(html or as_paragraphs(text))
    blocks = list(root)
    lines = [" ".join(" ".join(block.itertext()).split()) for block in blocks]
    begin, end = _between_courtesies(lines)
    for block in [*blocks[:begin], *blocks[end:]]:
        block.drop_tree()
    hide = _hiding(names, language)
    for element in root.iter():
        element.text = hide(element.text) if element.text else element.text
        element.tail = hide(element.tail) if element.tail else element.tail
    for link in list(root.iter("a")):
        href = link.get("href") or ""
        if _LINK.fullmatch(href):
            link.set("href", hide(href).removesuffix("…"))
        else:  # mailto: and tel: would say what their words no longer do
            link.drop_tag()
    return inner(root)


def as_paragraphs(text: str) -> str:
    """Plain text as HTML: blank lines part paragraphs, and so do a greeting and a closing."""
    paragraphs: list[list[str]] = [[]]
    for line in text.splitlines():
        if not line.strip() or _GREETING.match(line) or _CLOSING.match(line):
            paragraphs.append([])
        if line.strip():
            paragraphs[-1].append(line.strip())
            if _GREETING.match(line):
                paragraphs.append([])
    return "".join(f"<p>{'<br>'.join(map(escape, lines))}</p>" for lines in paragraphs if lines)


def mask(text: str, *, names: Collection[str], language: str) -> str:
    """Of a line or a piece of one: names, addresses, phone numbers, sums and other numbers are replaced by what they are."""
    return _hiding(names, language)(text)


def _hiding(names: Collection[str], language: str) -> Callable[[str], str]:
    with speaking(language):
        name, address, phone, number = _("[name]"), _("[e-mail address]"), _("[phone number]"), _("[number]")
        amount = _("[amount]")
    known = _known(names)

    def hide(text: str) -> str:
        text = _ADDRESS.sub(address, _LINK.sub(lambda found: _public(found.group()), text))
        text = _TITLED.sub(name, text)
        text = known.sub(name, text) if known else text
        text = _ACCOUNT.sub(number, _MONEY.sub(amount, text))
        text = _PHONE.sub(lambda found: phone if _digits(found.group()) >= _LEAST_PHONE else found.group(), text)
        return _RUN.sub(lambda found: number if _is_personal(found.group()) else found.group(), text)

    return hide


def _known(names: Collection[str]) -> re.Pattern[str] | None:
    """Whole names and their parts, the longest first; Latin ones only where they begin with a capital, as `will` is a word."""
    parts = {part for name in names for part in (name.strip(), *name.split()) if len(part) >= _LEAST_NAME}
    if not parts:
        return None
    written = "|".join(
        re.escape(part[0].upper() + part[1:]) for part in sorted(parts, key=lambda one: (-len(one), one))
    )
    return re.compile(rf"(?<!\w)(?:{written})(?!\w)")


def _public(link: str) -> str:
    """A link without a name before its host and what it asks for, up to a part that looks like somebody's number or address."""
    before, mark, path = re.split(r"[?#]", link, maxsplit=1)[0].partition("://")
    host, *parts = path.split("/")
    shown = list(takewhile(lambda part: "@" not in part and not _is_personal(part), parts))
    return before + mark + "/".join([host.rpartition("@")[2], *shown]) + ("/…" if len(shown) < len(parts) else "")


def _is_personal(run: str) -> bool:
    """A number of four digits or more that is no year, or letters and digits mixed as in an order's number."""
    count = _digits(run)
    if run.isdigit():
        return count >= _LEAST_NUMBER and not _YEAR.fullmatch(latin_digits(run))
    return count >= _LEAST_NUMBER - 1 and len(run) >= _LEAST_MIXED


def _digits(run: str) -> int:
    return sum(letter.isdigit() for letter in run)


def _between_courtesies(lines: list[str]) -> tuple[int, int]:
    """Where what is said begins, and where it ends."""
    begin, end = 0, len(lines)
    while begin < end and (not lines[begin] or _GREETING.match(lines[begin])):
        begin += 1
    for number in range(end - 1, max(begin, end - _MOST_AFTER_CLOSING) - 1, -1):
        if _CLOSING.match(lines[number]):
            return begin, number
    return begin, end
