"""Words that customers and articles use for the same thing in any trade: what an administrator's own list begins with.

A line is a set; words that only sometimes mean the same stand in several.
"""

from functools import cache

from knowledge_base.querying import Synonyms

ENGLISH = """
delete, remove, erase, get rid of, wipe, discard, trash, purge, deletion, removal
cancel, terminate, close, end, quit, unsubscribe
stop, disable, turn off, switch off, deactivate, prevent, block, avoid, suppress
enable, turn on, switch on, activate, allow, permit
block, ban, blacklist, exclude, ignore, omit, filter out
start, launch, begin, initiate, run, open
account, profile, membership
log in, login, sign in, log on, signin, logon
log out, logout, sign out, log off, signout
register, sign up, signup, create an account, registration, join, enroll
password, passcode, pass phrase, pin, credentials
reset, restore, recover
restore, recover, retrieve, get back, undelete, recovery, undo
undo, revert, roll back, rollback
backup, back up, archive, save, safe copy
export, download, extract, dump, save
import, upload, load, migrate, transfer
download, save, fetch, grab
upload, post, submit, add, attach
attach, attachment, enclosure, enclose
add, insert, include, put, append, embed
embed, insert, include, put into
encrypt, encryption, cipher
sort, order, arrange, organize
create, make, generate, produce, build, compose
change, edit, modify, update, alter, adjust
update, upgrade, refresh, renew
rename, name, title, caption
move, transfer, migrate, shift, relocate
copy, duplicate, clone, replicate, reproduce
paste, insert
convert, transform, turn into, change into, export
merge, combine, join, unite, consolidate
split, separate, divide, break up, ungroup
search, find, look for, look up, locate, query, seek
filter, rule, condition, criteria, criterion
show, display, view, see, present, reveal
hide, conceal, invisible, keep private, cover
view, see, look at, watch, browse, read
check, verify, confirm, determine, detect, find out, see, tell
track, follow, monitor, trace, keep track of
share, publish, distribute, give access
send, forward, mail, deliver, transmit
forward, redirect, resend, pass on
receive, get, obtain, incoming
receiver, recipient, addressee
reply, answer, respond, response
contact, reach, get in touch, message, write to
contact, address book
schedule, timer, delay, later, postpone, defer, automatically
notify, notification, alert, inform, remind, reminder, warn
automatic, automatically, auto, automated
manually, by hand
large, huge, big, long, bulk, lots of
multiple, several, many, various, batch, bulk, more than one
single, one
all, every, whole, entire, complete, everything
entire, whole, full, complete
particular, specific, certain, exact, given
permanently, forever, completely, for good
immediately, at once, right away, instantly, urgent
urgent, important, high priority, emergency
fast, quick, rapid, speed
slow, lag, delay, takes long, hang
free, no cost, without paying, gratis
secure, safe, trust, security, protect, safety
private, privacy, confidential, secret, personal, hidden
public, everyone, open
permission, access, right, allowed, authorization, authorisation
access, permission, open, reach, get into
owner, ownership, belong
host, hosting, server
email, e-mail, mail, message
message, msg, mail, email, post
conversation, thread, discussion, chat
chat, conversation, instant messaging, im, talk
comment, remark, note, reply
photo, picture, image, pic, photograph, snapshot
video, clip, movie, film, footage
music, song, audio, track, radio
sound, audio, noise, volume
file, document, attachment
folder, directory
document, doc, file, paper
docs, documents, document
spreadsheet, sheet, excel, worksheet, table
presentation, slides, powerpoint
list, items
task, todo, to-do, item, card
done, finished, completed, complete, mark
calendar, agenda, schedule, appointment
event, appointment, meeting
meeting, appointment, conference
app, application, program, software, tool, webapp
website, site, web site, web page, webpage, page, web
tool, service, app, utility, website
service, company
internet, web, online, net
online, on the web, on the internet
link, url, hyperlink, address, web address
bookmark, favorite, favourite
computer, pc, laptop, desktop, machine, device
phone, mobile, cell phone, cellphone, smartphone, telephone, iphone
device, machine, computer, phone, gadget
browser, chrome, firefox, safari
picture, avatar, icon, logo
size, space, storage, megabytes, how big
limit, quota, maximum, cap
error, bug, problem, issue, fault, failure, trouble, defect
crash, freeze, hang, stops working
broken, damaged, defective, faulty, not working
fix, repair, solve, resolve, correct
install, setup, set up, installation
set up, setup, configure, configuration
settings, preferences, options, configuration
configure, customize, customise, personalize, personalise, adjust
default, standard
feature, function, functionality, capability
difference, compare, versus
alternative, replacement, substitute, instead
replace, substitute, swap, exchange
exchange, return, swap
return, send back, give back
refund, money back, reimburse, reimbursement
invoice, bill, receipt, statement
pay, payment, purchase, transaction
buy, purchase, order, get
order, purchase, booking
price, cost, fee, charge, rate
discount, coupon, voucher, promo code, promotion
subscription, plan, membership
subscribe, sign up, join
ship, deliver, shipping, delivery, dispatch, shipment
package, parcel
arrive, come, delivered
lost, missing, disappeared, gone
stolen, theft
card, debit card, credit card
transfer, wire, send money
withdraw, take out, cash
top up, topup, add money, load
balance, amount
currency, money
agent, representative, support, staff
customer, client, user
friend, contact, buddy, people
language, translation, translate, tongue
translate, translation, translator
ask, request, inquire
location, place, position, spot, point
position, place, point, spot, location, part, portion
time, moment, point
date, day, time
old, oldest, earliest, first
first, initial, earliest, oldest
new, recent, latest, newest, last
format, formatting, style, layout
color, colour
person, someone, somebody, people, user
spam, junk
archive, archived
read, opened, seen
unread, new
connect, link, integrate, sync, connection
sync, synchronize, synchronise, synchronization
"""

