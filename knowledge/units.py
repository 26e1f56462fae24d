"""What numbers count and measure in Chinese news: money, measures, classifiers, and what vetoes them.

The lists are the main lever on precision.  They come from counting what follows the 300,000 numbers of 25,000
news articles: in is what follows at least one number in 50,000 and counts, measures or prices something.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from knowledge.schema import Kind, Modifier


class Core(NamedTuple):
    """A number with its unit, before the words around it are read; offsets in the folded text.

    Attributes:
        start: Start, sign of money or 负 included.
        end: Half-open end.
        value: In `unit`; of a name, its first number.
        unit: As written, classifier kept; empty for a bare number.
        kind: What sort of number it is.
        digits: Significant digits as written.
        high: Upper end of a range, or the second number of a ratio.
        inside: The modifier between number and unit (300余场), or None.
    """

    start: int
    end: int
    value: Decimal
    unit: str
    kind: Kind
    digits: int = 0
    high: Decimal | None = None
    inside: Modifier | None = None


class Unit(NamedTuple):
    """A unit as it stands in a text.

    Attributes:
        written: The characters to look for.
        name: The unit a quantity carries (个百分点 → 百分点, 元人民币 → 元).
        kind: The kind of quantity it makes.
    """

    written: str
    name: str
    kind: Kind


_MONEY = """
元 美元 欧元 日元 港元 澳元 加元 新元 韩元 纽元 英镑 英磅 卢布 卢比 泰铢 铢 瑞郎 瑞士法郎 法郎 比索 雷亚尔
里拉 兰特 迪拉姆 里亚尔 越南盾 印尼盾 印尼卢比 新台币 台币 澳门元 澳门币 林吉特 令吉 克朗 瑞典克朗 挪威克朗
丹麦克朗 第纳尔 谢克尔 福林 兹罗提 奈拉 先令 坚戈 索姆 格里夫纳 塔卡 港币 日币 韩币 加币 澳币 日圆 韩圆 美金
欧 美分 欧分 角 毛 毛钱 块 块钱 分钱 新加坡元 加拿大元 澳大利亚元 新西兰元 比特币
"""
_MONEY_AS = {
    "元人民币": "元",
    "元(人民币)": "元",
    "元（人民币）": "元",
    "元（人民币，下同）": "元",
    "人民币": "元",
    "元钱": "元",
    "RMB": "元",
    "美刀": "美元",
    "USD": "美元",
    "元港币": "港元",
    "元新台币": "新台币",
}
_MEASURES = """
公里 千米 米 厘米 公分 毫米 微米 纳米 海里 英里 英尺 英寸 英吋 寸 尺 丈 光年 里 华里 里地 平方公里 平方千米
平方米 平方厘米 平方毫米 平方英尺 平方英里 平方 平米 平 公顷 亩 英亩 亩地 立方米 立方 立方厘米 立方千米
立方英尺 方 吨 公吨 公斤 千克 克 毫克 微克 斤 磅 盎司 克拉 标准箱 标箱 吨标准煤 吨标煤 吨煤 升 毫升 加仑
蒲式耳 瓦 千瓦 兆瓦 吉瓦 千瓦时 瓦时 兆瓦时 吉瓦时 度电 千伏 伏 伏特 毫安 毫安时 安时 安培 千伏安 焦耳 千焦
卡路里 大卡 千卡 摄氏度 华氏度 度 帕 百帕 千帕 兆帕 牛米 牛·米 牛 马力 匹马力 贝克勒尔 微西弗 毫西弗 转
尼特 流明 分贝 赫兹 兆赫 兆比特 比特 字节 像素 年 个月 天 小时 分钟 秒 秒钟 毫秒 微秒 纳秒 周 星期 世纪 周年
日 学年 学时 课时 周岁 岁 刻钟 工作日 交易日 昼夜 级 基点 bp BP bps 节 帧 马赫 核 线程 吋 TFLOP 平方公分
平方公尺 公尺 核心
"""
_MEASURES_AS = {
    "mm Hg": "mm Hg",
    "个小时": "小时",
    "个钟头": "小时",
    "个星期": "星期",
    "个世纪": "世纪",
    "个基点": "基点",
    "个BP": "基点",
    "个bp": "基点",
}
_LATIN = """
mm cm km m dm nm μm um μg ug mg kg Kg KG g t L l mL ml ML dL kW KW W MW GW TW kWh KWh Wh MWh GWh TWh GWp
MWp Wp V kV mV mA mAh Ah Hz kHz KHz MHz GHz TB GB MB KB PB EB Mbps Gbps Kbps MB/s GB/s TB/s Gb MT/s km/h m/s
rpm N·m Nm N MPa kPa hPa Pa bar kJ kcal cal ℃ °C ° ℉ ㎡ ㎥ ㎞ ㎝ ㎜ ㎏ m² m³ km² mm² cm² m2 m3 ppm ppb dB
dBi dpi ppi PPI fps FPS FPs MP nit nits s ms ns min h TFLOPS TOPS USDT oz lb ft psi CFM lm cd/m2 kg/m3 ha
Tbps km/s mmHg mmol/L μmol/L g/km G
"""
_COUNTS = """
个 名 位 人 家 户 口 户次 人次 人份 次 场 场次 项 项次 件 件套 件次 宗 起 例 例次 批 批次 辆 辆次 列 列次 架
架次 艘 艘次 台 台次 台套 台（套） 台(套) 套 部 部门 部委 部分 款 只 头 匹 条 根 枚 颗 粒 株 棵 朵 束 片 张
页 册 本 篇 幅 首 份 封 则 盒 箱 瓶 袋 罐 杯 碗 盘 桶 支 枝 把 座 栋 幢 间 所 处 层 面 扇 盏 门 段 组 队 对
双 副 堆 排 班 班次 趟 趟次 趟列 车次 轮 集 节 节课 门课 堂 堂课 遍 顿 餐 手 股 笔 单 票 席 种 类 样 道 步
卷 帖 剂 剂次 针 针次 床 铺 环 局 站 尾 羽 滴 枪 字 词 句 幕 档 位数 圈 拳 分 胜 负 连胜 连败 连阳 连涨 连跌
连板 场球 球 个球 学分 席位 支队 格 挺 捆 宗地 亩次 车厢 工日 人日 截 块 眼 孔 处所 尊 叠 串 摞 锅 缸 窝 伙
拨 字符 粉丝 城 镇 乡 乡镇 县 省 省份 市 国 国家 城市 企业 高校 学校 单位 项目 机构 品牌 星 死 伤 金 银 铜
"""
_OTHER = {
    "%": ("%", Kind.PERCENT),
    "‰": ("‰", Kind.PERCENT),
    "个百分点": ("百分点", Kind.PERCENT_POINT),
    "百分点": ("百分点", Kind.PERCENT_POINT),
    "个pct": ("百分点", Kind.PERCENT_POINT),
    "pct": ("百分点", Kind.PERCENT_POINT),
    "pp": ("百分点", Kind.PERCENT_POINT),
    "倍": ("倍", Kind.MULTIPLE),
    "番": ("番", Kind.MULTIPLE),
    "点": ("点", Kind.NUMBER),
    "个点": ("点", Kind.NUMBER),
}

VETO = {
    "人": "民工类物体间士性机格",
    "名": "单字称额义列叫气誉",
    "位": "于置列居数",
    "家": "庭长属里乡园具族",
    "户": "籍外型",
    "场": "馆所景地外内",
    "起": "来诉步到飞因伏草源码身火床售自拍点",
    "次": "日年元要级品",
    "部": "长队署落位曲",
    "只": "要能是会需",
    "条": "例约",
    "根": "据本源",
    "本": "月周年次届轮科人报土地国场赛期市省案院",
    "首": "先席次个批届都脑相要家富发轮",
    "份": "额子",
    "座": "谈",
    "间": "谍接隔",
    "所": "以有在属谓",
    "处": "理于罚置分在境",
    "层": "面级次",
    "面": "积对向临包粉前部条试",
    "门": "店诊票口槛前",
    "组": "村织成建合团",
    "队": "员伍列",
    "对": "于方手外内阵话应此其中我他美华每比决一1",
    "双": "人面层方边重向创碳",
    "副": "总局市省县主部会院书教厅处科",
    "排": "名放查除污水气列队行",
    "班": "组级子主",
    "轮": "车摩电驱对流番船回胎滑岗",
    "集": "团体中合成资结",
    "手": "机段术续工册里中上指下法握",
    "股": "东份票权价市民息",
    "笔": "记者录试",
    "单": "电位个日月季场元价身独",
    "票": "房价据务面",
    "种": "子植族地",
    "道": "路德歉具琼",
    "步": "骤行伐入",
    "环": "保境比评节球城路",
    "局": "部面长势",
    "球": "队员迷场星衣",
    "站": "点长台",
    "支队": "伍员",
    "日圆": "满",
    "胜": "利过出诉任",
    "天": "津然气空",
    "个点": "位球",
    "星": "级期座球河光空际巴",
    "金": "额融属华字牌币",
    "银": "行河牌",
    "铜": "牌陵",
    "死": "者刑于",
    "伤": "者害亡残口",
    "周": "末边转期密刊一二三四五六日",
    "秒": "杀",
    "年": "级轻",
    "镇": "痛静定",
    "乡": "道村镇亲",
    "县": "城域级委",
    "省": "级会委道级内外",
    "国": "有资民际家内产务语道标电航",
    "市": "场值委民区级占",
    "日": "元圆本线报消媒前",
    "核": "酸电武",
    "平": "板台方均安等原时静衡稳局民",
    "度": "过假量",
    "里": "程面边约亚",
    "尺": "寸",
    "卡": "车片塔通路",
    "节": "目约日能省气",
    "升": "级学至到温降为值高",
    "牛": "肉奶津市年",
    "米": "其兰粉饭面板台栏跑蛙自混蝶仰接障",
    "分": "之别析布享开子散配公局手部院行店支期为成类",
    "台": "山县河州湾资海风办独盟商区市农",
    "元": "旦素老件宵帅首",
    "欧": "洲盟美冠",
    "角": "度落色逐",
    "方": "面式案法向便",
    "支": "持付出行撑配部",
    "张": "家力",
    "包": "括含裹装机邮容围",
    "箱": "体",
    "口": "气号径岸罩腔",
    "餐": "饮厅馆",
    "片": "面",
    "堂": "弟兄妹",
    "字": "节母幕体",
    "盘": "中点后面",
    "杯": "赛",
    "套": "路利现餐装",
    "款": "项式",
    "圈": "子内",
    "头": "部条脑",
    "眼": "睛镜看下",
    "幕": "后墙",
    "格": "局林式外",
    "路": "公口线面程人段过费边车",
    "孔": "子雀",
    "束": "缚",
    "转": "发型移让入为变向会载播债增基融",
    "毛": "利主坯病",
    "床": "上",
    "铺": "设",
    "针": "对",
}
"""A unit followed by one of these characters is the head of another word: 2021年位于, 3分公司, 5万人民币."""

_AFTER_HAN = """
个 名 位 人 家 户 人次 次 场 场次 项 件 宗 起 例 批 批次 辆 列 架 架次 艘 台 套 部 款 只 头 匹 条 根 枚 颗
粒 株 棵 朵 片 张 页 册 本 篇 幅 首 份 封 则 盒 箱 瓶 袋 罐 杯 碗 桶 支 枝 把 座 栋 幢 间 所 处 层 扇 盏 组
队 双 趟 轮 集 节 节课 门课 堂课 遍 顿 股 笔 种 类 剂 剂次 枪 球 连胜 连败 连阳 连涨 连跌 连板 场球 人份
户次 辆次 艘次 台次 台套 例次 部分 席 尾 羽 块 省份 国家 城市
"""
AFTER_HAN = frozenset(_AFTER_HAN.split())
"""Classifiers that also count after a Chinese numeral; after one, the rest mostly belongs to names and words."""

_NAMED = """
号线 号楼 号院 号 届 期 楼 路 线 版 代 系列 系 型 强 后 国道 省道 县道 高速 室 单元 章 区 街 弄 村 厂 团 营
旅 师 军 班列 院 年级 大 米自由泳 米台 米气步枪 米气手枪 米接力 米障碍 号馆 号机 米板 米栏 米跑 米蛙泳
米混合泳 米蝶泳 米仰泳 次列车 专线 热线 赛季 财年 航班 房 栋楼
"""
NAMED = tuple(_NAMED.split())
"""What makes the number before it a name: 3号线, 90后, 500强."""

_RATED = """
吨 公斤 千克 斤 克 升 毫升 公里 千米 米 平方米 平方公里 平方 平米 平 立方米 立方 亩 公顷 年 月 日 天 小时
分钟 分 秒 周 季度 季 人 人次 户 家 次 股 桶 盎司 个 件 台 辆 套 只 头 张 份 盒 瓶 箱 袋 包 片 支 杯 条 块
枚 颗 磅 标准箱 标箱 TEU 千瓦时 兆瓦时 度 瓦 千瓦 兆瓦 W kg g t L ml mL m s h min 10股 500克 500g 100g 100克
加仑 蒲式耳 手 人·天 人/天 晚 间夜 夜 位 盘 桌 篇 平方英尺 平方厘米 km m³ m² m3 km² 100mL 100ml TFLOPS
100公里 百公里 100km 包邮 分贝 分子 单 剂 针
"""
RATED = frozenset(_RATED.split())
"""What a price or speed can be per: 元/吨, 公里/小时, 美元/月."""

_TALLIES = "金银铜死伤胜负平"

CURRENCY = {
    "US$": "美元",
    "HK$": "港元",
    "A$": "澳元",
    "C$": "加元",
    "S$": "新元",
    "NT$": "新台币",
    "$": "美元",
    "¥": "元",
    "￥": "元",
    "€": "欧元",
    "£": "英镑",
    "₽": "卢布",
    "₩": "韩元",
    "₹": "卢比",
    "RMB": "元",
    "USD": "美元",
    "人民币": "元",
}
"""Signs of money that stand before the number."""


def _unit_table() -> dict[str, Unit]:
    table = {w: Unit(w, w, Kind.COUNT) for w in _COUNTS.split()}
    table |= {w: Unit(w, w, Kind.MEASURE) for w in (_MEASURES + _LATIN).split()}
    table |= {w: Unit(w, name, Kind.MEASURE) for w, name in _MEASURES_AS.items()}
    table |= {w: Unit(w, w, Kind.MONEY) for w in _MONEY.split()}
    table |= {w: Unit(w, name, Kind.MONEY) for w, name in _MONEY_AS.items()}
    return table | {w: Unit(w, name, kind) for w, (name, kind) in _OTHER.items()}


UNITS = _unit_table()


def _by_first(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    index: dict[str, list[str]] = {}
    for word in sorted(words, key=len, reverse=True):
        index.setdefault(word[0], []).append(word)
    return {first: tuple(longest_first) for first, longest_first in index.items()}


_BY_FIRST = _by_first(UNITS)


def unit_at(text: str, pos: int) -> Unit | None:
    """The longest unit that stands at `pos` of the folded `text`, or None.

    >>> unit_at("3万平方米住宅", 2).name
    '平方米'
    """
    for word in _BY_FIRST.get(text[pos : pos + 1], ()):
        if not text.startswith(word, pos):
            continue
        following = text[pos + len(word) : pos + len(word) + 1]
        if following and (
            following in VETO.get(word, "") or _runs_on(word, following) or _is_terse(word, following)
        ):
            continue
        return UNITS[word]
    return None


def _runs_on(word: str, following: str) -> bool:
    """Whether a Latin unit is only the start of a longer word: 5G of 5GHz, 3m of 3mini."""
    if not (word[-1].isascii() and word[-1].isalpha() and following.isascii()):
        return False
    return following.isalpha() or (following.isdigit() and len(word) == 1)


def _is_terse(word: str, following: str) -> bool:
    """Whether 金 or 死 after a number is the head of a longer word, not the tally 3金2银, 2死5伤."""
    return word in _TALLIES and "一" <= following <= "龥" and following not in _TALLIES
