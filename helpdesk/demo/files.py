"""Small files to attach: a picture, a document, a log."""

import zlib
from struct import pack


def file_of(kind: str, language: str) -> tuple[str, str, bytes]:
    """Name, media type and content of a file of the kind: png, pdf or txt."""
    is_persian = language == "fa"
    match kind:
        case "png":
            return ("عکس-بسته.png" if is_persian else "photo.png", "image/png", picture(480, 300))
        case "pdf":
            return ("فاکتور.pdf" if is_persian else "document.pdf", "application/pdf", document("Parsian Foods"))
        case "txt":
            return ("sync.log", "text/plain", _LOG)
    raise ValueError(kind)


def picture(width: int, height: int) -> bytes:
    """A PNG: a cardboard box on a table, more or less."""
    rows = [_row(width, height, y) for y in range(height)]
    header = pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, data)
        for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b""))
    )


def document(title: str) -> bytes:
    """A PDF of one page with a title."""
    page = f"BT /F1 24 Tf 72 740 Td ({title}) Tj ET 72 725 m 523 725 l S".encode("ascii")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(page), page),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    written, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    return written + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        count, table, count, len(written),
    )  # fmt: skip


def _row(width: int, height: int, y: int) -> bytes:
    """One line of the picture, its filter byte first."""
    top, bottom, left, right = height // 4, height * 5 // 6, width // 5, width * 4 // 5
    if not top <= y < bottom:
        return b"\0" + bytes((214 - y // 6, 219 - y // 6, 224 - y // 7)) * width
    tape = abs(y - (top + bottom) // 2) < height // 24
    box = bytes((222, 203, 164)) if tape else bytes((184 - y // 9, 142 - y // 10, 92 - y // 12))
    wall = bytes((206 - y // 6, 211 - y // 6, 216 - y // 7))
    return b"\0" + wall * left + box * (right - left) + wall * (width - right)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))


_LOG = b"""05:45:02 GET /feed/stock 200 1184 items
06:00:02 GET /feed/stock 401 {"detail": "token expired"}
06:15:03 GET /feed/stock 401 {"detail": "token expired"}
06:30:02 GET /feed/stock 401 {"detail": "token expired"}
"""
