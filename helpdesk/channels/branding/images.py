"""Logos: PNG, JPEG or WebP by their content, written anew from the parts that show.

What a browser does not need to show the picture goes: comments, positions from a camera, thumbnails, animations and
whatever hangs behind the end, where another file could hide. Pixels are never decoded here.
"""

import struct

import msgspec

from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _

LARGEST, MOST_PIXELS_WIDE = 512 * 1024, 2000
_PNG, _PNG_PARTS = (
    b"\x89PNG\r\n\x1a\n",
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP"},
)
_WEBP_PARTS = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP"}
_SOF = {0xC0, 0xC1, 0xC2}
"""Baseline and progressive JPEG; browsers show no other."""
_SOS, _EOI = 0xDA, 0xD9
_JPEG_PARTS = _SOF | {0xC4, 0xDB, 0xDD, 0xE0, 0xE2, 0xEE}
"""Tables and frames, JFIF, the colour profile and Adobe's colour transform."""


class Image(msgspec.Struct, frozen=True):
    content_type: str
    content: bytes
    width: int
    height: int


def read_image(content: bytes) -> Image:
    """The picture; raises Invalid at `logo` for anything else, and for one that is too large."""
    if len(content) > LARGEST:
        raise Invalid(logo=_("Use a picture of at most 512 KB."))
    try:
        if content.startswith(_PNG):
            image = _png(content)
        elif content.startswith(b"\xff\xd8\xff"):
            image = _jpeg(content)
        elif content[:4] == b"RIFF" and content[8:12] == b"WEBP":
            image = _webp(content)
        else:
            raise ValueError("none of the three")
    except (ValueError, IndexError, struct.error) as error:
        raise Invalid(logo=_("This is no picture that we can use: choose a PNG, JPEG or WebP file.")) from error
    if not (0 < image.width <= MOST_PIXELS_WIDE and 0 < image.height <= MOST_PIXELS_WIDE):
        raise Invalid(logo=_("Use a picture of at most 2000 pixels each way."))
    return image


def _png(content: bytes) -> Image:
    place, kept = len(_PNG), [_PNG]
    while True:
        size, kind = struct.unpack_from(">I4s", content, place)
        part = content[place : place + size + 12]
        if len(part) < size + 12:
            raise ValueError("cut off")
        if kind in _PNG_PARTS:
            kept.append(part)
        place += size + 12
        if kind == b"IEND":
            break
    if kept[1][4:8] != b"IHDR" or not any(part[4:8] == b"IDAT" for part in kept[1:]):
        raise ValueError("no picture inside")
    width, height = struct.unpack_from(">II", content, 16)
    return Image("image/png", b"".join(kept), width, height)


def _jpeg(content: bytes) -> Image:
    place, kept, size = 2, [b"\xff\xd8"], (0, 0)
    while content[place + 1] != _SOS:
        if content[place] != 0xFF:
            raise ValueError("no marker")
        marker = content[place + 1]
        length = struct.unpack_from(">H", content, place + 2)[0]
        if marker in _SOF:
            height, width = struct.unpack_from(">HH", content, place + 5)
            size = (width, height)
        if marker in _JPEG_PARTS:
            kept.append(content[place : place + 2 + length])
        place += 2 + length
    end = content.index(bytes([0xFF, _EOI]), place) + 2
    kept.append(content[place:end])
    return Image("image/jpeg", b"".join(kept), *size)


def _webp(content: bytes) -> Image:
    end = min(len(content), 8 + struct.unpack_from("<I", content, 4)[0])
    place, kept, size = 12, [], (0, 0)
    while place + 8 <= end:
        kind, length = struct.unpack_from("<4sI", content, place)
        part = content[place : place + 8 + length + length % 2]
        if len(part) < 8 + length:
            raise ValueError("cut off")
        if kind in _WEBP_PARTS:
            kept.append(_still(part) if kind == b"VP8X" else part)
            size = _webp_size(kind, part) or size
        place += 8 + length + length % 2
    if not any(part[:4] in (b"VP8 ", b"VP8L") for part in kept):
        raise ValueError("no picture inside")
    body = b"WEBP" + b"".join(kept)
    return Image("image/webp", b"RIFF" + struct.pack("<I", len(body)) + body, *size)


def _still(part: bytes) -> bytes:
    """The extended header without the flags of what was left out: EXIF, XMP and animation."""
    return part[:8] + bytes([part[8] & 0b00110000]) + part[9:]


def _webp_size(kind: bytes, part: bytes) -> tuple[int, int] | None:
    if kind == b"VP8X":
        return int.from_bytes(part[12:15], "little") + 1, int.from_bytes(part[15:18], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(part[9:13], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", part, 14)
        return width & 0x3FFF, height & 0x3FFF
    return None
