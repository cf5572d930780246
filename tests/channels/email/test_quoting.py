from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.channels.email.html_reading import html_to_text
from helpdesk.channels.email.html_splitting import split_html
from helpdesk.channels.email.making_ready import make_ready
from helpdesk.channels.email.quoting import split

MAILS = Path(__file__).parents[2] / "mails"

ATTRIBUTIONS = [
    "On Fri, Nov 20, 2026 at 9:15 AM Support <support@example.com> wrote:",
    "On Fri, Nov 20, 2026 at 9:15 AM Support <support@example.com>\nwrote:",
    "On 20.11.2026 09:15, Support via\nHelpdesk <\nsupport@example.com> wrote:",
    "Support <support@example.com> wrote:",
    "2026-11-20 9:15 GMT+03:30 Support <support@example.com>:",
    "در تاریخ جمعه ۲۰ نوامبر ۲۰۲۶، ۹:۱۵ پشتیبانی <support@example.com> نوشت:",
    "در تاریخ جمعه ۲۰ نوامبر ۲۰۲۶، ۹:۱۵ پشتیبانی <support@example.com>\nنوشت:",
    "\u202bدر ۱۴۰۵/۸/۲۹ ۹:۱۵، پشتیبانی نوشته است:\u202c",
    "في الجمعة، 20 نوفمبر 2026 في 9:15 كتب الدعم <support@example.com>:",
    "Am 20.11.2026 um 09:15 schrieb Support:",
    "Le ven. 20 nov. 2026 à 09:15, Support <support@example.com> a écrit :",
    "El vie, 20 nov 2026 a las 9:15, Support (<support@example.com>) escribió:",
    "Em sex., 20 de nov. de 2026 às 09:15, Support <support@example.com> escreveu:",
    "Il giorno ven 20 nov 2026 alle ore 09:15 Support <support@example.com> ha scritto:",
    "Op vr 20 nov 2026 om 09:15 schreef Support <support@example.com>:",
    "Support <support@example.com>, 20 Kas 2026 Cum, 09:15 tarihinde şunu yazdı:",
    "пт, 20 нояб. 2026 г. в 09:15, Support <support@example.com> написал:",
]
HEADERS = [
    "-----Original Message-----\nFrom: Support\nSent: Friday\nTo: Dora\nSubject: Your order",
    "From: Support <support@example.com>\nSent: Friday, November 20, 2026 9:15 AM\nTo: Dora Doe\nSubject: Your order",
    "________________________________\nFrom: Support\nSent: Friday\nTo: Dora\nSubject: Your order",
    "از: پشتیبانی <support@example.com>\nارسال شده: جمعه، ۲۰ نوامبر ۲۰۲۶\nبه: درا\nموضوع: سفارش شما",
    "-----پیام اصلی-----\nاز: پشتیبانی\nبه: درا",
    "Von: Support\nGesendet: Freitag, 20. November 2026\nAn: Dora\nBetreff: Ihre Bestellung",
    "De : Support\nEnvoyé : vendredi 20 novembre 2026\nÀ : Dora\nObjet : Votre commande",
    "De: Support\nEnviado el: viernes\nPara: Dora\nAsunto: Su pedido",
    "Da: Support\nInviato: venerdì\nA: Dora\nOggetto: Ordine",
    "Van: Support\nVerzonden: vrijdag\nAan: Dora\nOnderwerp: Bestelling",
    "От: Support\nОтправлено: пятница\nКому: Dora\nТема: Заказ",
    "Kimden: Support\nGönderilme Tarihi: Cuma\nKime: Dora\nKonu: Sipariş",
    "من: الدعم\nتم الإرسال: الجمعة\nإلى: دورا\nالموضوع: طلبك",
    "##- Please write your answer above this line -##",
    "##- لطفاً پاسخ خود را بالای این خط بنویسید -##",
]


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
@pytest.mark.parametrize("quote", ["> It is on its way.\n>\n> Ben", "It is on its way.\n\nBen"])
def test_an_attribution_begins_the_quote(attribution: str, quote: str):
    pieces = split(f"Thank you.\n\n{attribution}\n\n{quote}\n")

    assert pieces.new == "Thank you."
    assert pieces.quoted == f"{attribution}\n\n{quote}"


@pytest.mark.parametrize("header", HEADERS)
def test_the_header_of_an_older_mail_begins_the_quote(header: str):
    pieces = split(f"Thank you.\n\n{header}\n\nIt is on its way.\n")

    assert pieces.new == "Thank you."
    assert pieces.quoted == f"{header}\n\nIt is on its way."


@pytest.mark.parametrize(
    "signature",
    [
        "--\nDora Doe\nExample Ltd",
        "Sent from my iPhone",
        "Get Outlook for Android",
        "ارسال شده از iPhone من",
        "Von meinem iPhone gesendet",
    ],
)
def test_a_signature_is_folded(signature: str):
    assert split(f"Thank you.\n\n{signature}\n").signature == signature
    assert split(f"Thank you.\n\n{signature}\n\nOn 1.1.2026 Ben wrote:\n> x\n").new == "Thank you."


