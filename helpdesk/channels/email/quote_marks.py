"""How mail programs mark what they quote, in the languages that our customers' programs speak."""

import re

from helpdesk.channels.email.fields import without_direction_marks

_WROTE = (
    r"wrote|writes|a écrit|escribió|escribio|schrieb|schrieb am|escreveu|ha scritto|scrisse|schreef|skrev|skreiv"
    r"|kirjoitti|napisał(?:\(a\)|a)?|napsal(?:\(a\)|a)?|napísal(?:\(a\)|a)?|je napisao|написала?|пишет|писала?|написав|yazdı|şunları yazdı|a scris"
    r"|írta|έγραψε|написа|כתב|נכתב|نوشت|نوشته است|نوشته|كتب|كتبت|写道|寫道|写到|のメール|님이 작성|님이|đã viết|wrote the following"
)
_ENDS_WITH_VERB = re.compile(rf"(?:^|.*[\s>\])\"'،,])(?:{_WROTE})\s*[:：]?\s*\**$", re.IGNORECASE)
_HAS_VERB = re.compile(rf"(?:^|[\s>])(?:{_WROTE})(?=[\s:：,]|$)", re.IGNORECASE)
_BEGINS_LIKE_ONE = re.compile(
    r"\**(?:on|le|el|am|em|il(?: giorno)?|op|den|dne|dňa|w dniu|dnia|на|в|от|pe|la|στις|ב|در(?: تاریخ)?|في|بتاريخ|في يوم|tarihinde|vào|在|于|於)\s",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\d{1,4}[./年-]\s?\d{1,2}|\d{1,2}:\d{2}|\b(?:19|20)\d\d\b|[۰-۹]{1,4}|[٠-٩]{1,4}|\d{1,2}\s?(?:月|日)"
)
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_DATE_AND_ADDRESS = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}[\s,].*<\s*[^<>\s]+@[^<>\s]+\s*>\s*:\s*$")
_MAX_ATTRIBUTION = 400

_ORIGINAL = re.compile(
    r"[\s>*]*[-_=*]{2,}\s*(?:(?:original|forwarded|reply|previous|begin forwarded|message d'origine|urspr(?:ü|u)ngliche|weitergeleitete|mensaje"
    r"|mensagem|messaggio|oorspronkelijk|doorgestuurd|ursprungligt|opprinnelig|oprindelig|alkuperäinen|wiadomość|původní|исходное|пересылаемое"
    r"|orijinal|asıl|iletilen|پیام|نامه|متن|الرسالة|رسالة|原始|转发|轉寄|元の|원본|eredeti|mesaj)[^-_=]{0,60}|(?:message|e-?mail) (?:original|transféré)[^-_=]{0,40})"
    r"[-_=*]{2,}\s*",
    re.IGNORECASE,
)
_FORWARD = re.compile(
    r"\s*(?:begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-?mail)|début du (?:message réexpédié|message transféré)"
    r"|inicio del mensaje reenviado|inizio messaggio inoltrato|begin doorgestuurd bericht|начало переадресованного письма|پیام ارجاع شده)\s*:?\s*",
    re.IGNORECASE,
)
MARKER = re.compile(
    r"[\s>*]*##-.*-##\s*|.*(?:لطفاً?ا? پاسخ خود را بالای این خط بنویسید|reply above this line|write above this line).*",
    re.IGNORECASE,
)

_LABELS = {
    "from": "from|de|von|da|van|od|от|від|kimden|gönderen|från|fra|lähettäjä|feladó|από|מאת|از|فرستنده|من|المرسل|发件人|寄件者|寄件人|差出人|보낸 사람|từ",
    "date": (
        "sent|date|envoyé|gesendet|datum|enviado|enviado el|enviada em|fecha|data|inviato|verzonden|wysłano|odesláno|отправлено|дата|надіслано"
        "|gönderilme tarihi|gönderildi|tarih|skickat|sendt|dato|lähetetty|päivämäärä|elküldve|ημερομηνία|ارسال شده|ارسال‌شده|ارسال شد|ارسال|تاریخ|زمان"
        "|تم الإرسال|أرسل|التاريخ|发送时间|发件时间|寄件日期|日期|送信日時|日時|보낸 날짜|날짜|ngày"
    ),
    "to": "to|à|an|a|para|aan|till|til|do|komu|кому|kime|alıcı|vastaanottaja|címzett|προς|אל|به|گیرنده|إلى|الى|收件人|宛先|받는 사람|tới|cc|kopie|копия|رونوشت|نسخة",
    "subject": (
        "subject|objet|betreff|asunto|assunto|oggetto|onderwerp|temat|předmět|тема|konu|ämne|emne|aihe|tárgy|θέμα|נושא|موضوع|الموضوع|عنوان"
        "|主题|主題|件名|제목|chủ đề|reply-to|répondre à|antwort an"
    ),
}
_LABEL = {
    name: re.compile(rf"[*_\s]{{0,6}}(?:{words})[*_\s\xa0]{{0,6}}[:：][*_]{{0,3}}(?:\s|$|\S)", re.IGNORECASE)
    for name, words in _LABELS.items()
}
_RULE = re.compile(r"\s*(?:[_=-]{5,}|(?:- ?){6,})\s*")

