"""The forms in which mail programs quote, by program and language: what was written before is folded, and nothing else."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.channels.email.html_reading import html_to_text
from helpdesk.channels.email.html_splitting import split_html
from helpdesk.channels.email.quoting import split

WHO = "Support <support@example.com>"
ATTRIBUTIONS = {
    "gmail en": f"On Fri, Nov 20, 2026 at 9:15 AM {WHO} wrote:",
    "gmail en-GB": f"On Fri, 20 Nov 2026 at 09:15, {WHO} wrote:",
    "gmail en, wrapped": "On Fri, Nov 20, 2026 at 9:15 AM Support of Example Limited <\nsupport@example.com> wrote:",
    "gmail fa": "در تاریخ جمعه ۲۰ نوامبر ۲۰۲۶،\u200f ۹:۱۵ پشتیبانی <\u202asupport@example.com\u202c\u200f> نوشت:",
    "gmail fa, wrapped": "در جمعه ۲۰ نوامبر ۲۰۲۶،\u200f ۹:۱۵ پشتیبانی <\u202asupport@example.com\u202c\u200f>\nنوشت:",
    "gmail ar": "في الجمعة، ٢٠ نوفمبر ٢٠٢٦ في ٩:١٥ ص تمت كتابة ما يلي بواسطة \u202aSupport\u202c\u200f <\u202asupport@example.com\u202c\u200f>:",
    "gmail de": f"Am Fr., 20. Nov. 2026 um 09:15 Uhr schrieb {WHO}:",
    "gmail fr": f"Le ven. 20 nov. 2026 à 09:15, {WHO} a écrit :",
    "gmail es": "El vie, 20 nov 2026 a las 9:15, Support (<support@example.com>) escribió:",
    "gmail pt-BR": f"Em sex., 20 de nov. de 2026 às 09:15, {WHO}\nescreveu:",
    "gmail pt-PT": f"{WHO} escreveu (sexta, 20/11/2026 à(s) 09:15):",
    "gmail it": f"Il giorno ven 20 nov 2026 alle ore 09:15 {WHO} ha\nscritto:",
    "gmail nl": f"Op vr 20 nov 2026 om 09:15 schreef {WHO}:",
    "gmail tr": f"{WHO}, 20 Kas 2026 Cum, 09:15 tarihinde\nşunu yazdı:",
    "gmail ru": f"пт, 20 нояб. 2026 г. в 09:15, {WHO}:",
    "apple en": f"On 20 Nov 2026, at 09:15, {WHO} wrote:",
    "apple en-US": f"On Nov 20, 2026, at 9:15\u202fAM, {WHO} wrote:",
    "apple ar": f"في ٢٠ نوفمبر ٢٠٢٦، الساعة ٩:١٥ ص، كتب/كتبت {WHO}:",
    "apple de": f"Am 20.11.2026 um 09:15 schrieb {WHO}:",
    "apple fr": f"Le 20 nov. 2026 à 09:15, {WHO} a écrit :",
    "apple es": f"El 20 nov 2026, a las 9:15, {WHO} escribió:",
    "apple pt": f"Em 20 de nov. de 2026, à(s) 09:15, {WHO} escreveu:",
    "apple pt-PT": f"No dia 20/11/2026, às 09:15, {WHO} escreveu:",
    "apple it": f"Il giorno 20 nov 2026, alle ore 09:15, {WHO} ha scritto:",
    "apple nl": f"Op 20 nov 2026, om 09:15 heeft {WHO} het volgende geschreven:",
    "apple tr": f"{WHO} şunları yazdı (20 Kas 2026 09:15):",
    "apple ru": f"20 нояб. 2026 г., в 09:15, {WHO} написал(а):",
    "thunderbird en": "On 20/11/2026 09:15, Support wrote:",
    "thunderbird en-US": "On 11/20/26 9:15 AM, Support wrote:",
    "thunderbird fa": "در ۲۰۲۶/۱۱/۲۰ ۹:۱۵، پشتیبانی نوشت:",
    "thunderbird ar": "في 20/11/2026 9:15 ص، كتب Support:",
    "thunderbird de": "Am 20.11.26 um 09:15 schrieb Support:",
    "thunderbird fr": "Le 20/11/2026 à 09:15, Support a écrit\u00a0:",
    "thunderbird es": "El 20/11/2026 a las 9:15, Support escribió:",
    "thunderbird pt": "Em 20/11/2026 09:15, Support escreveu:",
    "thunderbird pt-PT": "Às 09:15 de 20/11/2026, Support escreveu:",
    "thunderbird it": "Il 20/11/2026 09:15, Support ha scritto:",
    "thunderbird nl": "Op 20-11-2026 om 09:15 schreef Support:",
    "thunderbird tr": "20.11.2026 09:15 tarihinde Support yazdı:",
    "thunderbird ru": "20.11.2026 9:15, Support пишет:",
    "yahoo en": f"On Friday, November 20, 2026 at 09:15:00 AM GMT+3:30, {WHO} wrote:",
    "yahoo de": f"Am Freitag, 20. November 2026 um 09:15:00 MEZ hat {WHO} Folgendes geschrieben:",
    "yahoo fr": f"Le vendredi 20 novembre 2026 à 09:15:00 UTC+1, {WHO} a écrit :",
    "yahoo es": f"El viernes, 20 de noviembre de 2026, 09:15:00 CET, {WHO} escribió:",
    "yahoo pt": f"Em sexta-feira, 20 de novembro de 2026 às 09:15:00 BRT, {WHO} escreveu:",
    "yahoo it": f"Il venerdì 20 novembre 2026 alle ore 09:15:00 CET, {WHO} ha scritto:",
    "yahoo tr": f"20 Kasım 2026 Cuma 09:15:00 GMT+3 tarihinde {WHO} şunu yazdı:",
    "proton en": f"On Friday, November 20th, 2026 at 9:15 AM, {WHO} wrote:",
    "proton de": f"Am Freitag, 20. November 2026 um 09:15 schrieb {WHO}:",
    "proton fr": f"Le vendredi 20 novembre 2026 à 09:15, {WHO} a écrit :",
    "mail.ru": f"Пятница, 20 ноября 2026, 9:15 +03:00 от {WHO}:",
    "yandex": '20.11.2026, 09:15, "Support" <support@example.com>:',
    "outlook for mac": "On 20/11/2026, 09:15, \"Support\" <support@example.com> wrote:",
    "an iranian desk": "پشتیبانی در ۱۴۰۵/۸/۲۹ ساعت ۹:۱۵ نوشته است:",
}  # fmt: skip
HEADERS = {
    "outlook en": f"From: {WHO}\nSent: Friday, November 20, 2026 9:15 AM\nTo: Dora Doe <dora@customer.example>\nSubject: Re: Order",
    "outlook en, copies": f"From: {WHO} \nSent: 20 November 2026 09:15\nTo: Dora Doe <dora@customer.example>; Cleo <cleo@customer.example>\nCc: Ben\nSubject: RE: Order\nImportance: High",
    "outlook en, ruled": f"________________________________\nFrom: {WHO}\nSent: Friday, November 20, 2026 9:15:00 AM\nTo: Dora Doe\nSubject: Re: Order",
    "outlook en, old": "-----Original Message-----\nFrom: Support [mailto:support@example.com] \nSent: Friday, November 20, 2026 9:15 AM\nTo: Dora Doe\nSubject: Re: Order",
    "outlook for ios": f"________________________________\nFrom: {WHO}\nSent: Friday, November 20, 2026 9:15 AM\nTo: Dora Doe <dora@customer.example>\nSubject: Re: Order",
    "new outlook for mac": f"From: {WHO}\nDate: Friday, 20 November 2026 at 09:15\nTo: Dora Doe <dora@customer.example>\nSubject: Re: Order",
    "bold": f"*From:* {WHO}\n*Sent:* Friday, November 20, 2026 9:15 AM\n*To:* Dora Doe\n*Subject:* Re: Order",
    "outlook fa": f"از: {WHO}\nارسال شده: جمعه، ۲۰ نوامبر ۲۰۲۶ ۹:۱۵ ق.ظ\nبه: درا <dora@customer.example>\nموضوع: سفارش",
    "outlook fa, arabic keys": f"\u200fاز: {WHO}\nتاريخ: جمعه، ۲۰ نوامبر ۲۰۲۶\nبه: درا\nكپی: بن\nموضوع: سفارش",
    "outlook ar": f"من: {WHO}\nتم الإرسال: الجمعة، 20 نوفمبر 2026 9:15 ص\nإلى: دورا\nالموضوع: طلب",
    "outlook de": f"Von: {WHO}\nGesendet: Freitag, 20. November 2026 09:15\nAn: Dora Doe\nBetreff: AW: Bestellung",
    "outlook fr": f"De : {WHO}\nEnvoyé : vendredi 20 novembre 2026 09:15\nÀ : Dora Doe\nCc : Ben\nObjet : RE: Commande",
    "outlook es": f"De: {WHO}\nEnviado el: viernes, 20 de noviembre de 2026 9:15\nPara: Dora Doe\nAsunto: RE: Pedido",
    "outlook pt": f"De: {WHO}\nEnviada em: sexta-feira, 20 de novembro de 2026 09:15\nPara: Dora Doe\nAssunto: RES: Pedido",
    "outlook it": f"Da: {WHO}\nInviato: venerdì 20 novembre 2026 09:15\nA: Dora Doe\nOggetto: R: Ordine",
    "outlook nl": f"Van: {WHO}\nVerzonden: vrijdag 20 november 2026 09:15\nAan: Dora Doe\nOnderwerp: RE: Bestelling",
    "outlook tr": f"Kimden: {WHO}\nGönderilme: 20 Kasım 2026 Cuma 09:15\nKime: Dora Doe\nKonu: YNT: Sipariş",
    "outlook ru": f"От: {WHO}\nОтправлено: 20 ноября 2026 г. 9:15\nКому: Dora Doe\nТема: RE: Заказ",
    "samsung en": f"-------- Original message --------\nFrom: {WHO} \nDate: 20/11/2026 09:15 (GMT+03:30) \nTo: dora@customer.example \nSubject: Re: Order",
    "samsung de": f"-------- Ursprüngliche Nachricht --------\nVon: {WHO} \nDatum: 20.11.26 09:15 (GMT+01:00) \nAn: dora@customer.example \nBetreff: Re: Bestellung",
    "samsung fr": f"-------- Message d'origine --------\nDe : {WHO} \nDate : 20/11/2026 09:15 (GMT+01:00) \nÀ : dora@customer.example \nObjet : Re: Commande",
    "samsung es": f"-------- Mensaje original --------\nDe: {WHO} \nFecha: 20/11/26 9:15 (GMT+01:00) \nPara: dora@customer.example \nAsunto: Re: Pedido",
    "samsung pt": f"-------- Mensagem original --------\nDe: {WHO} \nData: 20/11/2026 09:15 (GMT-03:00) \nPara: dora@customer.example \nAssunto: Re: Pedido",
    "samsung it": f"-------- Messaggio originale --------\nDa: {WHO} \nData: 20/11/26 09:15 (GMT+01:00) \nA: dora@customer.example \nOggetto: Re: Ordine",
    "samsung nl": f"-------- Oorspronkelijk bericht --------\nVan: {WHO} \nDatum: 20-11-2026 09:15 (GMT+01:00) \nAan: dora@customer.example \nOnderwerp: Re: Bestelling",
    "samsung tr": f"-------- Orijinal mesaj --------\nKimden: {WHO} \nTarih: 20.11.2026 09:15 (GMT+03:00) \nAlıcı: dora@customer.example \nKonu: Re: Sipariş",
    "samsung ru": f"-------- Исходное сообщение --------\nОт: {WHO} \nДата: 20.11.2026 9:15 (GMT+03:00) \nКому: dora@customer.example \nТема: Re: Заказ",
    "samsung fa": f"-------- پیام اصلی --------\nاز: {WHO} \nتاریخ: ۲۰۲۶/۱۱/۲۰ ۹:۱۵ (GMT+03:30) \nبه: dora@customer.example \nموضوع: سفارش",
    "samsung ar": f"-------- الرسالة الأصلية --------\nمن: {WHO} \nالتاريخ: ٢٠‏/١١‏/٢٠٢٦ ٩:١٥ ص \nإلى: dora@customer.example \nالموضوع: طلب",
    "proton": f"------- Original Message -------\nOn Friday, November 20th, 2026 at 9:15 AM, {WHO} wrote:",
}  # fmt: skip
TELEPHONES = [
    "Sent from my iPhone", "Sent from my Galaxy", "Sent from my Samsung Galaxy smartphone.", "Get Outlook for iOS<https://aka.ms/o0ukef>",
    "Sent from Outlook for Android<https://aka.ms/AAb9ysg>", "Sent from Yahoo Mail for iPhone", "Sent with Proton Mail secure email.", "Sent from Mail for Windows",
    "ارسال شده از iPhone من", "از آیفون من فرستاده شد", "دریافت Outlook برای Android", "أُرسلت من الـ iPhone", "احصل على Outlook لـ iOS",
    "Von meinem iPhone gesendet", "Von meinem Samsung Galaxy Smartphone gesendet.", "Outlook für iOS beziehen", "Gesendet von Outlook für Android",
    "Envoyé de mon iPhone", "Envoyé depuis mon appareil Galaxy", "Obtenez Outlook pour Android", "Provenance : Courrier pour Windows 10",
    "Enviado desde mi iPhone", "Obtener Outlook para iOS", "Enviado do meu iPhone", "Enviado a partir do meu smartphone Samsung Galaxy.", "Obter o Outlook para Android",
    "Inviato da iPhone", "Ottieni Outlook per iOS", "Verstuurd vanaf mijn iPhone", "Outlook voor iOS downloaden", "iPhone'umdan gönderildi", "iOS için Outlook'u edinin",
    "Отправлено с iPhone", "Скачать Outlook для iOS",
]  # fmt: skip
SIGNATURES = [
    "-- \nDora Doe\nExample Ltd",
    "Dora Doe\nPurchasing, Example Ltd\nTel: +98 21 1234 5678\nwww.customer.example",
    "درا دوئی\nشرکت نمونه\nتلفن: ۰۲۱-۱۲۳۴۵۶۷۸\ndora@customer.example",
    "--------------------\nDora Doe\nt. 555-931-0702\nhttp://customer.example/",
    "This e-mail and any attachments are confidential and intended solely for the addressee. If you have received it in error, delete it.",
    "Diese E-Mail enthält vertrauliche Informationen und ist nur für den Empfänger bestimmt.",
    "Ce message et ses pièces jointes sont confidentiels et destinés à leur seul destinataire : confidentiel.",
    "Este mensaje es confidencial y se dirige exclusivamente a su destinatario.",
    "Questo messaggio è riservato e destinato solo al destinatario.",
    "این ایمیل محرمانه است و تنها برای گیرندهٔ آن فرستاده شده است.",
    "Please consider the environment before printing this e-mail.",
]
QUOTES = {"marked": "> It is on its way.\n>\n> Ben", "bare": "It is on its way.\n\nBen"}


@pytest.mark.parametrize("quote", QUOTES)
@pytest.mark.parametrize("blank", ["\n", "\n\n"])
@pytest.mark.parametrize("name", ATTRIBUTIONS)
def test_an_attribution_of_every_program_begins_the_quote(name: str, blank: str, quote: str):
    pieces = split(f"Thank you.\n{blank}{ATTRIBUTIONS[name]}{blank}{QUOTES[quote]}\n")

    assert pieces.new == "Thank you."
    assert pieces.quoted == f"{ATTRIBUTIONS[name]}{blank}{QUOTES[quote]}"


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_block_of_every_program_begins_the_quote(name: str):
    pieces = split(f"Thank you.\n\n{HEADERS[name]}\n\nIt is on its way.\n\nBen\n")

    assert pieces.new == "Thank you."
    assert pieces.quoted.endswith("It is on its way.\n\nBen")
    assert "support@example.com" in pieces.quoted


@pytest.mark.parametrize("line", TELEPHONES)
def test_the_line_of_a_telephone_is_folded(line: str):
    assert split(f"Thank you.\n\n{line}\n").signature == line
    assert split(f"Thank you.\n\n{line}\n\n{HEADERS['outlook en']}\n\nOld words.").new == "Thank you."


@pytest.mark.parametrize("signature", SIGNATURES)
@pytest.mark.parametrize("after", ["", "\n\nSent from my iPhone", "\n\nOn 20/11/2026 09:15, Support wrote:\n> x"])
def test_a_signature_is_folded_wherever_it_ends(signature: str, after: str):
    pieces = split(f"It is broken.\n\nBest regards,\n\n{signature}{after}")

    assert pieces.new == "It is broken.\n\nBest regards,"
    assert pieces.signature.startswith(signature.replace("-- \n", "--\n"))


@pytest.mark.parametrize(
    "text",
    [
        "My details:\nDora Doe\nTel: +98 21 1234 5678\ndora@customer.example",
        "Please call me.\n\nThis message contains a picture of the broken lamp.",
        "It says:\n\nError 17.\nWhat now?",
        "Order 1234\nColour: red\nSize: large",
        "I see two pages:\n\nhttps://shop.example/a\nhttps://shop.example/b",
        "A new message:\n\n==========\nName: Dora\nE-mail: dora@customer.example\nTown: Shiraz",
        "A new message:\n\n----------\nName: Dora\nStreet: 7\nE-mail: dora@customer.example\nTown: Shiraz",
        "What I need:\n\n-----\none lamp\n-----\ntwo bulbs",
        "Wrote to you on Monday: no answer.",
        "On Monday I called you\n\nand nobody answered.",
        "Sent from Tehran on Monday, the parcel is still not here, and I would like to know where it is, please, because it is urgent and a gift.",
        "In the mail of 20.11.2026 Support wrote that it would come.\nIt did not.",
    ],
)  # fmt: skip
def test_what_only_looks_like_it_stays(text: str):
    assert split(text).new == text


REPLY, OLD = "<p>New words.</p>", "<p>Old words.</p>"
OUTLOOK = "<p><b>{0}:</b> Support &lt;support@example.com&gt;<br><b>{1}:</b> 20.11.2026 9:15<br><b>{2}:</b> Dora<br><b>{3}:</b> x</p>"
HTML = {
    "gmail": f'<div dir="ltr">New words.</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">{ATTRIBUTIONS["gmail en"].replace("<", "&lt;")}<br></div><blockquote class="gmail_quote" style="margin:0px">{OLD}</blockquote></div>',
    "outlook for the web": f'<div>New words.</div><div id="appendonsend"></div><hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr">{OUTLOOK.format("From", "Sent", "To", "Subject")}</div>{OLD}',
    "outlook on a desktop": f'<div class="WordSection1">{REPLY}<p>&nbsp;</p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in">{OUTLOOK.format("From", "Sent", "To", "Subject")}</div></div>{OLD}</div>',
    "outlook on a desktop, a language that nobody knows": f'<div class="WordSection1">{REPLY}<div><div style="border:none;border-top:solid #B5C4DF 1.0pt;padding:3.0pt 0cm 0cm 0cm">{OUTLOOK.format("Aa", "Bb", "Cc c", "Dd")}</div></div>{OLD}</div>',
    "outlook for android": f'<div>New words.</div><div id="ms-outlook-mobile-signature">Get Outlook for Android</div><div id="mail-editor-reference-message-container"><div>{OUTLOOK.format("Von", "Gesendet", "An", "Betreff")}</div>{OLD}</div>',
    "apple mail": f'<body>New words.<div><br><blockquote type="cite"><div>On 20 Nov 2026, at 09:15, Support &lt;support@example.com&gt; wrote:</div><br>{OLD}</blockquote></div></body>',
    "iphone": f'<body>New words.<br><br><div dir="ltr">Sent from my iPhone</div><div dir="ltr"><br><blockquote type="cite">On 20 Nov 2026, at 09:15, Support &lt;support@example.com&gt; wrote:<br><br></blockquote></div><blockquote type="cite"><div dir="ltr">{OLD}</div></blockquote></body>',
    "thunderbird": f'{REPLY}<div class="moz-cite-prefix">On 20/11/2026 09:15, Support wrote:<br></div><blockquote type="cite" cite="mid:a@b">{OLD}</blockquote>',
    "thunderbird, the answer's signature": f'{REPLY}<pre class="moz-signature" cols="72">-- \nDora</pre><div class="moz-cite-prefix">Le 20/11/2026 à 09:15, Support a écrit :</div><blockquote type="cite">{OLD}</blockquote>',
    "yahoo": f'<div class="ydp1a2b3c4dyahoo-style-wrap"><div>New words.</div></div><div id="ydp9f8e7d6cyahoo_quoted_0123456789" class="ydp9f8e7d6cyahoo_quoted"><div>On Friday, Support wrote:</div>{OLD}</div>',
    "proton": f'<div>New words.</div><div class="protonmail_signature_block-empty"></div><div class="protonmail_quote">On Friday, Support wrote:<br><blockquote class="protonmail_quote" type="cite">{OLD}</blockquote></div>',
    "samsung": f'<div>New words.</div><div id="composer_signature"><div>Sent from my Galaxy</div></div><div><br></div><div align="left"><div>-------- Original message --------</div><div>From: Support </div><div>Date: 20/11/2026  09:15 </div><div>To: Dora </div><div>Subject: x </div></div><div>{OLD}</div>',
    "spark": f'<div name="messageBodySection">New words.</div><div name="messageReplySection">On 20 Nov 2026, 09:15, Support wrote:<blockquote>{OLD}</blockquote></div>',
    "roundcube": f'{REPLY}<p id="reply-intro">On 2026-11-20 09:15, Support wrote:</p><blockquote type="cite">{OLD}</blockquote>',
    "yandex": f'<div>New words.</div><div>20.11.2026, 09:15, "Support" &lt;support@example.com&gt;:</div><blockquote>{OLD}</blockquote>',
    "an attribution in the paragraph of the answer": f"<p>New words.<br><br>On 20 Nov 2026, Support wrote:</p><blockquote>{OLD}</blockquote>",
    "outlook in persian": f'<div dir="rtl">New words.</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg" dir="rtl">{OUTLOOK.format("از", "ارسال شده", "به", "موضوع")}</div>{OLD}',
}  # fmt: skip


@pytest.mark.parametrize("name", HTML)
def test_html_of_every_program_is_split(name: str):
    new, quoted = split_html(HTML[name])

    assert html_to_text(new) == "New words."
    assert "Old words." in html_to_text(quoted)


@pytest.mark.parametrize("name", HTML)
def test_no_word_of_html_is_lost(name: str):
    new, quoted = split_html(HTML[name])

    assert sorted(html_to_text(HTML[name]).replace(">", " ").split()) == sorted(
        f"{html_to_text(new)} {html_to_text(quoted)}".replace(">", " ").split()
    )


GMAIL_FORWARD = '<div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message ---------<br>From: <b>{0}</b> &lt;{0}@customer.example&gt;<br>Date: Fri, Nov 20, 2026 at 9:15 AM<br>Subject: x<br>To: Ben<br></div>{1}</div>'


@pytest.mark.parametrize(
    "html",
    [
        GMAIL_FORWARD.format("cleo", GMAIL_FORWARD.format("dora", OLD)),
        f'<div>See below.</div><div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message ---------<br>From: <b>Dora</b> &lt;dora@customer.example&gt;<br>Date: Fri, Nov 20, 2026 at 9:15 AM<br>Subject: x<br>To: Ben<br></div>{OLD}</div>',
        f'<p>See below.</p><div class="moz-forward-container">-------- Forwarded Message --------<table><tr><th>Subject: </th><td>x</td></tr><tr><th>Date: </th><td>today</td></tr><tr><th>From: </th><td>Dora &lt;dora@customer.example&gt;</td></tr><tr><th>To: </th><td>Ben</td></tr></table>{OLD}</div>',
        f'<p>See below.</p><div id="appendonsend"></div><hr><div id="divRplyFwdMsg">{OUTLOOK.format("From", "Sent", "To", "Subject")}</div>{OLD}',
        f'<div>See below.<br><blockquote type="cite"><div>Begin forwarded message:</div><br><div><b>From: </b>Dora &lt;dora@customer.example&gt;</div><div><b>Subject: </b>x</div><div><b>Date: </b>today</div><div><b>To: </b>Ben</div><br>{OLD}</blockquote></div>',
        f'<div>See below.</div><div class="yahoo_quoted"><div>----- Forwarded Message -----</div><div><b>From:</b> Dora &lt;dora@customer.example&gt;</div><div><b>To:</b> Ben</div><div><b>Sent:</b> today</div><div><b>Subject:</b> x</div>{OLD}</div>',
    ],
)  # fmt: skip
def test_html_that_is_forwarded_is_read(html: str):
    new, quoted = split_html(html, "Fwd: x")

    assert "Old words." in html_to_text(new)
    assert quoted == ""


PIECES = [
    *HTML.values(),
    REPLY,
    OLD,
    "<blockquote>said</blockquote>",
    "<p>On 1.1.2026 x wrote:</p>",
    "<div>",
    "</div>",
    "tail",
    "<hr>",
    "<br>",
]
PIECES += [
    "<div id=divRplyFwdMsg>",
    '<blockquote type="cite">',
    '<div class="gmail_signature">Dora</div>',
    "<p>-- </p>",
    "From: x<br>To: y<br>Subject: z<br>",
]


@given(st.lists(st.sampled_from(PIECES), max_size=6).map("".join), st.sampled_from(["", "Fwd: x", "Re: x"]))
def test_every_word_of_html_is_in_one_of_the_parts(html: str, subject: str):
    def words(*pages: str) -> Counter[str]:
        return Counter("".join(html_to_text(page) for page in pages).translate(str.maketrans("", "", "> \n-*")))

    new, quoted = split_html(html, subject)
    assert words(new, quoted) == words(html)
