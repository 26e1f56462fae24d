import json
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.figures import Scan, scan
from knowledge.schema import Kind, Quantity

ANCHOR = date(2022, 2, 21)
NAMES = {Kind.ORDINAL, Kind.IDENTIFIER, Kind.RATIO}


def amounts(text: str) -> list[Quantity]:
    return [q for q in scan(text, anchor=ANCHOR).quantities if q.kind not in NAMES]


def row(quantity: Quantity) -> tuple[str, str, str, str]:
    high = "" if quantity.high is None else f"~{quantity.high}"
    return quantity.surface, f"{quantity.value}{high}", quantity.unit, quantity.modifier.value


STATED = [
    # multipliers
    ("营业收入1.19万亿元", [("1.19万亿元", "1190000000000", "元", "exact")]),
    ("访问量119.45万人次", [("119.45万人次", "1194500", "人次", "exact")]),
    ("投资1亿2000万元", [("1亿2000万元", "120000000", "元", "exact")]),
    ("金额4,500万元", [("4,500万元", "45000000", "元", "exact")]),
    ("金额30，410万元", [("30，410万元", "304100000", "元", "exact")]),
    ("金额4.5千万元", [("4.5千万元", "45000000", "元", "exact")]),
    ("金额四千五百万元", [("四千五百万元", "45000000", "元", "exact")]),
    ("收入达二十三亿二千六百万元", [("二十三亿二千六百万元", "2326000000", "元", "exact")]),
    ("投入2879 亿元", [("2879 亿元", "287900000000", "元", "exact")]),
    ("装机50万千瓦", [("50万千瓦", "500000", "千瓦", "exact")]),
    ("装机5200多千瓦", [("5200多千瓦", "5200", "千瓦", "over")]),
    ("发电六亿千瓦时", [("六亿千瓦时", "600000000", "千瓦时", "exact")]),
    ("行程5千米", [("5千米", "5", "千米", "exact")]),
    ("气压994百帕", [("994百帕", "994", "百帕", "exact")]),
    # scripts
    ("企业达１２３４家", [("１２３４家", "1234", "家", "exact")]),
    ("市值３．５億元", [("３．５億元", "350000000", "元", "exact")]),
    ("捐款叁萬伍仟元", [("叁萬伍仟元", "35000", "元", "exact")]),
    ("新增２個項目", [("２個", "2", "个", "exact")]),
    # modifiers
    ("近4500万元", [("近4500万元", "45000000", "元", "about_below")]),
    ("接近八成", [("接近八成", "80", "%", "about_below")]),
    ("约600人", [("约600人", "600", "人", "approx")]),
    ("占比约为12%", [("约为12%", "12", "%", "approx")]),
    ("10%左右", [("10%左右", "10", "%", "approx")]),
    ("超过1000万美元", [("超过1000万美元", "10000000", "美元", "over")]),
    ("突破20万辆", [("突破20万辆", "200000", "辆", "over")]),
    ("票房破10亿元", [("破10亿元", "1000000000", "元", "over")]),
    ("专场活动300余场", [("300余场", "300", "场", "over")]),
    ("500多名学生", [("500多名", "500", "名", "over")]),
    ("投资300多万元", [("300多万元", "3000000", "元", "over")]),
    ("十余项举措", [("十余项", "10", "项", "over")]),
    ("耗时3个多月", [("3个多月", "3", "个月", "over")]),
    ("用时两年多", [("两年多", "2", "年", "over")]),
    ("工程中心20家以上", [("20家以上", "20", "家", "at_least")]),
    ("不低于157亿元", [("不低于157亿元", "15700000000", "元", "at_least")]),
    ("至少有9人受伤", [("至少有9人", "9", "人", "at_least")]),
    ("每村至少建设3个站点", [("3个", "3", "个", "at_least")]),
    ("上百家企业", [("上百家", "100", "家", "at_least")]),
    ("参与者不足500人", [("不足500人", "500", "人", "below")]),
    ("不到两个月", [("不到两个月", "2", "个月", "below")]),
    ("不超过5%", [("不超过5%", "5", "%", "at_most")]),
    ("从未超过30吨", [("从未超过30吨", "30", "吨", "at_most")]),
    ("50元以内", [("50元以内", "50", "元", "at_most")]),
    ("约3000余例次", [("约3000余例次", "3000", "例次", "over")]),
    # words that only look like modifiers
    ("促进签约11项", [("11项", "11", "项", "exact")]),
    ("公约30条", [("30条", "30", "条", "exact")]),
    ("最近3年新增5家", [("3年", "3", "年", "exact"), ("5家", "5", "家", "exact")]),
    ("近3年来增加40%", [("3年", "3", "年", "exact"), ("40%", "40", "%", "exact")]),
    ("历时近3年建成", [("近3年", "3", "年", "about_below")]),
    ("超算中心2个", [("2个", "2", "个", "exact")]),
    ("比上年高出5个百分点", [("5个百分点", "5", "百分点", "exact")]),
    # ranges
    ("每群30至35只", [("30至35只", "30~35", "只", "exact")]),
    ("3万辆至5万辆", [("3万辆至5万辆", "30000~50000", "辆", "exact")]),
    ("3至5万辆", [("3至5万辆", "30000~50000", "辆", "exact")]),
    ("雨量120～150毫米", [("120～150毫米", "120~150", "毫米", "exact")]),
    ("占10%-15%", [("10%-15%", "10~15", "%", "exact")]),
    ("约838.5 亿- 894.4 亿元", [("约838.5 亿- 894.4 亿元", "83850000000~89440000000", "元", "approx")]),
    ("三四十人", [("三四十人", "30~40", "人", "exact")]),
    ("二十七八岁", [("二十七八岁", "27~28", "岁", "exact")]),
    ("两三个月", [("两三个月", "2~3", "个月", "exact")]),
    ("气温-5～3℃", [("-5～3℃", "-5~3", "℃", "exact")]),
    ("气温32-26℃", [("32-26℃", "26~32", "℃", "exact")]),
    ("营收5.6~6亿美元", [("5.6~6亿美元", "560000000~600000000", "美元", "exact")]),
    # lists share the unit of their last number
    (
        "分别供水88.98、90.01、91.57万吨",
        [
            ("88.98", "889800", "吨", "exact"),
            ("90.01", "900100", "吨", "exact"),
            ("91.57万吨", "915700", "吨", "exact"),
        ],
    ),
    ("加快1.4和1.1个百分点", [("1.4", "1.4", "百分点", "exact"), ("1.1个百分点", "1.1", "百分点", "exact")]),
    # shares
    ("增长百分之十六点三", [("百分之十六点三", "16.3", "%", "exact")]),
    ("约占三成", [("约占三成", "30", "%", "approx")]),
    ("三成半", [("三成半", "35", "%", "exact")]),
    ("占一半以上", [("一半以上", "50", "%", "at_least")]),
    ("增长千分之三", [("千分之三", "3", "‰", "exact")]),
    ("下降2.3个百分点", [("2.3个百分点", "2.3", "百分点", "exact")]),
    ("下调25个基点", [("25个基点", "25", "基点", "exact")]),
    ("占四分之三", [("四分之三", "0.75", "", "exact")]),
    # signs
    ("同比−2.1%", [("−2.1%", "-2.1", "%", "exact")]),
    ("增速为负2.1%", [("负2.1%", "-2.1", "%", "exact")]),
    ("最低零下5℃", [("零下5℃", "-5", "℃", "exact")]),
    # money, rates, multiples
    ("人民币3000元", [("人民币3000元", "3000", "元", "exact")]),
    ("62.014亿元人民币", [("62.014亿元人民币", "6201400000", "元", "exact")]),
    ("售价$99", [("$99", "99", "美元", "exact")]),
    ("每度8.08元每升", [("8.08元每升", "8.08", "元每升", "exact")]),
    ("报价3200元/吨", [("3200元/吨", "3200", "元/吨", "exact")]),
    ("速度350公里/小时", [("350公里/小时", "350", "公里/小时", "exact")]),
    ("增长1.5倍", [("1.5倍", "1.5", "倍", "exact")]),
    ("产值翻了一番", [("一番", "1", "番", "exact")]),
    # measures
    ("历时半年", [("半年", "0.5", "年", "exact")]),
    ("会谈两个半小时", [("两个半小时", "2.5", "小时", "exact")]),
    ("刑期三年半", [("三年半", "3.5", "年", "exact")]),
    ("身高1米75", [("1米75", "1.75", "米", "exact")]),
    ("电池5000mAh", [("5000mAh", "5000", "mAh", "exact")]),
    ("采用28 nm工艺", [("28 nm", "28", "nm", "exact")]),
    (
        "长4775*1890*1670mm",
        [("4775", "4775", "mm", "exact"), ("1890", "1890", "mm", "exact"), ("1670mm", "1670", "mm", "exact")],
    ),
    (
        "高宽分别为 80/60/1489毫米",
        [("80", "80", "毫米", "exact"), ("60", "60", "毫米", "exact"), ("1489毫米", "1489", "毫米", "exact")],
    ),
    ("2023半年收入下降", []),
    ("舒张压110mm Hg", [("110mm Hg", "110", "mm Hg", "exact")]),
    ("在全国40城上映", [("40城", "40", "城", "exact")]),
    ("一秒找到同款", []),
    ("罚款200元、拘留15日", [("200元", "200", "元", "exact"), ("15日", "15", "日", "exact")]),
    ("致2死5伤", [("2死", "2", "死", "exact"), ("5伤", "5", "伤", "exact")]),
    ("获3金2银", [("3金", "3", "金", "exact"), ("2银", "2", "银", "exact")]),
    # bare numbers that state a value
    ("采购经理指数为50.2", [("50.2", "50.2", "", "exact")]),
    ("指数报3200.5点", [("3200.5点", "3200.5", "点", "exact")]),
    ("员工总数超56 万，", [("超56 万", "560000", "", "over")]),
    # small counts in Chinese numerals
    ("三家上市公司", [("三家", "3", "家", "exact")]),
    ("新增两家企业", [("两家", "2", "家", "exact")]),
    ("行政拘留十五日", [("十五日", "15", "日", "exact")]),
    ("仅一家中标", [("一家", "1", "家", "exact")]),
    ("试用期一年", [("一年", "1", "年", "exact")]),
    ("H7N9病例3例", [("3例", "3", "例", "exact")]),
    ("建成5G基站2万个", [("2万个", "20000", "个", "exact")]),
]