SIGNATURE_LINE = re.compile(r"\s?(?:--|—|––|-- -|__)\s*|\s*_{2,4}\s*")
_SENT_FROM = re.compile(
    r"\s*[-*_]*\s*(?:sent (?:from|via|with|using) (?:my |the |a )?\w.{0,60}|sent on the \w.{0,40}|get outlook for \w.{0,40}|get bluemail.{0,40}"
    r"|envoyé (?:de|depuis|à partir d)\W?.{0,60}|enviado (?:desde|do|a partir) .{0,60}|von mein\w+ .{0,50} gesendet.{0,20}|gesendet (?:von|mit) .{0,50}"
    r"|diese nachricht wurde von .{0,60} gesendet.{0,10}|inviato (?:da|dal) .{0,50}|verzonden (?:vanaf|met|via) .{0,50}|verstuurd vanaf .{0,50}"
    r"|skickat från .{0,50}|sendt fra .{0,50}|lähetetty .{0,50}|wysłan[eo] z .{0,50}|odesláno z .{0,50}|отправлено (?:с|из) .{0,50}|надіслано з .{0,50}"
    r"|.{1,50}(?:dan|den|'?umdan|'?imden) gönderildi.{0,10}|(?:ارسال|فرستاده) ?شده (?:از|با|توسط) .{0,60}|از .{1,40} (?:من )?(?:ارسال|فرستاده) شد.{0,10}"
    r"|أرسلت? من .{0,50}|تم الإرسال من .{0,50}|(?:发自|從我的|从我的).{1,30}|.{1,20}から送信.{0,10}|나의 .{1,20}에서 보냄.{0,5})\s*",
    re.IGNORECASE,
)


def is_attribution(text: str) -> bool:
    """Whether the text (of one line, or of several joined by blanks) says who wrote what comes next, and when."""
    line = " ".join(without_direction_marks(text).replace("\u200c", " ").split()).strip("-*_ ")
    if not 6 <= len(line) <= _MAX_ATTRIBUTION:
        return False
    if _DATE_AND_ADDRESS.match(line):
        return True
    is_dated = bool(_DATE.search(line) or _ADDRESS.search(line))
    if _ENDS_WITH_VERB.match(line):
        return is_dated or bool(_BEGINS_LIKE_ONE.match(line))
    return line.endswith((":", "：")) and is_dated and bool(_HAS_VERB.search(line))


def begins_attribution(line: str) -> bool:
    """Whether an attribution that spans several lines may begin with this one: "On …", or a date."""
    plain = without_direction_marks(line).lstrip(" -*_")
    return bool(_BEGINS_LIKE_ONE.match(plain) or _DATE.match(plain))


def is_divider(line: str) -> bool:
    """Whether the line alone says that an older mail follows: -----Original Message-----, and our own marker."""
    plain = without_direction_marks(line)
    if not 4 <= len(plain) <= 200:
        return False
    return bool(_ORIGINAL.fullmatch(plain) or _FORWARD.fullmatch(plain) or MARKER.fullmatch(plain))


def header_length(lines: list[str]) -> int:
    """How many of the lines are the header of an older mail: From and two of date, To and subject, in any order.

    0 when the lines do not begin with one.
    """
    found: set[str] = set()
    seen = length = 0
    for number, line in enumerate(lines, start=1):
        plain = without_direction_marks(line)
        names = {name for name, label in _LABEL.items() if label.match(plain)}
        if not seen and not names:
            return 0
        if not line.strip() and len(found) >= 3:
            break
        seen += bool(line.strip())
        if seen > 8:
            break
        if names:
            found |= names
            length = number
    return length if "from" in found and len(found) >= 3 else 0


def is_rule(line: str) -> bool:
    """Whether the line is only dashes or underscores."""
    return bool(_RULE.fullmatch(line))


def is_sent_from(line: str) -> bool:
    """Whether the line is a telephone's advertisement."""
    plain = without_direction_marks(line)
    return len(plain) < 120 and bool(_SENT_FROM.fullmatch(plain))
