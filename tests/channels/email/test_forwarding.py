"""Forwarded mails name their author, whatever program and language forwards, and are read, not folded."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from helpdesk.channels.email.forwarding import forwarded_sender
from helpdesk.channels.email.html_splitting import split_html
from helpdesk.channels.email.making_ready import make_ready
from helpdesk.channels.email.parsing import parse
from helpdesk.channels.email.quoting import split
from helpdesk.channels.email.written_dates import read_date

DORA = "Dora Doe <dora@customer.example>"
GMAIL = "---------- Forwarded message ---------"
INLINE = {
    "gmail en": f"{GMAIL}\nFrom: {DORA}\nDate: Fri, Nov 20, 2026 at 9:15 AM\nSubject: Order 1234\nTo: <ben@example.com>\n\n",
    "gmail en, bold": f"{GMAIL}\nFrom: *Dora Doe* <dora@customer.example>\nDate: Fri, 20 Nov 2026 at 09:15\nSubject: Order 1234\nTo: Ben <ben@example.com>\nCc: Cleo <cleo@example.com>\n\n",
    "gmail fa": "---------- پیام هدایت‌شده ----------\nاز: Dora Doe <\u202adora@customer.example\u202c>\nتاریخ: جمعه ۲۰ نوامبر ۲۰۲۶،\u200f ۹:۱۵\nموضوع: Order 1234\nبه: <ben@example.com>\n\n",
    "gmail fa, half translated": f"{GMAIL}\nاز: {DORA}\nDate: جمعه ۲۰ نوامبر ۲۰۲۶،\u200f ۹:۱۵\nSubject: Order 1234\nTo: <ben@example.com>\n\n",
    "gmail ar": f"---------- Forwarded message ---------\nمن: {DORA}\nDate: الجمعة، 20 نوفمبر 2026 في 9:15 ص\nSubject: Order 1234\nTo: <ben@example.com>\n\n",
    "gmail de": f"{GMAIL}\nVon: {DORA}\nDate: Fr., 20. Nov. 2026 um 09:15 Uhr\nSubject: Order 1234\nTo: <ben@example.com>\n\n",
    "gmail fr": f"{GMAIL}\nDe : {DORA}\nDate: ven. 20 nov. 2026 à 09:15\nSubject: Order 1234\nTo: <ben@example.com>\n\n",
    "gmail es": f"{GMAIL}\nDe: {DORA}\nDate: vie, 20 nov 2026 a las 9:15\nSubject: Order 1234\nTo: <ben@example.com>\n\n",
    "gmail pt": f"{GMAIL}\nDe: {DORA}\nDate: sex., 20 de nov. de 2026 às 09:15\nSubject: Order 1234\nTo: <ben@example.com>\n\n",
    "gmail it": f"{GMAIL}\nDa: {DORA}\nDate: ven 20 nov 2026 alle ore 09:15\nSubject: Order 1234\nTo: <ben@example.com>\n\n",
    "gmail nl": f"{GMAIL}\nVan: {DORA}\nDate: vr 20 nov 2026 om 09:15\nSubject: Order 1234\nTo: <ben@example.com>\n\n",
    "gmail tr": f"{GMAIL}\nGönderen: {DORA}\nDate: 20 Kas 2026 Cum, 09:15\nSubject: Order 1234\nTo: <ben@example.com>\n\n",
    "gmail ru": f"{GMAIL}\nОт: {DORA}\nDate: пт, 20 нояб. 2026 г. в 09:15\nSubject: Order 1234\nTo: <ben@example.com>\n\n",
    "outlook en": f"________________________________\nFrom: {DORA}\nSent: Friday, November 20, 2026 9:15 AM\nTo: Ben <ben@example.com>\nSubject: Order 1234\n\n",
    "outlook en, no rule": f"From: {DORA}\nSent: Friday, November 20, 2026 9:15:00 AM\nTo: Ben <ben@example.com>; Cleo\n<cleo@example.com>\nSubject: Order 1234\n\n",
    "outlook en, linked": "From: Dora Doe <dora@customer.example<mailto:dora@customer.example>>\nDate: Friday, November 20, 2026 at 9:15 AM\nTo: Ben <ben@example.com<mailto:ben@example.com>>\nSubject: Order 1234\n\n",
    "outlook en, old": "-----Original Message-----\nFrom: Dora Doe [mailto:dora@customer.example]\nSent: Friday, November 20, 2026 9:15 AM\nTo: Ben\nSubject: Order 1234\n\n",
    "outlook fa": f"________________________________\nاز: {DORA}\nارسال شده: جمعه، ۲۰ نوامبر ۲۰۲۶ ۹:۱۵ ق.ظ\nبه: Ben <ben@example.com>\nموضوع: Order 1234\n\n",
    "outlook ar": f"________________________________\nمن: {DORA}\nتم الإرسال: الجمعة، 20 نوفمبر 2026 9:15 ص\nإلى: Ben <ben@example.com>\nالموضوع: Order 1234\n\n",
    "outlook de": f"Von: {DORA}\nGesendet: Freitag, 20. November 2026 09:15\nAn: Ben <ben@example.com>\nBetreff: Order 1234\n\n",
    "outlook fr": f"De : {DORA}\nEnvoyé : vendredi 20 novembre 2026 09:15\nÀ : Ben <ben@example.com>\nObjet : Order 1234\n\n",
    "outlook es": f"De: {DORA}\nEnviado el: viernes, 20 de noviembre de 2026 9:15\nPara: Ben <ben@example.com>\nAsunto: Order 1234\n\n",
    "outlook pt": f"De: {DORA}\nEnviada em: sexta-feira, 20 de novembro de 2026 09:15\nPara: Ben <ben@example.com>\nAssunto: Order 1234\n\n",
    "outlook it": f"Da: {DORA}\nInviato: venerdì 20 novembre 2026 09:15\nA: Ben <ben@example.com>\nOggetto: Order 1234\n\n",
    "outlook nl": f"Van: {DORA}\nVerzonden: vrijdag 20 november 2026 09:15\nAan: Ben <ben@example.com>\nOnderwerp: Order 1234\n\n",
    "outlook tr": f"Kimden: {DORA}\nGönderilme: 20 Kasım 2026 Cuma 09:15\nKime: Ben <ben@example.com>\nKonu: Order 1234\n\n",
    "outlook ru": f"От: {DORA}\nОтправлено: 20 ноября 2026 г. 9:15\nКому: Ben <ben@example.com>\nТема: Order 1234\n\n",
    "apple en": f"Begin forwarded message:\n\nFrom: {DORA}\nSubject: Order 1234\nDate: November 20, 2026 at 9:15:00 AM GMT+3:30\nTo: Ben <ben@example.com>\n\n",
    "apple de": f"Anfang der weitergeleiteten Nachricht:\n\nVon: {DORA}\nBetreff: Order 1234\nDatum: 20. November 2026 um 09:15:00 GMT+3:30\nAn: Ben <ben@example.com>\n\n",
    "apple fr": f"Début du message réexpédié :\n\nDe: {DORA}\nObjet: Order 1234\nDate: 20 novembre 2026 à 09:15:00 UTC+3:30\nÀ: Ben <ben@example.com>\n\n",
    "apple es": f"Inicio del mensaje reenviado:\n\nDe: {DORA}\nAsunto: Order 1234\nFecha: 20 de noviembre de 2026, 9:15:00 GMT+3:30\nPara: Ben <ben@example.com>\n\n",
    "apple pt": f"Início da mensagem encaminhada:\n\nDe: {DORA}\nAssunto: Order 1234\nData: 20 de novembro de 2026 09:15:00 GMT+3:30\nPara: Ben <ben@example.com>\n\n",
    "apple it": f"Inizio messaggio inoltrato:\n\nDa: {DORA}\nOggetto: Order 1234\nData: 20 novembre 2026 alle ore 09:15:00 GMT+3:30\nA: Ben <ben@example.com>\n\n",
    "apple nl": f"Begin doorgestuurd bericht:\n\nVan: {DORA}\nOnderwerp: Order 1234\nDatum: 20 november 2026 om 09:15:00 GMT+3:30\nAan: Ben <ben@example.com>\n\n",
    "apple tr": f"İletilen mesaj başlangıcı:\n\nKimden: {DORA}\nKonu: Order 1234\nTarih: 20 Kasım 2026 09:15:00 GMT+3:30\nKime: Ben <ben@example.com>\n\n",
    "apple ru": f"Начало переадресованного сообщения:\n\nОт: {DORA}\nТема: Order 1234\nДата: 20 ноября 2026 г. в 9:15:00 GMT+3:30\nКому: Ben <ben@example.com>\n\n",
    "apple ar": f"بداية الرسالة المعاد توجيهها:\n\nمن: {DORA}\nالموضوع: Order 1234\nالتاريخ: ٢٠ نوفمبر ٢٠٢٦ في ٩:١٥:٠٠ ص غرينتش+3:30\nإلى: Ben <ben@example.com>\n\n",
    "thunderbird en": f"-------- Forwarded Message --------\nSubject: \tOrder 1234\nDate: \tFri, 20 Nov 2026 09:15:00 +0330\nFrom: \t{DORA}\nTo: \tben@example.com\n\n\n",
    "thunderbird de": f"-------- Weitergeleitete Nachricht --------\nBetreff: \tOrder 1234\nDatum: \tFri, 20 Nov 2026 09:15:00 +0330\nVon: \t{DORA}\nAn: \tben@example.com\n\n",
    "thunderbird fr": f"-------- Message transféré --------\nSujet : \tOrder 1234\nDate : \tFri, 20 Nov 2026 09:15:00 +0330\nDe : \t{DORA}\nPour : \tben@example.com\n\n",
    "thunderbird es": f"-------- Mensaje reenviado --------\nAsunto: \tOrder 1234\nFecha: \tFri, 20 Nov 2026 09:15:00 +0330\nDe: \t{DORA}\nPara: \tben@example.com\n\n",
    "thunderbird pt": f"-------- Mensagem encaminhada --------\nAssunto: \tOrder 1234\nData: \tFri, 20 Nov 2026 09:15:00 +0330\nDe: \t{DORA}\nPara: \tben@example.com\n\n",
    "thunderbird it": f"-------- Messaggio Inoltrato --------\nOggetto: \tOrder 1234\nData: \tFri, 20 Nov 2026 09:15:00 +0330\nMittente: \t{DORA}\nA: \tben@example.com\n\n",
    "thunderbird nl": f"-------- Doorgestuurd bericht --------\nOnderwerp: \tOrder 1234\nDatum: \tFri, 20 Nov 2026 09:15:00 +0330\nVan: \t{DORA}\nAan: \tben@example.com\n\n",
    "thunderbird tr": f"-------- İletilmiş İleti --------\nKonu: \tOrder 1234\nTarih: \tFri, 20 Nov 2026 09:15:00 +0330\nKimden: \t{DORA}\nKime: \tben@example.com\n\n",
    "thunderbird ru": f"-------- Перенаправленное сообщение --------\nТема: \tOrder 1234\nДата: \tFri, 20 Nov 2026 09:15:00 +0330\nОт: \t{DORA}\nКому: \tben@example.com\n\n",
    "yahoo en": f"----- Forwarded Message -----\nFrom: {DORA}\nTo: ben@example.com <ben@example.com>\nSent: Friday, November 20, 2026 at 09:15:00 AM GMT+3:30\nSubject: Order 1234\n\n",
    "yahoo de": f"----- Weitergeleitete Nachricht -----\nVon: {DORA}\nAn: ben@example.com\nGesendet: Freitag, 20. November 2026 um 09:15:00 GMT+3:30\nBetreff: Order 1234\n\n",
    "yahoo es": f"----- Mensaje reenviado -----\nDe: {DORA}\nPara: ben@example.com\nEnviado: viernes, 20 de noviembre de 2026, 09:15:00 GMT+3:30\nAsunto: Order 1234\n\n",
    "proton en": f"------- Forwarded Message -------\nFrom: {DORA}\nDate: On Friday, 20 November 2026 at 09:15\nSubject: Order 1234\nTo: ben@example.com <ben@example.com>\n\n",
    "mail.ru": f"-------- Пересылаемое сообщение --------\nОт кого: {DORA}\nКому: ben@example.com\nДата: Пятница, 20 ноября 2026, 9:15 +03:30\nТема: Order 1234\n\n",
}  # fmt: skip
TEXT = "Where is it?\n\nDora"
HEAD = (
    "From: Ben <ben@example.com>\nTo: support@example.com\nDate: Sat, 21 Nov 2026 08:00:00 +0330\n"
    "Subject: {}\nContent-Type: text/plain; charset=utf-8\n\n"
)
NINE_FIFTEEN = datetime(2026, 11, 20, 5, 45, tzinfo=UTC)


def forwarded_by(
    header: str, *, own: str = "Please look.\n\n", subject: str = "Fwd: Order 1234", text: str = TEXT
) -> bytes:
    return (HEAD.format(subject) + own + header + text).encode()


@pytest.mark.parametrize("name", INLINE)
@pytest.mark.parametrize(
    ("own", "above"),
    [
        ("", ""),
        ("Please look.\n\nBen\n\n-- \nBen, Example Ltd\n\n", "Please look.\n\nBen"),
        ("Sent from my iPhone\n\n", ""),
    ],
)
def test_the_author_of_a_forwarded_mail_is_known(name: str, own: str, above: str):
    found = forwarded_sender(parse(forwarded_by(INLINE[name], own=own)))

    assert found
    assert (found.address, found.name, found.subject) == ("dora@customer.example", "Dora Doe", "Order 1234")
    assert (found.text, found.above) == (TEXT, above)
    assert found.date == NINE_FIFTEEN


@pytest.mark.parametrize("name", INLINE)
def test_what_is_forwarded_is_read_not_folded(name: str):
    pieces = split(f"Please look.\n\n{INLINE[name]}{TEXT}", "Fwd: Order 1234")

    assert pieces.quoted == ""
    assert pieces.new == f"Please look.\n\n{INLINE[name]}{TEXT}".replace(" \n", "\n")


@pytest.mark.parametrize("name", INLINE)
def test_of_a_mail_that_is_nothing_but_forwarded_the_header_is_folded(name: str):
    pieces = split(f"{INLINE[name]}{TEXT}", "Fwd: Order 1234")

    assert pieces.new == TEXT
    assert "dora@customer.example" in pieces.quoted


@pytest.mark.parametrize("name", [name for name in INLINE if name.startswith("apple")])
def test_a_telephone_marks_the_lines_of_what_it_forwards(name: str):
    first, *rest = (INLINE[name] + TEXT).split("\n")
    text = "\n".join([first, *(f"> {line}".rstrip() for line in rest)])
    found = forwarded_sender(parse(forwarded_by(text, text="")))

    assert found
    assert (found.address, found.text, found.date) == ("dora@customer.example", TEXT, NINE_FIFTEEN)
    assert split(f"Look.\n\n{text}", "Fwd: x").new == f"Look.\n\n{text}"


@pytest.mark.parametrize(
    "subject",
    [
        "FW: x",
        "Fwd: x",
        "WG: x",
        "TR: x",
        "RV: x",
        "ENC: x",
        "I: x",
        "Doorst: x",
        "İLT: x",
        "إعادة توجيه: x",
        "هدایت: x",
    ],
)
def test_an_outlook_header_heads_a_forwarded_mail_when_the_subject_says_so(subject: str):
    raw = forwarded_by(INLINE["outlook de"], subject=subject)

    assert forwarded_sender(parse(raw))
    assert not forwarded_sender(parse(raw.replace(f"Subject: {subject}".encode(), b"Subject: AW: FW: x")))


@pytest.mark.parametrize(
    "text",
    [
        "Where is it?",
        f"On Fri, Nov 20, 2026 at 9:15 AM {DORA} wrote:\n> Where is it?",
        f"Yes.\n\nOn Fri, Nov 20, 2026 at 9:15 AM Ben <ben@example.com> wrote:\n> {GMAIL}\n> From: {DORA}\n> Date: today\n> Subject: x",
        f"{GMAIL}\nFrom: Dora Doe\nDate: today\nSubject: x\n\nno address",
        "---------- Forwarded message ----------",
    ],
)
def test_what_forwards_nothing_names_nobody(text: str):
    assert forwarded_sender(parse(HEAD.format("Re: order").encode() + text.encode())) is None


def test_a_forwarded_mails_own_quotes_are_folded():
    text = f"{TEXT}\n\nOn Thu, Nov 19, 2026 at 9:15 AM Ben <ben@example.com> wrote:\n> Soon."
    pieces = split(f"Look.\n\n{INLINE['gmail en']}{text}", "Fwd: x")

    assert pieces.new.endswith(TEXT)
    assert pieces.quoted == text.removeprefix(f"{TEXT}\n\n")


def test_a_chain_of_forwards_without_end_is_read():
    text = "---------- Forwarded message ---------\nFrom: a@x.example\nTo: b\nSubject: c\n\n" * 1_000

    assert split(f"Look.\n\n{text}").new.startswith("Look.")
    assert split_html(f"<div>Look.<br>{text.replace(chr(10), '<br>')}</div>", "Fwd: x")[0]


ATTACHED = """\
From: Ben <ben@example.com>
To: support@example.com
Subject: For you
Content-Type: multipart/mixed; boundary=m