@pytest.mark.parametrize(("text", "expected"), STATED, ids=[text for text, _ in STATED])
def test_finds_what_is_stated(text, expected):
    assert [row(q) for q in amounts(text)] == expected


@pytest.mark.parametrize(
    "text",
    [
        "完善五创服务链条",
        "“5+5+1”产业领域",
        "一批批成果涌现",
        "打通“最后一公里”",
        "三元环境与高校合作",
        "元六鸿远参加",
        "四川某公司到会",
        "第三届博览会",
        "一系列举措",
        "进一步提升",
        "在蓉两院院士",
        "双方签约",
        "全国首个平台",
        "“十四五”规划",
        "十分重要的意义",
        "增强“四个意识”",
        "一名男子进店",
        "一种新材料",
        "有一天他来了",
        "新的一年",
        "零部件企业",
        "十字路口",
        "四处打听",
        "周三上午",
        "小学五年级",
        "一成不变",
        "一年轻女子",
        "3日圆满落幕",
        "三伏天",
        "火冒三丈",
        "5金币",
        "数十家企业",
        "几百人",
        "上半年业绩",
        "半年度报告",
        "2021级新生",
        "2023款车型",
        "乘G4719次列车",
        "科创板代码600519",
        "酷睿i7-13700处理器",
        "请拨打010-85202353",
        "升级到1.2.10版本",
        "3号线开通",
        "90后青年",
        "世界500强企业",
        "以1：0获胜",
        "104比92取胜",
        "早上8点出发",
        "21时38分发布",
        "10:30开始",
        "A股7月走强",
        "屏幕1920×1080",
        "位于2、3号楼",
    ],
)
def test_finds_nothing_where_nothing_is_counted(text):
    assert amounts(text) == []