PERSIAN = """
حذف, پاک کردن, پاک, از بین بردن
لغو, کنسل, ابطال, انصراف
غیرفعال, خاموش, متوقف, قطع
فعال, روشن, راه اندازی
بلاک, مسدود, مسدودسازی, بستن
اکانت, حساب, حساب کاربری, پروفایل
ورود, لاگین, وارد شدن
خروج, لاگ اوت, خارج شدن
ثبت نام, عضویت, عضو شدن, نام نویسی
رمز, پسورد, گذرواژه, کلمه عبور, رمز عبور
بازیابی, بازگرداندن, بازگردانی, برگرداندن, ریکاوری
پشتیبان, بکاپ, نسخه پشتیبان
دانلود, بارگیری, ذخیره
آپلود, بارگذاری, ارسال
ضمیمه, پیوست, الصاق
ویرایش, تغییر, اصلاح, عوض کردن
به روزرسانی, بروزرسانی, آپدیت, ارتقا
انتقال, جابجایی, جابه جا کردن
کپی, رونوشت
جستجو, جست و جو, سرچ, پیدا کردن, یافتن
نمایش, دیدن, مشاهده, نشان دادن
پنهان, مخفی
اشتراک گذاری, به اشتراک گذاشتن, شیر
فرستادن, ارسال, روانه کردن
دریافت, گرفتن
پاسخ, جواب
ایمیل, رایانامه, پست الکترونیک, میل
پیام, مسیج, پیغام
گفتگو, چت, مکالمه
عکس, تصویر, تصاویر
فیلم, ویدیو, ویدئو, کلیپ
موسیقی, آهنگ, موزیک
صدا, صوت
فایل, پرونده, سند
پوشه, فولدر
برنامه, اپلیکیشن, نرم افزار, اپ
سایت, وب سایت, وبسایت, تارنما
صفحه, برگه
لینک, پیوند, آدرس
اینترنت, شبکه, وب
رایانه, کامپیوتر, سیستم, لپ تاپ
موبایل, گوشی, تلفن همراه, تلفن
مرورگر, بروزر
خطا, ارور, اشکال, مشکل, ایراد
خراب, معیوب
رفع, حل, برطرف
نصب, راه اندازی
تنظیم, تنظیمات, پیکربندی
صورتحساب, فاکتور, صورت حساب, رسید
پرداخت, واریز
بازپرداخت, بازگشت وجه, استرداد, عودت
خرید, سفارش
قیمت, هزینه, مبلغ, نرخ, بها
تخفیف, کوپن, کد تخفیف
اشتراک, عضویت
تحویل, ارسال, رسیدن
بسته, مرسوله, محموله
گم, مفقود
پشتیبانی, پشتیبان, کارشناس
مشتری, کاربر, خریدار
اعلان, نوتیفیکیشن, هشدار, اطلاع رسانی
زمان, وقت, موقع
تاریخ, روز
قدیمی, کهنه
جدید, تازه, نو
فوری, اضطراری, سریع
امن, ایمن, امنیت
خصوصی, شخصی, محرمانه
مجوز, دسترسی, اجازه
تیکت, درخواست, گزارش
"""


@cache
def common_sets(language: str) -> list[list[str]]:
    """The sets of a language, each with its words; none for those that have no list here."""
    lines = {"en": ENGLISH, "fa": PERSIAN}.get(language, "").split("\n")
    return [[word.strip() for word in line.split(",")] for line in lines if line]


@cache
def synonyms(language: str) -> Synonyms:
    """The list of a language; empty for those that have none here."""
    return Synonyms(common_sets(language), language)
