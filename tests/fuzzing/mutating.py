"""Mails that nobody wrote: real ones with bytes, headers, parts and charsets torn and put together anew, and bombs."""

import base64
import random
import re
from collections.abc import Callable, Iterator

MAX_BYTES = 2_000_000
CHARSETS = [
    b"utf-8", b"utf-16", b"utf-7", b"windows-1256", b"iso-2022-jp", b"gb18030", b"cp932", b"latin-1", b"x-unknown", b"", b"base64", b"hz", b"idna",
    b"unicode_escape", b"undefined", b"\xff",
]  # fmt: skip
ENCODINGS = [b"base64", b"quoted-printable", b"8bit", b"7bit", b"x-uuencode", b"binary", b"nonsense"]
KINDS = [
    b"text/plain; format=flowed; delsp=yes", b"text/html", b"multipart/mixed", b"multipart/alternative; boundary=b", b"message/rfc822",
    b"application/ms-tnef", b"text/calendar", b"multipart/report; report-type=delivery-status", b"application/pkcs7-mime", b"message/delivery-status",
]  # fmt: skip
HEADERS = [
    b"From: =?utf-8?B?2LPZhNin2YU=?= <a@b.example>, c@d.example", b"Subject: Fwd: " + b"=?" * 50, b"Date: Sat, 99 Nov 99999 99:99:99 +9999",
    b"References: " + b"<a@b> " * 200, b"Content-Type: multipart/mixed; boundary=\"" + b"=" * 200 + b"\"", b"To: " + b"(" * 500, b"Message-ID: <>",
]  # fmt: skip
HOSTILE = [
    b"<div>",
    b"<table><tr>",
    b"<style>a{",
    b"<!--",
    b"<a x=",
    b"&#",
    b"> ",
    b"\xe2\x80\xae",
    b"=?utf-8?Q?=00?=",
    b"begin 644 x\n",
    b"\n--b\n",
    b"\0",
    b"\r",
]

Mutation = Callable[[random.Random, bytes, list[bytes]], bytes]


