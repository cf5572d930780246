"""The words with which mail programs mark what they quote, forward and sign, a row a language.

As seen in Gmail, Outlook (desktop, web, mobile), Apple Mail, Thunderbird, Yahoo, Proton and the telephones' own programs.
Each entry is a list of alternatives cut by `|`; those of `sent_from` and `wrote` are regular expressions. All are
compared without regard to case, marks of direction, and the ways in which Arabic letters are typed (`folded`).
"""

import re

import msgspec

from helpdesk.channels.email.fields import without_direction_marks

_AS_TYPED = str.maketrans({
    "\u064a": "\u06cc", "\u0649": "\u06cc", "\u0643": "\u06a9",  # the two keyboards' yeh and kaf
    "\u0623": "\u0627", "\u0625": "\u0627",  # alef with and without hamza
    "\u200c": " ", "\u00a0": " ", "\u202f": " ", "\u2007": " ", "\u2009": " ", "\u2019": "'", "\u0130": "i",
    **{chr(code): None for code in (*range(0x064B, 0x0653), 0x0640, 0x200B, 0x2060, 0xFEFF)},  # vowel signs, stretching
})  # fmt: skip


def folded(text: str) -> str:
    """The text as it is compared: small letters, without marks that nobody sees."""
    return text.lower() if text.isascii() else without_direction_marks(text).translate(_AS_TYPED).casefold()


class Words(msgspec.Struct, frozen=True):
    """One language. The fields of a header block, the lines that announce an older mail, and the telephones' lines.

    `starts`: how an attribution begins ("On …"); `wrote`: its verb; `original`, `forwarded`: what stands between
    dashes; `begin_forwarded`: the line of Apple Mail, without its colon.
    """

    from_: str
    date: str
    to: str
    subject: str
    cc: str = ""
    starts: str = ""
    wrote: str = ""
    original: str = ""
    forwarded: str = ""
    begin_forwarded: str = ""
    sent_from: str = ""


