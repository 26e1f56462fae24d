"""Which statistic (同比, 累计, 人均 …) and which way of change a stretch of text names."""

import re

from knowledge.schema import Direction

STATISTICS: tuple[tuple[str, str], ...] = (
    ("同比", r"同比|(?:比|较|和|与|跟)(?:上年|去年|上一年|前一年|头一年)(?:同期|相比)?"),
    ("环比", r"环比|(?:比|较|与|和)(?:上月|上个月|上季度|上一季度|前一月|\d+月份)(?:相比)?"),
    ("占比", r"占比|占(?![用地据领线])(?:了)?.{0,16}?(?:比重|比例|%|几成|多少)|所占|比重"),
    ("人均", r"人均|平均每(?:个)?人|每人平均"),
    ("日均", r"日均|平均每天|每天平均"),
    ("月均", r"月均|平均每月"),
    ("年均", r"年均|平均每年"),
    ("平均", r"平均|均价|场均"),
    ("累计", r"累计|总计|共计|合计|一共|总共|累积"),
    ("新增", r"新增|净增|新开|新当选|新入选|新签|新添|又?添了|[再喜]添|又多了|多出|增加了?几"),
)
"""Statistic by the words that name it, most specific first."""


UP = (
    r"增长|上升|上涨|提高|增加|扩大|上调|攀升|涨幅|增幅|增速|增长率"
    r"|涨(?:了|至|到|超|逾)|收涨|涨多少|多了|增产|走高|溢价|[暴大飞猛狂]涨|飙升|激增|大增|涨价|上浮"
)
DOWN = (
    r"下降|减少|下滑|回落|降低|缩小|下调|下跌|跌幅|降幅"
    r"|跌(?:了|至|到|去|超|逾)|收跌|降了(?!多少[雨雪水])|少了|骤降|缩水|减产|回调|走低|折价|[暴大猛狂]跌|锐减|骤减|降价|下浮|大减"
)


def statistic_of(text: str) -> str:
    """The statistic that a text names, most specific first; empty if it names none.

    >>> statistic_of("营业收入同比增长多少")
    '同比'
    """
    return next((name for name, pattern in STATISTICS if re.search(pattern, text)), "")


_LEVEL = re.compile(r"(?:[升降增减加少长高低落缩扩涨跌调]|扩大|缩小)[至到为][了约近超]?$")
"""降至4.8% states a level, not a change."""


def direction_of(text: str) -> Direction | None:
    """Which way of change a text speaks of, or None if of none or of both."""
    up, down = re.search(UP, text), re.search(DOWN, text)
    if _LEVEL.search(text):
        return None
    if bool(up) == bool(down):
        return None
    return Direction.UP if up else Direction.DOWN