def test_an_answer_below_the_quote_is_new():
    pieces = split("On 20.11.2026 Support wrote:\n> Is it there?\n\nYes, it is.\n")

    assert pieces.new == "Yes, it is."
    assert pieces.quoted == "On 20.11.2026 Support wrote:\n> Is it there?"


def test_answers_between_quoted_lines_stay_with_what_they_answer():
    text = "> Is it there?\n\nYes.\n\n> Is it whole?\n\nNo."

    assert split(text).new == text


def test_a_mail_that_is_only_forwarded_is_read():
    pieces = split(
        "---------- Forwarded message ----------\nFrom: Dora\nDate: Friday\nTo: Ben\nSubject: x\n\nWhere is it?\n"
    )

    assert pieces.new == "Where is it?"


@pytest.mark.parametrize(
    "text",
    [
        "On Monday I wrote: please send it.\nNothing came.",
        "From: Tehran\nit takes two days.",
        "To: you\nSubject: nothing",
        "He said:\n\nit will come.",
        "I have a question -- where is it?",
        "از: تهران\nدو روز طول می‌کشد.",
        "> only a quote",
    ],
)
def test_ordinary_sentences_are_new(text: str):
    assert split(text).new == text


@given(
    st.lists(
        st.sampled_from(
            [
                *ATTRIBUTIONS,
                *HEADERS,
                "> quoted",
                ">> older",
                "-- ",
                "Dora",
                "",
                "  ",
                "Sent from my iPhone",
                "text",
                "-----",
                "On x",
            ]
        )
        | st.text(max_size=30),
        max_size=25,
    ).map("\n".join)
)
def test_nothing_is_lost(text: str):
    def lines(*texts: str) -> Counter[str]:
        return Counter(line.strip() for one in texts for line in one.replace("\r", "\n").split("\n") if line.strip())

    pieces = split(text)
    assert lines(text) == lines(pieces.new, pieces.quoted, pieces.signature)


@pytest.mark.parametrize(
    ("name", "new", "quoted"),
    [
        ("gmail-reply", "Thank you, it came.", "It is on its way."),
        ("gmail-reply-persian", "ممنون، رسید.", "در راه است."),
        ("outlook-reply", "It is broken.", "It is on its way."),
    ],
)
def test_a_reply_is_ready_to_be_shown(name: str, new: str, quoted: str):
    mail = make_ready((MAILS / f"{name}.eml").read_bytes())

    assert mail.new_text == new
    assert quoted in mail.quoted_text
    assert mail.safe_html is not None
    assert " ".join(html_to_text(mail.safe_html).split()) == new
    assert quoted in html_to_text(mail.quoted_html)


REPLY, OLD = "<p>New words.</p>", "<p>Old words.</p>"


@pytest.mark.parametrize(
    "html",
    [
        f'{REPLY}<div class="gmail_quote">On 1.1.2026 x wrote:<blockquote>{OLD}</blockquote></div>',
        f'{REPLY}<div class="moz-cite-prefix">On 1.1.2026, x wrote:</div><blockquote type="cite">{OLD}</blockquote>',
        f'{REPLY}<div><br><blockquote type="cite"><div>On 1 Jan 2026, at 10:00, x wrote:</div>{OLD}</blockquote></div>',
        f'{REPLY}<div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> x</div>{OLD}',
        f'{REPLY}<div id="x_divRplyFwdMsg"><b>From:</b> x</div>{OLD}',
        f'{REPLY}<div class="yahoo_quoted" id="yahoo_quoted_1"><div>On 1.1.2026, x wrote:</div>{OLD}</div>',
        f"{REPLY}<p>On 1.1.2026 10:00, x wrote:</p><blockquote>{OLD}</blockquote>",
        f"{REPLY}<div>-----Original Message-----<br>From: x<br></div>{OLD}",
        f"<div>New words.<br><br>From: x@y.example<br>Sent: Friday<br>To: z<br>Subject: s<br>{OLD}</div>",
        f"<div dir=rtl>New words.<br>در تاریخ ۱ ژانویه ۲۰۲۶ پشتیبانی نوشت:<br></div>{OLD}",
        f'{REPLY}<div class="helpdesk_quote"><p>On Friday, Ben wrote:</p><blockquote type="cite">{OLD}</blockquote></div>',
    ],
)
def test_html_is_split_by_the_marks_of_mail_programs_and_by_words(html: str):
    new, quoted = split_html(html)

    assert html_to_text(new) == "New words."
    assert "Old words." in html_to_text(quoted)


@pytest.mark.parametrize(
    "html",
    ["", "plain", "<p>a</p>", f'<div class="gmail_quote">{OLD}</div>', "<blockquote>a saying</blockquote><p>x</p>"],
)
def test_html_without_anything_else_is_all_new(html: str):
    assert split_html(html) == (html, "")


def test_a_signature_in_html_is_folded():
    new, quoted = split_html(f'{REPLY}<div class="gmail_signature">Dora<br>Example Ltd</div>')

    assert html_to_text(new) == "New words."
    assert html_to_text(quoted) == "Dora\nExample Ltd"