def flip_bytes(dice: random.Random, raw: bytes, _seeds: list[bytes]) -> bytes:
    torn = bytearray(raw)
    for _ in range(dice.randint(1, max(len(torn) // 200, 1))):
        torn[dice.randrange(len(torn))] = dice.randrange(256)
    return bytes(torn)


def splice_headers(dice: random.Random, raw: bytes, seeds: list[bytes]) -> bytes:
    head, _, body = raw.partition(b"\n\n")
    lines = head.split(b"\n")
    others = dice.choice(seeds).partition(b"\n\n")[0].split(b"\n")
    for _ in range(dice.randint(1, 8)):
        lines.insert(dice.randint(0, len(lines)), dice.choice([dice.choice(others), dice.choice(HEADERS), *lines[:1]]))
    return b"\n".join(lines) + b"\n\n" + body


def truncate(dice: random.Random, raw: bytes, _seeds: list[bytes]) -> bytes:
    return raw[: dice.randint(0, len(raw))]


def repeat_a_piece(dice: random.Random, raw: bytes, _seeds: list[bytes]) -> bytes:
    start = dice.randrange(len(raw))
    end = min(start + dice.choice([10, 100, 5_000]), len(raw))
    return raw[:start] + raw[start:end] * dice.choice([2, 10, 100]) + raw[end:]


def join_two(dice: random.Random, raw: bytes, seeds: list[bytes]) -> bytes:
    other = dice.choice(seeds)
    return raw[: dice.randint(0, len(raw))] + other[dice.randint(0, len(other)) :]


def swap_charsets(dice: random.Random, raw: bytes, _seeds: list[bytes]) -> bytes:
    raw = re.sub(rb"charset=\"?[\w-]+\"?", lambda _: b"charset=" + dice.choice(CHARSETS), raw)
    return re.sub(rb"=\?[\w-]+\?", lambda _: b"=?" + dice.choice(CHARSETS) + b"?", raw)


def swap_kinds(dice: random.Random, raw: bytes, _seeds: list[bytes]) -> bytes:
    raw = re.sub(rb"(?i)(content-transfer-encoding: *)[\w-]+", lambda m: m[1] + dice.choice(ENCODINGS), raw)
    return re.sub(
        rb"(?i)(content-type: *)[\w/-]+", lambda m: m[1] + dice.choice([m[0][len(m[1]) :], dice.choice(KINDS)]), raw
    )


def nest(dice: random.Random, raw: bytes, _seeds: list[bytes]) -> bytes:
    """The mail in a mail in a mail, its boundaries sometimes all alike."""
    for level in range(dice.choice([1, 3, 30])):
        name = b"b" if dice.random() < 0.3 else b"b%d" % level
        kind = dice.choice([b"message/rfc822", b"multipart/mixed; boundary=" + name])
        raw = b"Content-Type: multipart/mixed; boundary=%s\n\n--%s\nContent-Type: %s\n\n%s\n--%s--\n" % (
            name,
            name,
            kind,
            raw,
            name,
        )
        if len(raw) > MAX_BYTES:
            break
    return raw


def put_in(dice: random.Random, raw: bytes, _seeds: list[bytes]) -> bytes:
    at = dice.randint(0, len(raw))
    return raw[:at] + dice.choice(HOSTILE) * dice.choice([1, 10, 1_000, 20_000]) + raw[at:]


def wrap_as_base64(dice: random.Random, raw: bytes, _seeds: list[bytes]) -> bytes:
    text = base64.encodebytes(raw[: dice.randint(0, len(raw))])
    at = dice.randrange(len(text) + 1)
    kind = dice.choice(KINDS) + b"; charset=" + dice.choice(CHARSETS)
    return b"Content-Type: %s\nContent-Transfer-Encoding: base64\n\n%s" % (
        kind,
        text[:at] + dice.choice([b"", b"=", b"\xff!", b"===="]) + text[at:],
    )


def bomb(dice: random.Random, _raw: bytes, _seeds: list[bytes]) -> bytes:
    """The limits of the table of mail bombs, and what lies just beyond."""
    size = dice.choice([300, 3_000, 30_000])
    return dice.choice([
        b"To: " + b"a@x.example, " * size + b"\n\nx",
        b"X-A: " + b"a" * size * 10 + b"\n" + b"X-B: b\n" * size + b"\nx",
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\nContent-Type: image/png; name=x\n\nx\n" * size,
        b"Content-Type: text/html\n\n" + dice.choice([b"<div>", b"<b><i>", b"<table>", b"<blockquote>", b"<p style='color:red'>"]) * size + b"x",
        b"Content-Type: text/html\n\n<p " + b"a=b " * size + b">x",
        b"Content-Type: text/html\n\n<style>" + b"p{color:red} " * size + b"</style>" + b"<p>x" * 100,
        b"Content-Type: text/plain\n\n" + dice.choice([b">" * size, b"> x\n" * size, b"On 1.1.2026 x wrote:\n" * size, b"From: x\n" * size, b"-- \n" * size, b" " * size]),
        b"Content-Type: text/plain; format=flowed\n\n" + b"word \n" * size,
        b"Content-Type: text/plain\n\n" + b"---------- Forwarded message ---------\nFrom: a@x.example\nTo: b\nSubject: c\n\n" * size,
        b"Subject: " + b"=?utf-8?B?4oCu?= " * size + b"\n\nx",
        b"Content-Type: text/calendar\n\nBEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\nSUMMARY:x\n" * size,
        b"Content-Type: application/ms-tnef\n\n" + b"\x78\x9f\x3e\x22\0\0" + b"\x02\x02\x90\x06\0\0\0\0\0\0\0" * size,
        b"Content-Type: text/plain\n\n" + b"begin 644 x\n" + b"M" * 61 * size,
        b"Content-Type: multipart/digest; boundary=\n\n" + b"--\n" * size,
    ])  # fmt: skip


MUTATIONS: list[Mutation] = [
    flip_bytes, splice_headers, truncate, repeat_a_piece, join_two, swap_charsets, swap_kinds, nest, put_in, wrap_as_base64,
]  # fmt: skip


def mutated(seeds: list[bytes], count: int, seed: int) -> Iterator[bytes]:
    """`count` mails, the same for the same seeds and number."""
    dice = random.Random(seed)
    for _ in range(count):
        raw = dice.choice(seeds)
        if dice.random() < 0.05:
            yield bomb(dice, raw, seeds)[:MAX_BYTES]
            continue
        for _ in range(dice.randint(1, 4)):
            raw = dice.choice(MUTATIONS)(dice, raw or b"x", seeds)[:MAX_BYTES]
        yield raw
