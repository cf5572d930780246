"""Message catalogues: `python -m tools.messages` brings helpdesk/locale/*/LC_MESSAGES/helpdesk.po up to the sources.

Translations of messages that are still there are kept, others go. English is its own translation. The files hold no
dates and no line numbers, and are sorted, so that a diff shows what changed.
"""

import io
import re
import sys
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PLURALS = {"en": "nplurals=2; plural=(n != 1)", "fa": "nplurals=2; plural=(n > 1)"}
LANGUAGES = tuple(PLURALS)
PACKAGES = ("helpdesk", "knowledge_base", "sla")
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2"), ("**/templates/**.txt", "jinja2")]
OPTIONS = {
    "**/templates/**": {"trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true", "silent": "false"}
}
KEYWORDS = {"_": None, "gettext": None, "N_": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]|\{(\w+)\}")

HEADER = """msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals};\\n"

"""


def catalogue_file(language: str) -> Path:
    return ROOT / "helpdesk" / "locale" / language / "LC_MESSAGES" / "helpdesk.po"


def in_sources() -> Catalog:
    """Every message of the sources, untranslated."""
    found = Catalog()
    for package in PACKAGES:
        for file, _line, message, comments, context in extract_from_dir(
            str(ROOT / package),
            METHODS,
            OPTIONS,
            keywords=KEYWORDS,
            comment_tags=("Translators:",),
            strip_comment_tags=True,
        ):
            found.add(message, None, [(f"{package}/{file}", 0)], auto_comments=comments, context=context)
    return found


def in_catalogue(language: str) -> Catalog:
    file = catalogue_file(language)
    if not file.exists():
        return empty(language)
    with file.open("rb") as opened:
        return read_po(opened, locale=language)


def empty(language: str) -> Catalog:
    """A catalogue with nothing but our header."""
    return read_po(io.BytesIO(header(language).encode()), locale=language)


def header(language: str) -> str:
    return HEADER.format(language=language, plurals=PLURALS[language])


def key(message: Message) -> tuple[str | None, str]:
    """What tells one message from another: context and (singular) text."""
    return message.context, message.id[0] if isinstance(message.id, tuple | list) else message.id


def forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """The text alone, or its singular and plurals; nothing is one empty form."""
    return tuple(text) if isinstance(text, tuple | list) else (text or "",)


def placeholders(text: str) -> set[str]:
    return {one or other for one, other in PLACEHOLDER.findall(text)}


def updated(language: str) -> str:
    """The catalogue of the language as it should be, as the text of a .po file."""
    translated = {key(message): message for message in in_catalogue(language) if message.id}
    new = empty(language)
    for message in in_sources():
        if not message.id:
            continue
        known = translated.get(key(message))
        old = known.string if known and len(forms(known.id)) == len(forms(message.id)) else None
        string = message.id if language == "en" else old
        flags = known.flags if known and language != "en" else set()
        files = sorted({(file, 0) for file, _ in message.locations})
        new.add(message.id, string, files, flags=flags, auto_comments=message.auto_comments, context=message.context)
    written = io.BytesIO()
    write_po(written, new, width=120, omit_header=True, sort_output=True, include_lineno=False, ignore_obsolete=True)
    return header(language) + written.getvalue().decode().strip() + "\n"


def untranslated(catalogue: Catalog) -> list[Message]:
    """Messages with an empty form, or marked fuzzy."""
    return [one for one in catalogue if one.id and (one.fuzzy or not all(forms(one.string)))]


def main() -> int:
    for language in LANGUAGES:
        text = updated(language)
        file = catalogue_file(language)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        catalogue = in_catalogue(language)
        print(f"{file.relative_to(ROOT)}: {len(catalogue)} messages, {len(untranslated(catalogue))} to translate")
    return 0


if __name__ == "__main__":
    sys.exit(main())