@pytest.mark.parametrize(
    ("text", "surface", "kind"),
    [
        ("排名第12位", "第12位", Kind.ORDINAL),
        ("获得前三名", "前三名", Kind.ORDINAL),
        ("乘G4719次列车", "G4719", Kind.IDENTIFIER),
        ("甲流H7N9", "H7N9", Kind.IDENTIFIER),
        ("5G网络", "5G", Kind.IDENTIFIER),
        ("酷睿i7-13700", "i7-13700", Kind.IDENTIFIER),
        ("代码600519", "600519", Kind.IDENTIFIER),
        ("电话13912345678", "13912345678", Kind.IDENTIFIER),
        ("早上8点出发", "8点", Kind.IDENTIFIER),
        ("版本1.2.10", "1.2.10", Kind.IDENTIFIER),
        ("以1：0获胜", "1：0", Kind.RATIO),
        ("以21：15战胜对手", "21：15", Kind.RATIO),
        ("以95-79取胜", "95-79", Kind.RATIO),
        ("104比92", "104比92", Kind.RATIO),
    ],
)
def test_names_places_and_scores_are_found_as_such(text, surface, kind):
    (found,) = scan(text).quantities
    assert (found.surface, found.kind) == (surface, kind)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("3元", Kind.MONEY),
        ("3%", Kind.PERCENT),
        ("3个百分点", Kind.PERCENT_POINT),
        ("3倍", Kind.MULTIPLE),
        ("3家", Kind.COUNT),
        ("3公里", Kind.MEASURE),
        ("报3200.5点", Kind.NUMBER),
    ],
)
def test_kind_comes_from_the_unit(text, kind):
    (found,) = scan(text).quantities
    assert found.kind is kind


