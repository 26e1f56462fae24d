"""What is no question about the articles: small talk, orders, and sums that no article states."""

import re

CHAT = re.compile(
    r"^(?:你好|您好|嗨|hi|hello|早上好|下午好|晚上好|早安|晚安|在吗|在不在|谢谢|多谢|感谢|辛苦|再见|拜拜|好的|收到|哈哈|ok)"
    r"|你是谁|你叫什么|你是什么|你会什么|你能(?:做|干|帮)|讲个|说个笑话|写首|写一首|唱首|天气|吃饭|吃什么|几点了|今天星期|你觉得|你喜欢",
    re.IGNORECASE,
)
LOOSE_CHAT = re.compile(r"天气|吃饭|吃什么")
"""Small talk by themselves, but 强降雨天气转移了多少群众 is a question."""

SUMS = re.compile(
    r"[一-鿿]{2,}(?:和|与|加上?|跟)[一-鿿]{2,}(?:加起来|合起来|之和|总和|相加)|相差|差多少|差距|哪个更?(?:多|少|大|小|高|低|快)"
    r"|(?<![同环占])比(?!上|去|前|年初|头|[例重率])[一-鿿]{1,12}?(?<!减)(?:多|少|高|低)(?:出|了)?(?:多少|几)"
)
"""What must be worked out from several figures is not stated anywhere, and no operand answers it."""

ORDER = re.compile(
    r"忽略|无视|忘(?:记|掉)|不要(?:管|看|引用|理会|依据|根据)|别(?:管|看)|假装|假设你|扮演|你现在是|从现在起|系统提示|提示词|prompt|ignore|system"
    r"|(?:直接|只|必须|务必|就|统一|一律|都)(?:要|需|能|可)?(?:回答|回复|答|说|写|输出|填|报)"
    r"|(?:把|将|请|给我|帮我|你).{0,20}?(?:改成|改为|改口|说成|写成|写作|答成|编成)|编一?个|编造|虚构|瞎编|随便(?:说|给|编)|帮我(?:编|造)",
    re.IGNORECASE,
)

_EACH = re.compile(r"分别|各[是有为]多少|相比|对比|谁.{0,6}[多高大少低小快慢]")


def compares(text: str) -> bool:
    """Whether a question asks for several figures beside each other, or for what only they together tell.

    >>> compares("科创投和科创贷哪个多"), compares("科创投累计投资多少")
    (True, False)
    """
    asks = SUMS.search(text) or _EACH.search(text)
    return asks is not None and not (CHAT.search(text) or ORDER.search(text))
