"""How large an image is, by its first bytes: a page keeps its place free before it has come. Pixels are never decoded here."""

import struct

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_SOF = {0xC0, 0xC1, 0xC2}
"""Baseline and progressive JPEG; browsers show no other."""
_SOS, _APP1 = 0xDA, 0xE1
LARGEST = 9_999
"""Pixels each way; of what is larger nothing is said, and an article would not keep it."""


def size_of(content: bytes) -> tuple[int, int] | None:
    """Width and height in pixels, as they are shown; None for what is no image, and for one that does not say it plainly."""
    try:
        width, height = _size(content)
    except (IndexError, ValueError, struct.error):
        return None
    return (width, height) if 0 < width <= LARGEST and 0 < height <= LARGEST else None


def _size(content: bytes) -> tuple[int, int]:
    """Raises ValueError, IndexError and struct.error."""
    if content.startswith(_PNG) and content[12:16] == b"IHDR":
        return struct.unpack_from(">II", content, 16)
    if content[:6] in (b"GIF87a", b"GIF89a"):
        return struct.unpack_from("<HH", content, 6)
    if content.startswith(_JPEG):
        return _of_jpeg(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return _of_webp(content)
    raise ValueError("none of the four")


def _of_jpeg(content: bytes) -> tuple[int, int]:
    place = 2
    while content[place] == 0xFF and (marker := content[place + 1]) != _SOS:
        if marker == _APP1 and content[place + 4 : place + 8] == b"Exif":
            raise ValueError("a camera may have turned it")
        if marker in _SOF:
            height, width = struct.unpack_from(">HH", content, place + 5)
            return width, height
        place += 2 + struct.unpack_from(">H", content, place + 2)[0]
    raise ValueError("no frame")


def _of_webp(content: bytes) -> tuple[int, int]:
    match content[12:16]:
        case b"VP8X":
            width, wide, height, high = struct.unpack_from("<HBHB", content, 24)
            return (width | wide << 16) + 1, (height | high << 16) + 1
        case b"VP8L":
            [bits] = struct.unpack_from("<I", content, 21)
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", content, 26)
            return width & 0x3FFF, height & 0x3FFF
        case _:
            raise ValueError("no picture inside")
