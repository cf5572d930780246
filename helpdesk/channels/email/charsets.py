"""Bytes of other people's mails to text: by the declared charset, by a better one when that is wrong, never failing."""

import codecs
import re

_ALIASES = {
    # What mails say, and the superset that decodes what they hold (as the WHATWG Encoding Standard does).
    "ansi_x3.4-1968": "us-ascii", "ascii": "us-ascii", "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "latin1": "cp1252",
    "latin-1": "cp1252", "windows1252": "cp1252", "iso-8859-9": "cp1254", "iso-8859-11": "cp874", "tis-620": "cp874",
    "gb2312": "gb18030", "iso-gb2312": "gb18030", "gbk": "gb18030", "gb_2312-80": "gb18030", "x-gbk": "gb18030",
    "big5": "big5hkscs", "x-x-big5": "big5hkscs", "shift_jis": "cp932", "shift-jis": "cp932", "x-sjis": "cp932",
    "sjis": "cp932", "euc-kr": "cp949", "ks_c_5601-1987": "cp949", "ks_c_5601": "cp949", "ksc5601": "cp949",
    "iso-2022-jp": "iso2022_jp_ext", "iso-8859-8-i": "iso-8859-8", "iso-8859-6-i": "iso-8859-6", "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman", "unicode-1-1-utf-7": "utf-7", "utf7": "utf-7", "utf8": "utf-8", "unicode-1-1-utf-8": "utf-8",
    "x-mac-farsi": "mac_farsi", "x-mac-arabic": "mac_arabic", "x-windows-1256": "cp1256", "win-1256": "cp1256",
}  # fmt: skip
_NOT_TEXT = {"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "mbcs", "oem"}
_HIGH = re.compile(rb"[\x80-\xff]")
_HALVES = re.compile(r"[\ud800-\udfff]")
_SAMPLE = 20_000
_COMMON = {
    # The letters that make up most of a text, by charset. A wrong charset gives other letters of the same alphabet.
    "cp1256": "ايیرندهومتسبكکلشعفپقگ\u200c،",
    "cp1251": "оеаинтсрвлкмдпуяы",
    "cp1252": "éèàçêäöüßñóáíãõúåæøâîôûëï«»’“”–…°Éœì ",
    "cp1250": "ąćęłńóśźżáčďéěíňřšťúůýžőűăâîşţ",
    "cp1253": "αειονρστηκπυάέίόμλ",
    "cp1255": "יוהלאתרבמשנדעקםחפ",
}


def decode(raw: bytes, declared: str | None) -> tuple[str, str | None]:
    """The text, and what was wrong with the declared charset if anything was."""
    text, trouble = _decode(raw, declared)
    if _HALVES.search(text):  # UTF-7 can spell half a letter, which no UTF-8 can hold
        text = _HALVES.sub("\ufffd", text)
    return text, trouble


def _decode(raw: bytes, declared: str | None) -> tuple[str, str | None]:
    if raw.startswith(codecs.BOM_UTF8):
        return raw[3:].decode("utf-8", "replace"), None
    codec = _codec(declared)
    if codec is None:
        if not declared and raw.isascii():
            return raw.decode("ascii"), None
        text = _guess(raw)
        return text, f"unknown charset {declared!r}" if declared else "bytes beyond ASCII without a charset"
    if codec == "us-ascii":
        text = _guess(raw) if _HIGH.search(raw) else _without_escapes(raw)
        return text, None if raw.isascii() else "bytes beyond ASCII declared us-ascii"
    if codec == "utf-16":  # without a byte order mark the big-endian order holds (RFC 2781 4.3)
        codec = codec if raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else _order_of_utf16(raw)
    if (meant := _mislabelled(raw, codec)) is not None:
        return meant, f"bytes are not what the declared charset {declared!r} means"
    try:
        return raw.decode(codec), None
    except (UnicodeError, ValueError):
        return _repair(raw, codec), f"bytes do not decode as the declared charset {declared!r}"


def decode_header(raw: bytes) -> str:
    """A header's raw bytes: ASCII, as it should be, or whatever eight-bit charset it seems to hold."""
    return raw.decode("ascii") if raw.isascii() else _guess(raw)


def _codec(declared: str | None) -> str | None:
    name = (declared or "").strip().strip("\"'").lower().removesuffix("_charset").removeprefix("charset=")
    name = re.sub(r"[^a-z0-9_.:+-]", "", name)[:40]
    name = _ALIASES.get(name, _ALIASES.get(name.replace("_", "-"), name))
    if name == "us-ascii":
        return name
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    is_text = getattr(found, "_is_text_encoding", True) and found.name.replace("-", "_") not in _NOT_TEXT
    return _ALIASES.get(found.name, found.name) if is_text else None


def _without_escapes(raw: bytes) -> str:
    """Seven-bit text; Japanese mails often leave out the charset of their escape sequences."""
    if b"\x1b$" in raw:
        try:
            return raw.decode("iso2022_jp_ext")
        except UnicodeError:
            pass
    return raw.decode("ascii")


def _order_of_utf16(raw: bytes) -> str:
    return "utf-16-le" if raw[1:_SAMPLE:2].count(0) > raw[0:_SAMPLE:2].count(0) else "utf-16-be"


def _repair(raw: bytes, codec: str) -> str:
    """Text whose bytes do not fit the declared charset: UTF-8 when it is that, else with a few replacement signs."""
    if codec.startswith("iso2022_jp"):
        return _from_iso2022_jp(raw)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        text = raw.decode(codec, "replace")
    except (UnicodeError, ValueError):
        return _guess(raw)
    high = len(_HIGH.findall(raw[:_SAMPLE])) or 1
    return text if text[:_SAMPLE].count("\ufffd") * 5 < high else _guess(raw)


def _from_iso2022_jp(raw: bytes) -> str:
    """ISO-2022-JP with letters that its standard lacks and all senders use, such as the NEC row."""
    pieces = re.split(rb"\x1b(\$[@B]|\$\(D|\([BIJ])", raw)
    out = [pieces[0].decode("ascii", "replace")]
    for escape, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        if escape in (b"$@", b"$B"):
            high = bytes(byte | 0x80 if byte > 0x20 else byte for byte in piece)
            out.append(high.decode("euc_jis_2004", "replace"))
        else:
            out.append(piece.decode("ascii", "replace"))
    return "".join(out)


def _mislabelled(raw: bytes, codec: str) -> str | None:
    """The text when one-byte Latin was declared (a charset that fits any bytes) but another one is meant."""
    if codec not in ("cp1252", "latin-1", "iso8859-1", "cp1254", "iso8859-15") or len(_HIGH.findall(raw[:_SAMPLE])) < 2:
        return None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    best = _best_of_one_byte(raw)
    return raw.decode(best, "replace") if best in ("cp1256", "cp1251") and _share(raw, best) > 0.75 else None


def _guess(raw: bytes) -> str:
    """The text of bytes about which nothing is known: UTF-8, an East Asian charset, or the best of one byte a letter."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if _looks_like_cut_utf8(raw):
        return raw.decode("utf-8", "replace")
    best = _best_of_one_byte(raw)
    if _share(raw, best) < 0.75 and (codec := _east_asian(raw)):
        return raw.decode(codec, "replace")
    return raw.decode(best, "replace")


def _east_asian(raw: bytes) -> str | None:
    """The charset in which nearly all that is beyond ASCII are everyday letters of one of these languages.

    The strict standards are asked, not their supersets, which hold nearly any pair of bytes.
    """
    for strict, whole, everyday, least in _EAST_ASIAN:
        try:
            sample = codecs.getincrementaldecoder(strict)().decode(raw[:_SAMPLE], final=len(raw) <= _SAMPLE)
        except UnicodeDecodeError:
            continue
        beyond = "".join(letter for letter in sample if letter > "\x7f")
        if len(beyond) > 1 and len(everyday.findall(beyond)) >= least * len(beyond):
            return whole
    return None


_EAST_ASIAN = (
    ("shift_jis", "cp932", re.compile(r"[\u3040-\u30ff]"), 0.3),
    ("euc_jp", "euc_jp", re.compile(r"[\u3040-\u30ff]"), 0.3),
    ("euc_kr", "cp949", re.compile(r"[\uac00-\ud7a3\u3000-\u303f]"), 1.0),
    # The first level of GB 2312 is in the order of sound: its letters, encoded, begin with B0 to D7.
    ("gb2312", "gb18030", re.compile(r"[\u4e00-\u9fff\u3000-\u303f\uff00-\uffef]"), 0.9),
)


def _looks_like_cut_utf8(raw: bytes) -> bool:
    """Whether nearly all is UTF-8: a letter was cut, or a few bytes of something else were pasted in."""
    decoded = raw[:_SAMPLE].decode("utf-8", "replace")
    return decoded.count("\ufffd") * 4 < sum(letter > "\x7f" for letter in decoded)


def _best_of_one_byte(raw: bytes) -> str:
    return max(_COMMON, key=lambda codec: (_share(raw, codec), codec == "cp1252"))


def _share(raw: bytes, codec: str) -> float:
    """How much of what is beyond ASCII are common letters of the charset's languages."""
    letters = b"".join(_HIGH.findall(raw[:_SAMPLE])).decode(codec, "replace").lower()
    common = _COMMON[codec]
    return sum(letter in common for letter in letters) / len(letters) if letters else 0.0