def test_a_ratio_keeps_both_numbers():
    (found,) = scan("104比92").quantities
    assert (found.value, found.high) == (Decimal(104), Decimal(92))


@pytest.mark.parametrize(
    ("text", "hedges"),
    [
        ("企业数预计达7800家，同比增长16%", ["预计", ""]),
        ("力争实现1300亿元", ["力争"]),
        ("明年有望突破2万辆", ["有望"]),
        ("拟募集资金9亿元", ["拟"]),
        ("公司将投资3亿元", ["将"]),
        ("预计到2025年，产值达100亿元", ["预计"]),
        ("虚拟电厂3座", [""]),
        ("将近30人到会", [""]),
        ("收入超预期达5亿元", [""]),
    ],
)
def test_a_hedge_governs_its_clause(text, hedges):
    assert [q.hedge for q in amounts(text)] == hedges


@pytest.mark.parametrize(
    ("text", "digits"), [("3.2万亿元", 2), ("4500万元", 4), ("12.0%", 3), ("三成半", 2), ("0.3个百分点", 1)]
)
def test_digits_are_those_written(text, digits):
    (found,) = amounts(text)
    assert found.digits == digits


NUMERALS = "零一二两三四五六七八九十百千万亿半２萬億0123456789"
CHARACTERS = NUMERALS + "第近约超余多个家元年月日时分点成倍至到-～：:,.，。、/%℃$（）“” \n"
WORDS = "1.5 2021年 去年 同期 截至 百分之 将 预计 G47 GB km 每吨 上周"
PIECES = st.sampled_from([*CHARACTERS, *WORDS.split()])
TEXTS = st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=40)


def check(text: str, found: Scan) -> None:
    spans = sorted([*found.quantities, *found.periods], key=lambda item: item.start)
    for item in spans:
        assert text[item.start : item.end] == item.surface != ""
    for one, other in pairwise(spans):
        assert one.end <= other.start
    assert list(found.quantities) == sorted(found.quantities, key=lambda q: q.start)
    assert list(found.periods) == sorted(found.periods, key=lambda p: p.start)
    for quantity in found.quantities:
        assert quantity.value.is_finite()
        assert quantity.kind is Kind.RATIO or quantity.high is None or quantity.value < quantity.high
    for period in found.periods:
        assert period.lo <= period.hi