LANGUAGES: dict[str, Words] = {
    "en": Words(
        from_="from", date="sent|date|sent on|received", to="to", cc="cc|bcc", subject="subject|re",
        starts="on|at", wrote="wrote|writes|wrote the following",
        original="original message|original e-mail|original email|original mail|original appointment|reply message"
        "|previous message|message d original|reply above|original",
        forwarded="forwarded message|forwarded mail|forwarded email|forwarded by|begin forwarded message|forwarded",
        begin_forwarded="begin forwarded message",
        sent_from=r"sent (?:from|via|with|using|by) (?:my |the |a |an )?\w.{0,60}|sent on the \w.{0,40}|get (?:outlook|bluemail|yandex|nine|spark) .{0,50}"
        r"|get it (?:at|on) .{0,40}|(?:my |please )?(?:pardon|excuse) .{0,40}(?:typos|brevity|thumbs|spelling).{0,60}"
        r"|sent securely .{0,40}|.{0,20}secured with proton ?mail.{0,30}",
    ),
    "fa": Words(
        from_="از|فرستنده|از طرف", date="ارسال شده|ارسال شد|ارسال|تاریخ|تاریخ ارسال|زمان|فرستاده شده|ارسال شده در", to="به|گیرنده|گیرندگان",
        cc="رونوشت|کپی|رونویس", subject="موضوع|عنوان", starts="در تاریخ|در|به تاریخ", wrote="نوشت|نوشته است|نوشته|نوشته اند|نوشتند|چنین نوشت|اینطور نوشت",
        original="پیام اصلی|نامه اصلی|متن اصلی|ایمیل اصلی|پیغام اصلی|پیام قبلی|متن پیام اصلی",
        forwarded="پیام هدایت شده|پیام ارسالی|پیام فرستاده شده|پیام فوروارد شده|پیام بازارسال شده|پیام باز ارسال شده|پیام ارجاع شده|پیام ارجاعی"
        "|پیام منتقل شده|نامه ارجاع شده|ایمیل فوروارد شده|ایمیل هدایت شده|نامه هدایت شده|پیغام هدایت شده|پیام بازفرستاده شده|پیام فوروارد",
        begin_forwarded="پیام ارجاع شده|پیام هدایت شده|شروع پیام هدایت شده|آغاز پیام هدایت شده|شروع پیام ارجاع شده|آغاز پیام بازارسال شده|شروع پیام فوروارد شده",
        sent_from=r"(?:ارسال|فرستاده) ?(?:شده|شد)? (?:از|با|توسط) .{0,60}|از .{1,40} (?:من )?(?:ارسال|فرستاده) (?:شد|شده)(?: است)?.{0,10}"
        r"|(?:دریافت|دانلود|گرفتن) outlook (?:برای|برای سیستم).{0,40}|با .{1,40} (?:ارسال|فرستاده) (?:شد|شده)(?: است)?.{0,10}",
    ),
    "ar": Words(
        from_="من|المرسل|مرسل", date="تاریخ الارسال|تم الارسال|ارسل|ارسلت|التاریخ|تاریخ|الارسال", to="إلى|الى|المستلم", cc="نسخة|نسخة إلى|نسخة الى",
        subject="الموضوع|موضوع", starts="في|بتاريخ|في يوم|في تاريخ",
        wrote="كتب|كتبت|كتب/كتبت|كتب ما يلي|كتبت ما يلي|تمت كتابة ما يلي بواسطة .{1,200}",
        original="الرسالة الأصلية|رسالة أصلية|البريد الأصلي|الرسالة الاصلية",
        forwarded="رسالة محولة|الرسالة المحولة|رسالة معاد توجيهها|الرسالة المعاد توجيهها|رسالة تمت إعادة توجيهها|رسالة موجهة|الرسالة الموجهة"
        "|رسالة مُعاد إرسالها",
        begin_forwarded="بداية الرسالة المعاد توجيهها|بدء الرسالة المعاد توجيهها|بداية الرسالة المحولة|بداية الرسالة المُعاد توجيهها|بداية رسالة محولة",
        sent_from=r"(?:ارسلت|ارسل|مرسل|مرسلة|تم الارسال) (?:من|عبر|بواسطة|باستخدام) .{0,50}|(?:الحصول|احصل) علی outlook .{0,40}",
    ),
    "de": Words(
        from_="von", date="gesendet|datum|gesendet am", to="an", cc="kopie|cc", subject="betreff|betrifft", starts="am|den",
        wrote="schrieb|schrieb am|schreibt|schrieb folgendes|folgendes geschrieben|geschrieben|hat geschrieben",
        original="ursprüngliche nachricht|urspruengliche nachricht|ursprungliche nachricht|originalnachricht|original-nachricht|original nachricht"
        "|ursprüngliche mail|originalmail|ursprünglicher termin|ursprüngliche e-mail",
        forwarded="weitergeleitete nachricht|weitergeleitete mail|weitergeleitete e-mail|weitergeleitet von",
        begin_forwarded="anfang der weitergeleiteten nachricht|anfang der weitergeleiteten e-mail|anfang der weitergeleiteten mail",
        sent_from=r"von (?:mein\w+|unterwegs|\w+ für) .{0,50}(?:gesendet|geschrieben).{0,20}|von mein\w+ .{0,40}|gesendet (?:von|mit|über|aus) .{0,50}"
        r"|(?:diese nachricht|diese e-mail) wurde von .{0,60} gesendet.{0,10}|outlook für .{0,30} (?:herunterladen|beziehen|abrufen)|holen sie sich outlook für .{0,30}"
        r"|unterwegs (?:gesendet|geschrieben).{0,40}|von unterwegs gesendet.{0,20}",
    ),
    "fr": Words(
        from_="de|expéditeur", date="envoyé|date|envoyé le|date d'envoi", to="à|a|pour|destinataire", cc="cc|copie à|copie", subject="objet|sujet", starts="le|en date du",
        wrote="a écrit|a ecrit|écrit|écrivait|a écrit ce qui suit",
        original="message d'origine|message original|message initial|courriel original|mail original|e-mail d'origine|message d’origine|courriel d'origine|rendez-vous d'origine",
        forwarded="message transféré|message réexpédié|message transmis|courriel transféré|mail transféré|e-mail transféré|transféré par",
        begin_forwarded="début du message réexpédié|début du message transféré|début du courriel transféré|début de l'e-mail réexpédié|début du courriel réexpédié",
        sent_from=r"envoyé (?:de|depuis|à partir d|avec|via)[^\w]?.{0,60}|(?:obtenir|obtenez|télécharger|téléchargez) outlook pour .{0,40}|provenance\s?: courrier pour windows.{0,10}",
    ),
    "es": Words(
        from_="de|remitente", date="enviado|enviado el|fecha|enviada el|fecha de envío", to="para|a", cc="cc|con copia", subject="asunto", starts="el|en|con fecha",
        wrote="escribió|escribio|escribe|ha escrito|va escriure",
        original="mensaje original|mensaje de origen|correo original|mensaje anterior|cita original",
        forwarded="mensaje reenviado|correo reenviado|mensaje enviado|reenviado por",
        begin_forwarded="inicio del mensaje reenviado|comienzo del mensaje reenviado|inicio de mensaje reenviado",
        sent_from=r"enviado (?:desde|con|mediante|vía|via|por) .{0,60}|(?:obtener|obtén|obtenga|descargar|descarga|consigue) outlook (?:para|en) .{0,40}",
    ),
    "pt": Words(
        from_="de|remetente", date="enviado|enviada|enviado em|enviada em|enviada a|data|data de envio", to="para|a", cc="cc|com cópia", subject="assunto",
        starts="em|no dia|a|às|na", wrote="escreveu|escreveu o seguinte|escreve|escreveu no dia .{4,60}|escreveu em .{4,60}",
        original="mensagem original|mensagem anterior|e-mail original|compromisso original|mensagem de origem",
        forwarded="mensagem encaminhada|mensagem reencaminhada|mensagem reenviada|e-mail encaminhado|encaminhado por",
        begin_forwarded="início da mensagem encaminhada|início da mensagem reencaminhada|início da mensagem reenviada|inicio da mensagem encaminhada",
        sent_from=r"enviad[oa] (?:do|da|de|a partir d\w|por|pelo|pela|com|via|desde) .{0,60}|(?:obter|obtenha|baixar|baixe|descarregar) o? ?outlook (?:para|no) .{0,40}",
    ),
    "it": Words(
        from_="da|mittente", date="inviato|data|inviato il|data di invio", to="a|per|destinatario", cc="cc|p.c.", subject="oggetto", starts="il giorno|il|in data|alle",
        wrote="ha scritto|scrisse|scrive|ha scritto quanto segue",
        original="messaggio originale|messaggio d'origine|email originale|e-mail originale|appuntamento originale|messaggio precedente",
        forwarded="messaggio inoltrato|email inoltrata|e-mail inoltrata|inoltrato da",
        begin_forwarded="inizio messaggio inoltrato|inizio del messaggio inoltrato|inizio e-mail inoltrata",
        sent_from=r"inviat[oa] (?:da|dal|dalla|dallo|con|tramite|utilizzando) .{0,50}|(?:ottieni|scarica) outlook per .{0,40}",
    ),
    "nl": Words(
        from_="van|afzender", date="verzonden|datum|verzonden op|verstuurd", to="aan", cc="cc|kopie", subject="onderwerp|betreft", starts="op|d.d.",
        wrote="schreef|schreef het volgende|het volgende geschreven|geschreven|schrijft",
        original="oorspronkelijk bericht|origineel bericht|oorspronkelijk e-mailbericht|oorspronkelijke e-mail|oorspronkelijke afspraak|originele bericht|oorspronkelijk",
        forwarded="doorgestuurd bericht|doorgezonden bericht|doorgestuurde e-mail|doorgestuurd door|doorgestuurd",
        begin_forwarded="begin doorgestuurd bericht|begin van doorgestuurd bericht|begin doorgestuurde e-mail",
        sent_from=r"(?:verzonden|verstuurd|gestuurd) (?:vanaf|vanuit|met|via|door|van) .{0,50}|outlook voor .{0,30} (?:downloaden|ophalen)|download outlook voor .{0,30}",
    ),
    "tr": Words(
        from_="kimden|gönderen", date="gönderilme tarihi|gönderildi|gönderilme|gönderme tarihi|gönderim tarihi|tarih", to="kime|alıcı", cc="bilgi|cc",
        subject="konu", starts="tarihinde",
        wrote=r"yazdı|şunu yazdı|şunları yazdı|yazmış|şunları yazdı \(.{4,60}\)|şunu yazdı \(.{4,60}\)",
        original="orijinal mesaj|orijinal ileti|özgün ileti|asıl ileti|asıl mesaj|özgün mesaj|orjinal mesaj|özgün randevu",
        forwarded="iletilmiş mesaj|iletilen mesaj|iletilmiş ileti|iletilen ileti|yönlendirilen ileti|yönlendirilmiş ileti|yönlendirilmiş mesaj|yönlendirilen mesaj|ileten",
        begin_forwarded="iletilen mesaj başlangıcı|iletilmiş mesaj başlangıcı|iletilen ileti başlangıcı|iletilen ileti başı|iletilmiş ileti başlangıcı",
        sent_from=r".{1,50}(?:dan|den|tan|ten|ile|kullanılarak|aracılığıyla) gönderil(?:di|miştir).{0,10}|.{1,30} için outlook'?[uı]? (?:edinin|alın|indirin)",
    ),
    "ru": Words(
        from_="от|от кого|отправитель", date="отправлено|дата|когда|дата отправки", to="кому|получатель", cc="копия|скрытая копия", subject="тема", starts="на|в|от",
        wrote=r"написала?|написал\(а\)|пишет|писала?|пишут|написали|написано",
        original="исходное сообщение|оригинальное сообщение|исходное письмо|первоначальное сообщение|оригинальное письмо|исходная встреча",
        forwarded="пересылаемое сообщение|перенаправленное сообщение|пересланное сообщение|пересылаемое письмо|переадресованное сообщение|перенаправленное письмо"
        "|пересланное письмо|переадресованное письмо",
        begin_forwarded="начало переадресованного сообщения|начало переадресованного письма|начало пересылаемого сообщения|начало пересланного сообщения",
        sent_from=r"отправлен[оа] (?:с|со|из|через|при помощи|с помощью) .{0,50}|(?:скачать|загрузить|получить|получите|скачайте) outlook (?:для|на) .{0,40}",
    ),
    "uk": Words(
        from_="від", date="дата|надіслано", to="кому", subject="тема", cc="копія", starts="у|в", wrote=r"написав|написала|пише|написав\(ла\)",
        original="оригінальне повідомлення|вихідне повідомлення", forwarded="переслане повідомлення|пересилане повідомлення",
        sent_from=r"надіслано (?:з|із|через) .{0,50}",
    ),
    "pl": Words(
        from_="od", date="wysłano|data|wysłane", to="do", cc="dw|do wiadomości", subject="temat", starts="w dniu|dnia|dn.",
        wrote=r"napisał|napisała|napisał\(a\)|napisał/a|pisze|użytkownik .{1,100} napisał",
        original="wiadomość oryginalna|oryginalna wiadomość|wiadomość pierwotna|original message|treść oryginalnej wiadomości",
        forwarded="treść przekazanej wiadomości|przekazana wiadomość|wiadomość przekazana dalej|wiadomość przesłana dalej|forwarded message",
        begin_forwarded="początek przekazywanej wiadomości|początek przekazanej wiadomości", sent_from=r"wysłan[eoy] (?:z|ze|przez) .{0,50}|pobierz outlook dla .{0,40}",
    ),
    "cs": Words(
        from_="od|odesílatel", date="odesláno|datum", to="komu", cc="kopie", subject="předmět|předmet", starts="dne|dňa",
        wrote=r"napsal|napsala|napsal\(a\)|napísal|napísala|napísal\(a\)|píše", original="původní zpráva|původní e-mail|pôvodná správa",
        forwarded="přeposlaná zpráva|preposlaná správa", begin_forwarded="začátek přeposílané zprávy", sent_from=r"odesláno (?:z|ze|pomocí) .{0,50}",
    ),
    "sv": Words(
        from_="från", date="skickat|datum|skickades", to="till", cc="kopia", subject="ämne", starts="den|på", wrote="skrev|skrev följande|skriver",
        original="ursprungligt meddelande|originalmeddelande|originalmejl", forwarded="vidarebefordrat meddelande|vidarebefordrat mejl",
        begin_forwarded="vidarebefordrat brev|börja på vidarebefordrat meddelande", sent_from=r"skickat (?:från|med|via) .{0,50}|skaffa outlook för .{0,40}",
    ),
    "no": Words(
        from_="fra", date="sendt|dato", to="til", cc="kopi", subject="emne", starts="den|på", wrote="skrev|skrev følgende|skreiv|følgende",
        original="opprinnelig melding|oprindelig meddelelse|original meddelelse|original melding", forwarded="videresendt melding|videresendt meddelelse|videresendt e-post",
        begin_forwarded="videresendt melding|start på videresendt besked", sent_from=r"sendt (?:fra|med|via) .{0,50}|hent outlook (?:for|til) .{0,40}",
    ),
    "fi": Words(
        from_="lähettäjä", date="lähetetty|päivämäärä|pvm", to="vastaanottaja", cc="kopio", subject="aihe", wrote="kirjoitti", original="alkuperäinen viesti",
        forwarded="välitetty viesti|edelleenlähetetty viesti", sent_from=r"lähetetty .{0,50}",
    ),
    "hu": Words(
        from_="feladó", date="elküldve|dátum", to="címzett", cc="másolatot kap", subject="tárgy", wrote="írta|ezt írta", original="eredeti üzenet",
        forwarded="továbbított üzenet", sent_from=r"(?:elküldve|küldve) .{0,50}",
    ),
    "ro": Words(
        from_="de la|expeditor", date="trimis|data|dată", to="către|catre", subject="subiect", starts="pe|la|în", wrote="a scris|scrie",
        original="mesaj original|mesajul original", forwarded="mesaj redirecționat|mesaj redirectionat", sent_from=r"trimis (?:de pe|din|cu) .{0,50}",
    ),
    "el": Words(
        from_="από", date="ημερομηνία|στάλθηκε|απεστάλη", to="προς", cc="κοιν", subject="θέμα", starts="στις|την", wrote="έγραψε", original="αρχικό μήνυμα",
        forwarded="προωθημένο μήνυμα", sent_from=r"στάλθηκε από .{0,50}",
    ),
    "bg": Words(from_="от", date="изпратено|дата", to="до", subject="относно|тема", starts="на", wrote="написа", original="оригинално съобщение"),
    "sr": Words(from_="шаље|od", date="послато|poslato", to="прима", subject="тема|naslov", wrote="је написао|је написала|je napisao|je napisala|piše"),
    "he": Words(
        from_="מאת", date="נשלח|תאריך", to="אל", cc="עותק", subject="נושא", starts="ב|בתאריך|ביום", wrote="כתב|כתבה|נכתב|מאת .{1,100}", original="הודעה מקורית",
        forwarded="הודעה שהועברה|הודעה מועברת", sent_from=r"נשלח (?:מ|באמצעות).{0,50}",
    ),
    "zh": Words(
        from_="发件人|寄件者|寄件人|發件人", date="发送时间|发件时间|寄件日期|日期|時間|时间", to="收件人|收件者", cc="抄送|副本", subject="主题|主題|主旨", starts="在|于|於",
        wrote="写道|寫道|写到|写了|撰寫", original="原始邮件|原始郵件|原邮件|原始信件", forwarded="转发的消息|转发邮件|轉寄郵件|转发信息|轉寄的郵件|转发邮件信息",
        begin_forwarded="下面是被转发的邮件|开始转发的邮件|以下是轉寄的郵件", sent_from=r"(?:发自|發自|從我的|从我的|來自).{1,30}|获取 ?outlook.{0,20}",
    ),
    "ja": Words(
        from_="差出人|送信者", date="送信日時|日時|日付|送信", to="宛先", subject="件名", wrote="のメール|のメッセージ|は書きました|書きました",
        original="元のメッセージ|元のメール|オリジナルメッセージ", forwarded="転送メッセージ|転送されたメッセージ", begin_forwarded="転送されたメッセージ", sent_from=r".{1,20}から送信.{0,10}",
    ),
    "ko": Words(
        from_="보낸 사람|보낸사람", date="보낸 날짜|날짜|보낸날짜", to="받는 사람|받는사람", subject="제목", wrote="님이 작성|님이|님이 작성",
        original="원본 메시지|원본 메일|원본메시지", forwarded="전달된 메시지|전달된 메일", sent_from=r"나의 .{1,20}에서 보냄.{0,5}",
    ),
    "vi": Words(
        from_="từ", date="ngày|đã gửi", to="tới|đến", subject="chủ đề", starts="vào", wrote="đã viết", original="thư gốc", forwarded="thư được chuyển tiếp",
        sent_from=r"(?:đã )?gửi từ .{0,50}",
    ),
}  # fmt: skip


FORWARD_PREFIXES = (
    "fwd|fw|wg|tr|rv|enc|i|inoltro|doorst|ilt|пересл|vb|vl|pd|továbbítás|přeposl"
    "|إعادة توجيه|اعادة توجيه|تحويل|هدایت|ارجاع|فوروارد|بازارسال|forward|转发|轉寄|転送|전달"
)
"""How the subject of a forwarded mail begins, in front of a colon."""

REPLY_ABOVE = r"##-.*-##|.*(?:لطفا? پاسخ خود را بالای این خط بنویسید|(?:reply|write|type your reply) above this line).*"
"""Lines by which this and other desks part an answer from what they sent."""


def alternatives(name: str, *, is_pattern: bool = False) -> str:
    """All languages' words for the same thing, as one group of a regular expression over folded text."""
    found = {one for words in LANGUAGES.values() for one in getattr(words, name).split("|") if one}
    if is_pattern:
        return "|".join(folded(getattr(words, name)) for words in LANGUAGES.values() if getattr(words, name))
    return "|".join(re.escape(folded(one)) for one in sorted(found, key=len, reverse=True))
