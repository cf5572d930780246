"""How people and their companies sign: below a line of dashes, as a block of contact details, with a disclaimer, by telephone."""

import re

from helpdesk.channels.email.quote_marks import is_rule, is_sent_from
from helpdesk.channels.email.quote_words import folded

MAX_LINES = 25

_DELIMITER = re.compile(r"\s?(?:--|—|––|-- -|__)\s*|\s*_{2,4}\s*")
_CONTACT = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\bwww\.[\w-]+\.\w|https?://\S|\b(?:skype|linkedin|telegram|instagram|whatsapp)\b"
    r"|\b(?:tel|phone|mobile|mob|cell|fax|direct|office|telefon|telefono|teléfono|téléphone|portable|handy|mobil|telefone|celular|cellulare|telefoon|mobiel"
    r"|cep|тел|моб|телефон|تلفن|تلفکس|موبایل|همراه|فکس|هاتف|جوال|محمول|t|m|p|f)\s?[.:]*\s*[(+]?\d[\d\s()./-]{5,}|^\s*(?:\+|00)\d[\d\s()./-]{6,}\d\s*$"
)
_DISCLAIMER = re.compile(
    r"(?:this|the information (?:contained )?in this) (?:e-?mail|message|communication|transmission|electronic)|(?:legal )?disclaimer\b|confidentiality (?:notice|note)"
    r"|notice:|important(?: notice)?:|please (?:consider|think of) the environment|diese e-?mail|diese nachricht|der inhalt dieser|vertraulichkeit|bitte (?:denken|prüfen) sie"
    r"|ce (?:message|courriel|mail|courrier|e-mail)|avis de confidentialité|pensez à|avant d'imprimer|este (?:mensaje|correo|e-mail|email)|aviso (?:legal|de)|antes de imprimir|la información (?:contenida|de este)"
    r"|esta (?:mensagem|comunicação)|as informações|questo messaggio|questa e-?mail|la presente|le informazioni|avviso|prima di stampare|ai sensi"
    r"|dit (?:bericht|e-?mail)|deze e-?mail|de informatie|bu (?:e-?posta|mesaj|ileti)|yasal uyarı|gizlilik|это (?:сообщение|электронное|письмо)|настоящее|данное (?:сообщение|письмо|электронное)"
    r"|این (?:ایمیل|پیام|نامه|پست)|اطلاعات (?:موجود|مندرج)|سلب مسیولیت|سلب مسئولیت|هذه (?:الرسالة|رسالة)|هذا (?:البرید|الایمیل)|اخلاء مسیولیة|اخلاء مسئولية|ان المعلومات"
)
_ABOUT_SECRETS = re.compile(
    r"confidential|privileged|intended (?:solely |only )?(?:for|recipient)|addressee|unauthori[sz]ed|before printing|the environment|vertraulich|unbefugt|umwelt|ausdruck"
    r"|confidentiel|destinataire|environnement|imprimer|confidencial|destinatario|destinatário|medio ambiente|meio ambiente|imprimir|riservat|ambiente|stampare"
    r"|vertrouwelijk|geadresseerde|bestemd|gizli|alıcı|muhatab|конфиденциальн|предназначен|محرمانه|گیرنده|مخاطب|سری|خصوصی|محیط زیست|سریة|المرسل الیه|المقصود"
)
_SENTENCE_ENDS = (".", "!", "?", "؟", ",", "،", ":", "：", ";")
_MAX_CONTACT_LINES = 10


def signed_lines(lines: list[str], new: list[int]) -> list[int]:
    """Of the lines at the positions `new` (not blank, in order), those at the end that are a signature.

    The first of them are never all of it: a mail that is only signed has its signature as its text.
    """
    rest = new[: _delimiter_in(lines, new)]
    while len(rest) > 1:
        paragraph = _last_paragraph(rest)
        texts = [lines[position] for position in paragraph]
        if is_sent_from(texts[-1]):
            rest = rest[:-1]
        elif len(paragraph) < len(rest) and (_is_disclaimer(texts) or _is_contact_block(texts)):
            rest = rest[: -len(paragraph)]
        else:
            break
    return new[len(rest) :]


def _delimiter_in(lines: list[str], new: list[int]) -> int:
    """Which of the positions is the line of dashes that a signature begins with; behind the last one when none is."""
    for count in range(max(len(new) - MAX_LINES, 1), len(new)):
        line = lines[new[count]]
        if _DELIMITER.fullmatch(line):
            return count
        below = [lines[position] for position in new[count + 1 :]]
        if is_rule(line) and "=" not in line and below and _is_about_somebody(below):
            return count
    return len(new)


def _last_paragraph(positions: list[int]) -> list[int]:
    start = len(positions) - 1
    while start and positions[start - 1] == positions[start] - 1:
        start -= 1
    return positions[start:]


def _is_contact(line: str) -> bool:
    return bool(_CONTACT.search(folded(line)))


def _is_about_somebody(texts: list[str]) -> bool:
    """Whether the lines are short and one in five says how to reach somebody; a filled in form is none."""
    fields = sum(bool(re.match(r"[^\W\d][\w ]{0,30}:", text)) and not _is_contact(text) for text in texts)
    return max(map(len, texts)) <= 80 and 5 * sum(map(_is_contact, texts)) >= len(texts) and 2 * fields < len(texts)


def _is_contact_block(texts: list[str]) -> bool:
    """Whether it is a name with at least two lines of how to reach its bearer, and no sentence."""
    if not 3 <= len(texts) <= _MAX_CONTACT_LINES or max(map(len, texts)) > 80:
        return False
    first = texts[0].strip()
    is_name = len(first) <= 50 and not _is_contact(first) and not re.search(r"\d{2}", first)
    is_said = any(
        line.rstrip().endswith(_SENTENCE_ENDS)
        and not _is_contact(line)
        and not re.search(r"\b\w{1,4}\.$", line.rstrip())
        for line in texts
    )
    return is_name and not is_said and sum(map(_is_contact, texts)) >= 2


def _is_disclaimer(texts: list[str]) -> bool:
    plain = folded(" ".join(texts)).strip(" *_-")
    return bool(_DISCLAIMER.match(plain)) and bool(_ABOUT_SECRETS.search(plain))