@given(TEXTS)
def test_spans_slice_to_their_surface_and_never_overlap(text):
    check(text, scan(text, anchor=ANCHOR))


@given(TEXTS, st.dates(min_value=date(1, 1, 1), max_value=date(9999, 12, 31)))
def test_no_anchor_at_the_ends_of_the_calendar_breaks_it(text, anchor):
    check(text, scan(text, anchor=anchor))


@given(TEXTS)
def test_no_anchor_is_fine(text):
    check(text, scan(text))


@given(TEXTS)
def test_full_width_digits_state_the_same(text):
    wide = text.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    plain, other = scan(text).quantities, scan(wide).quantities
    assert [(q.start, q.end, q.value, q.unit) for q in plain] == [
        (q.start, q.end, q.value, q.unit) for q in other
    ]


@given(
    st.integers(min_value=1, max_value=10**7),
    st.sampled_from(["", "万", "亿"]),
    st.sampled_from(["元", "家", "人次", "公里", "吨", "平方米", "个百分点", "%", "美元", "辆"]),
)
def test_what_is_written_is_read_back(number, scale, unit):
    (found,) = scan(f"合计{number}{scale}{unit}。").quantities
    assert found.value == number * {"": 1, "万": 10**4, "亿": 10**8}[scale]
    assert found.surface == f"{number}{scale}{unit}"
    assert found.unit == unit.removeprefix("个")


def rows_of(path: Path) -> list[dict[str, object]]:
    if not path.is_file():
        pytest.skip(f"needs the development data: no {path.name} in {path.parent}")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_hard_strings(shared_dir):
    for item in rows_of(shared_dir / "data" / "hard_figures.jsonl"):
        found = scan(item["t"], anchor=ANCHOR)
        stated = [(q.value, q.unit, q.modifier.value) for q in found.quantities if q.kind not in NAMES]
        assert stated == [(Decimal(str(value)), unit, modifier) for value, unit, modifier in item["q"]], item[
            "t"
        ]
        if "d" in item:
            (period,) = found.periods
            lo, hi = map(date.fromisoformat, item["d"])
            assert period.hi == hi, item["t"]
            assert period.lo == (hi if period.cutoff else lo), item["t"]


def test_every_figure_of_the_seed_article(shared_dir):
    labels: dict[str, list[dict[str, object]]] = {}
    for label in rows_of(shared_dir / "data" / "seed_figures.jsonl"):
        labels.setdefault(label["sentence"], []).append(label)
    for sentence, expected in labels.items():
        found = scan(sentence, anchor=ANCHOR)
        stated = {
            (q.surface, q.value, q.unit, q.modifier.value) for q in found.quantities if q.kind not in NAMES
        }
        assert stated == {
            (label["surface"], Decimal(str(label["value"])), label["unit"], label["modifier"])
            for label in expected
            if label["kind"] == "quantity"
        }
        dates = {(p.lo.isoformat(), p.hi.isoformat(), p.cutoff) for p in found.periods}
        assert {(d["lo"], d["hi"], d["cutoff"]) for d in expected if d["kind"] == "date"} <= dates


def test_nothing_in_the_seed_article_that_only_looks_like_a_figure(shared_dir):
    (path,) = (shared_dir / "data").glob("*.md")
    text = path.read_text(encoding="utf-8")
    stated = [q for q in scan(text, anchor=ANCHOR).quantities if q.kind not in NAMES]
    for label in rows_of(shared_dir / "data" / "seed_nonfigures.jsonl"):
        assert text[label["start"] : label["end"]] == label["surface"]
        overlapping = [q.surface for q in stated if q.start < label["end"] and q.end > label["start"]]
        assert overlapping == [], label


@pytest.mark.parametrize("text", ["0亿余百", "二0万余千"])
def test_a_scale_that_multiplies_nothing_is_no_error(text):
    assert scan(text) is not None
