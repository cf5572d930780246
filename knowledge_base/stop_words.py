"""Words that say nothing about what somebody wants to know: those of grammar, of asking, of courtesy, and bare endings.

All are as `kernel.text.normalise` leaves them.
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ENGLISH = _words(
    """
    a able about advance after again all also although always am an and another any anybody anyone anything anyway anywhere appreciate
    are aren as ask asked asking at be became because been before being best better both but by came can cannot cant cheers come could
    couldn d dear did didn do does doesn doesnt doing don done dont each easiest easily easy either else ever every everyone
    everything few find fond for from gave get gets getting give given go goes going gone good got great greetings had hadn has hasn
    hasnt have haven having he hello help her here hers hey hi him himself his how however i id if im in into is isn isnt it its
    itself ive just keep kind kindly know let like ll look looking m many may maybe me might mine more most much must mustn my myself
    need needed needing needs neither no nor now of off often oh ok okay on once one only onto option options or other others
    otherwise our ours ourselves out over own per perhaps please possibility possible possibly put question quite rather re really
    regards s same say says see seem seems she should shouldn since sincerely so solution some somebody somehow someone something
    sometimes somewhat somewhere still such sure t take tell than thank thanks that the their theirs them themselves then there
    therefore these they thing things this those though through thus to together too toward towards tried try trying until up upon us
    use used using usually ve very via want wanted wanting wants was wasn wasnt way ways we well were weren what whatever when
    whenever where wherever whether which whichever while who whoever whom whose why will wish wishes with within without won wonder
    wondering wont would wouldn yes yet you your yours yourself yourselves
    """
)

PERSIAN = _words(
    """
    ات احترام از است اش ام اما ان انان انجام اند انها انکه او اگر ای ایا اید ایشان ایم این اینکه با باشد باشم باشند باشه بالا باید
    ببرید بتوانم بتونم بدهید بدون بر برای بسیار بعد بفرمایید بلکه بنویسید به بود بودن بودند بوده بگویید بیان بین تا تان تر ترین تشکر
    تو توان تواند توانم توانید توسط توضیح تونم جز حتی خسته خواست خوام خواهد خواهم خواهند خواهید خود خودت خودش خودم خیلی دارد دارم
    دارند داره دارید داریم داشت داشتن داشته در درباره درود دهید دیگر دیگری را راهنمایی روی زیر زیرا سلام سپاس سپس شان شاید شد شده شرح
    شما شود شوند ضمن طبق طور عبارت عبارتند فرمایید فقط قبل لطفا ما مان مانند متشکرم مثل مرسی ممنون من مورد مگر می میتوان میتواند
    میتوانم میتوانید میتونم میخوام میخواهم میشه میشود میکند میکنم میکنند میکنه میکنید میکنیم نام نباشید نباید ندارد ندارم نداره نماید
    نمایند نمود نموده نمی نمیتوان نمیتوانم نمیتونم نمیشه نمیشود نمیکند نمیکنم نمیکنه نیز نیست نیستم نیستند ها هاي های هایت هایتان هایش
    هایشان هایم هایمان هایی هر هست هستم هستند هستید هستیم هم همان همه همچنین همین هنگام هیچ و وقتی ولی پس پیش چجوری چرا چطور چطوری
    چنان چند چندین چنین چه چون چگونه چی چیز چیزی چیست چیه کجا کجاست کدام کدامند کرد کردن کرده کسان کسانی کسی کمک کمی کن کند کنم کنند
    کنه کنید کنیم کنین که کی کیست گردد گردید گفت گفته ی یا یک یی
    """
)