--m

Please look.
--m
Content-Type: message/rfc822

From: Dora Doe <dora@customer.example>
Subject: Order 1234
Date: Fri, 20 Nov 2026 09:15:00 +0330

Where is it?
--m--
"""


def test_a_mail_forwarded_as_a_file_names_its_author():
    found = make_ready(ATTACHED.encode()).forwarded

    assert found
    assert (found.address, found.name, found.subject, found.date) == (
        "dora@customer.example",
        "Dora Doe",
        "Order 1234",
        NINE_FIFTEEN,
    )
    assert (found.text, found.above) == ("Where is it?", "Please look.")


def test_an_answer_with_a_mail_attached_forwards_nothing():
    assert make_ready(f"In-Reply-To: <a@b.example>\n{ATTACHED}".encode()).forwarded is None


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("۲۹ آبان ۱۴۰۵، ۹:۱۵", NINE_FIFTEEN),
        ("۱۴۰۵/۸/۲۹ ۹:۱۵", NINE_FIFTEEN),
        ("2026-11-20 09:15", NINE_FIFTEEN),
        ("20/11/2026 9h15", NINE_FIFTEEN),
        ("11/20/2026 9:15 PM", NINE_FIFTEEN + timedelta(hours=12)),
        ("vie, 20 mar 2026 12:05 AM", datetime(2026, 3, 19, 20, 35, tzinfo=UTC)),
        ("mar. 3 nov. 2026 à 09:15", datetime(2026, 11, 3, 5, 45, tzinfo=UTC)),
        ("10/11/2026 9:15", None),
        ("31 February 2026 9:15", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates_written_for_people_are_moments_or_none(written: str, moment: datetime | None):
    assert read_date(written, zone=timezone(timedelta(hours=3, minutes=30))) == moment
