"""Names of countries, provinces and large cities, to notice that a figure is of another place than asked."""

import re

_NAMES = """
中国 我国 大陆 全国 美国 日本 韩国 朝鲜 俄罗斯 乌克兰 英国 法国 德国 意大利 西班牙 葡萄牙
荷兰 比利时 瑞士 瑞典 挪威 丹麦 芬兰 波兰 奥地利 匈牙利 捷克 希腊 土耳其 伊朗 伊拉克
沙特 阿联酋 以色列 巴勒斯坦 叙利亚 埃及 南非 尼日利亚 肯尼亚 埃塞俄比亚 印度 巴基斯坦
孟加拉国 斯里兰卡 尼泊尔 缅甸 泰国 越南 老挝 柬埔寨 马来西亚 新加坡 印度尼西亚 印尼 菲律宾
蒙古 哈萨克斯坦 乌兹别克斯坦 澳大利亚 新西兰 加拿大 墨西哥 巴西 阿根廷 智利 秘鲁 古巴 欧盟
欧洲 非洲 亚洲 南美 北美 东盟 全球 世界 中东 欧元区 北京 天津 上海 重庆 河北 山西 辽宁
吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南 四川 贵州 云南 陕西
甘肃 青海 台湾 内蒙古 广西 西藏 宁夏 新疆 香港 澳门 石家庄 唐山 太原 大同 沈阳 大连
长春 哈尔滨 南京 苏州 无锡 常州 南通 徐州 杭州 宁波 温州 嘉兴 绍兴 金华 合肥 芜湖 福州
厦门 泉州 南昌 赣州 济南 青岛 烟台 潍坊 泰安 郑州 洛阳 武汉 宜昌 襄阳 长沙 株洲 广州
深圳 珠海 佛山 东莞 惠州 汕头 南宁 桂林 海口 三亚 成都 绵阳 德阳 宜宾 贵阳 遵义 昆明
大理 拉萨 西安 咸阳 宝鸡 兰州 西宁 银川 乌鲁木齐 呼和浩特 包头 雄安 浦东 长三角 珠三角
大湾区 京津冀 成渝 西部 东部 中部 东北
"""
_ONE = {"我国": "中国", "大陆": "中国", "全国": "中国", "印尼": "印度尼西亚", "世界": "全球"}
_PLACE = re.compile("|".join(sorted(map(re.escape, _NAMES.split()), key=len, reverse=True)))
_SUPERLATIVE = re.compile(r"(?:全国|全球|世界|西部|东部|中部|亚洲|国内)(?:首|第一|最|唯一|领先|前)")


def places(text: str) -> frozenset[str]:
    """Places a text names, one name each; superlatives (全国首个) are no places.

    >>> sorted(places("我国的转化率，成都超算中心成为西部首个"))
    ['中国', '成都']
    """
    return frozenset(_ONE.get(name, name) for name in _PLACE.findall(_SUPERLATIVE.sub("", text)))


def first_place(text: str) -> str:
    """The place a text names first; empty if it names none."""
    found = _PLACE.search(_SUPERLATIVE.sub("", text))
    return _ONE.get(found[0], found[0]) if found else ""


def is_place(text: str) -> bool:
    """Whether a word is a place: a known one, or one that says so itself (杨浦区).

    >>> is_place("杨浦区"), is_place("上台")
    (True, False)
    """
    return _PLACE.fullmatch(text) is not None or (len(text) > 1 and text[-1] in "省市县区州国镇乡村岛旗盟")
