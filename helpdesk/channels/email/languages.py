"""A guess at the language of a text by its letters; enough to choose a direction and a template."""

import re

_SCRIPTS = {
    "ar": re.compile(r"[\u0620-\u06ff\ufb50-\ufdff\ufe70-\ufefc]"),
    "ru": re.compile(r"[\u0400-\u04ff]"),
    "he": re.compile(r"[\u05d0-\u05ea]"),
    "el": re.compile(r"[\u0370-\u03ff]"),
    "ja": re.compile(r"[\u3040-\u30ff]"),
    "ko": re.compile(r"[\uac00-\ud7a3]"),
    "zh": re.compile(r"[\u4e00-\u9fff]"),
    "en": re.compile(r"[A-Za-z\u00c0-\u024f]"),
}
_PERSIAN = re.compile(r"[پچژگ\u200c]|(?<!\w)(?:است|که|را|از|این|آن|با|برای|های|می|شما|سلام|لطفا|ممنون|تشکر)(?!\w)")
_ARABIC = re.compile(r"[ةىأإ]|(?<!\w)(?:في|من|على|الى|إلى|هذا|هذه|التي|الذي|عن|مع|لا|شكرا|مرحبا)(?!\w)")
_SAMPLE = 20_000


def guess_language(text: str) -> str:
    """`fa`, `en`, or the best known language of the script that prevails; `en` for a text without letters.

    Latin counts for less, because addresses and product names are Latin in every language.
    """
    sample = text[:_SAMPLE]
    counts: dict[str, float] = {language: len(script.findall(sample)) for language, script in _SCRIPTS.items()}
    if counts["ja"]:
        counts["ja"] += counts["zh"]
    counts["en"] /= 3
    best = max(counts, key=lambda language: counts[language])
    if not counts[best]:
        return "en"
    if best == "ar":
        return "ar" if len(_ARABIC.findall(sample)) > len(_PERSIAN.findall(sample)) else "fa"
    return best
