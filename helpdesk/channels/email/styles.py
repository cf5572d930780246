"""The safe subset of inline styles: what gives a mail its look, nothing that moves, hides, covers or loads."""

import re

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_ALLOWED_LETTERS = re.compile(r"[\w#%.,\s()'\"+-]*")
_COLOUR = r"(?:#[0-9a-f]{3,8}|[a-z]{3,25}|rgba?\(\s*[\d.%]+(?:\s*,\s*[\d.%]+){2,3}\s*\)|hsla?\(\s*[\d.]+(?:\s*,\s*[\d.%]+){2,3}\s*\))"
_LENGTH = r"(?:0|\d{1,4}(?:\.\d{1,4})?(?:px|pt|em|rem|%|ex|ch|mm|cm|in)?)"
_LINE = r"(?:none|hidden|solid|dotted|dashed|double|groove|ridge|inset|outset)"
_BORDER_PART = rf"(?:{_LENGTH}|thin|medium|thick|{_LINE}|{_COLOUR})"
_BORDER = rf"{_BORDER_PART}(?:\s+{_BORDER_PART}){{0,2}}"
_BOX = rf"{_LENGTH}(?:\s+{_LENGTH}){{0,3}}"
_MARGIN = rf"(?:auto|{_LENGTH})(?:\s+(?:auto|{_LENGTH})){{0,3}}"
_FONT_SIZE = (
    r"(?:xx-small|x-small|small|medium|large|x-large|xx-large|smaller|larger|\d{1,3}(?:\.\d{1,4})?(?:px|pt|em|rem|%))"
)

_SIDES = ("top", "right", "bottom", "left", "inline-start", "inline-end", "block-start", "block-end")
_RULES = {
    "color": _COLOUR,
    "background-color": _COLOUR,
    "font-weight": r"normal|bold|bolder|lighter|[1-9]00",
    "font-style": r"normal|italic|oblique",
    "font-variant": r"normal|small-caps",
    "font-family": r"[\w\s,'\"-]{1,200}",
    "font-size": _FONT_SIZE,
    "line-height": r"normal|\d(?:\.\d{1,4})?|\d{1,2}(?:\.\d{1,4})?(?:px|pt)|\d(?:\.\d{1,4})?em|\d{2,3}%",
    "text-align": r"left|right|center|justify|start|end",
    "text-decoration": rf"(?:none|underline|overline|line-through|solid|dotted|dashed|wavy|double|{_COLOUR})(?:\s+(?:underline|line-through|solid|dotted|dashed|{_COLOUR})){{0,2}}",
    "text-decoration-line": r"none|underline|overline|line-through",
    "text-transform": r"none|capitalize|uppercase|lowercase",
    "direction": r"ltr|rtl",
    "unicode-bidi": r"normal|embed|isolate|plaintext",
    "vertical-align": r"baseline|top|middle|bottom|sub|super|text-top|text-bottom",
    "white-space": r"normal|nowrap|pre|pre-wrap|pre-line",
    "word-break": r"normal|break-all|break-word|keep-all",
    "overflow-wrap": r"normal|break-word|anywhere",
    "list-style-type": r"[a-z-]{3,25}",
    "table-layout": r"auto|fixed",
    "border-collapse": r"collapse|separate",
    "border-spacing": rf"{_LENGTH}(?:\s+{_LENGTH})?",
    "border-radius": _BOX,
    "border-color": rf"{_COLOUR}(?:\s+{_COLOUR}){{0,3}}",
    "border-style": rf"{_LINE}(?:\s+{_LINE}){{0,3}}",
    "border-width": _BOX,
    "padding": _BOX,
    "margin": _MARGIN,
    "border": _BORDER,
    **{f"border-{side}": _BORDER for side in _SIDES},
    **{f"padding-{side}": _LENGTH for side in _SIDES},
    **{f"margin-{side}": rf"auto|{_LENGTH}" for side in _SIDES},
    **dict.fromkeys(("width", "max-width", "min-width", "height", "max-height"), rf"auto|{_LENGTH}"),
}  # fmt: skip
_COMPILED = {name: re.compile(rule, re.IGNORECASE) for name, rule in _RULES.items()}
_TRANSPARENT = re.compile(
    r"transparent|(?:rgba|hsla)\(.*,\s*0?\.?0*%?\s*\)|#[0-9a-f]{3}0|#[0-9a-f]{6}0[0-9a-f]", re.IGNORECASE
)
_MOST = {
    "padding": 100,
    "margin": 100,
    "border": 20,
    "width": 2000,
    "max-width": 2000,
    "min-width": 1000,
    "height": 1500,
}
_PIXELS = {
    "px": 1.0,
    "": 1.0,
    "pt": 1.34,
    "em": 16.0,
    "rem": 16.0,
    "%": 0.0,
    "ex": 8.0,
    "ch": 8.0,
    "mm": 3.8,
    "cm": 38.0,
    "in": 96.0,
}
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)(px|pt|em|rem|%|ex|ch|mm|cm|in)?", re.IGNORECASE)
_MAX_DECLARATIONS = 60


def safe_style(style: str) -> str:
    """The declarations of a style attribute that are safe, in a form that reads back as itself; "" when none is."""
    kept: dict[str, str] = {}
    for declaration in _COMMENT.sub(" ", style[:10_000]).split(";")[:_MAX_DECLARATIONS]:
        name, colon, value = declaration.partition(":")
        name = name.strip().lower()
        value = re.sub(r"\s*!\s*important\s*\Z", "", " ".join(value.split()), flags=re.IGNORECASE)
        if colon and name == "background":
            name = "background-color"
        if _is_safe(name, value):
            kept.pop(name, None)
            kept[name] = value.replace('"', "'")
    return ";".join(f"{name}:{value}" for name, value in kept.items())


def _is_safe(name: str, value: str) -> bool:
    rule = _COMPILED.get(name)
    if rule is None or len(value) > 200 or not _ALLOWED_LETTERS.fullmatch(value) or not rule.fullmatch(value):
        return False
    if name == "color" and _TRANSPARENT.fullmatch(value):
        return False  # text that cannot be seen
    if name == "font-size":
        return all(8 <= size <= 60 for size in _sizes(value, per_cent=0.16))
    if name.startswith("line-height"):
        return all(size >= 10 for size in _sizes(value, per_cent=0.16, bare=16.0))
    most = _MOST.get(name, _MOST.get(name.partition("-")[0]))
    if most is None:
        return True
    per_cent = 0.0 if most > 100 else 1.0  # of widths; a padding of 100 % is as bad as one of 100 pixels
    return all(size <= most for size in _sizes(value, per_cent=per_cent)) and _is_within_parent(value)


def _sizes(value: str, *, per_cent: float, bare: float = 1.0) -> list[float]:
    """The numbers of a value in pixels, colours left out."""
    pixels = _PIXELS | {"%": per_cent, "": bare}
    plain = re.sub(r"#[0-9a-f]+|\w+\([^)]*\)", " ", value, flags=re.IGNORECASE)
    return [float(number) * pixels[(unit or "").lower()] for number, unit in _NUMBER.findall(plain)]


def _is_within_parent(value: str) -> bool:
    return all(float(number) <= 100 for number, unit in _NUMBER.findall(value) if unit == "%" and "(" not in value)
