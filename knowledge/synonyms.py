"""Words that news and everyday speech use for each other when they ask about and state figures.

General Chinese of statistics, business and public affairs; no name of an organisation, place or product.
"""

_GROUPS = """
举办 办理 举行 开展 召开 组织 办 搞 开
投资 投入 投 出资 砸
放款 放贷 贷出 发放贷款 贷款 放 贷 借出
签约 签订 签署 签下 签 签了 合同 协议 谈成
吸引 拉来 引来 引进 带动 请来 招来
发布 公布 推出 亮出
征集 收集 征
参加 参与 出席 加入 参会
交流 探讨 座谈
企业 公司 厂商
营业收入 营收 收入
金额 额 资金 钱 总额 额度
增长 上升 上涨 提高 增加 增幅 涨幅 增速 增长率 涨 升 扩大
下降 减少 下滑 回落 降低 降幅 跌幅 下跌 跌 降
盈利 利润 净利 赚
人 人数 人员
占比 比重 比例 占
目标 力争 计划 预期 打算 要
国内生产总值 GDP 地区生产总值 生产总值 经济总量
居民消费价格指数 CPI 消费价格 消费者价格指数
采购经理指数 PMI 采购经理人指数
工业生产者出厂价格 PPI
社会消费品零售总额 社零
首次公开募股 IPO 上市
房价 住宅价格 住房价格
门店 店铺 店 网店
用户 客户
员工 职工 雇员 从业人员
死亡 遇难 丧生 身亡 去世 死
受伤 伤者 伤 负伤
失踪 失联
召回 回收
罚款 处罚 罚
赔偿 赔 赔付
成交 交易
成交额 交易额 交易金额 成交金额
专家 学者
项目 课题 专案
成果 科研成果
大学 高校 院校 学校
院士 两院院士
观看 访问 浏览 收看
访问量 观看人次 浏览量 点击量
线上 网上 在线 云上
需求 诉求
场次 场
转化率 转化比例
建设 建 打造 建成 共建
新能源汽车 新能源车 电动车
出货量 销量 卖出 销售
价格 售价 定价 价 卖
下发 发放 派发 发
覆盖 涉及 涵盖
收回 回收 取消
拨付 下拨 拨款
提供 给予 捐赠 援助
跑 行驶 里程
面积 占地
身高 高度 高
长度 长 全长
寿命 年限
美国 美
中国 我国 全国 国内 大陆
日本 日
俄罗斯 俄
上半年 1至6月 1-6月 前6个月
前三季度 1至9月 1-9月
本月 当月
同比 比上年同期 较上年同期 与上年同期相比
促成 促进 达成
发达国家 已开发国家
预计 预估 预期
信息 资讯
软件 软体
网络 网路
计划 计画
落户 落地 落址 入驻
主办 主办方
承办 承办方
合作 协作
承办 主办 举办
规模 总量 体量
平均 均
最高 最大 至多
最低 最小 至少
"""

_UNIONS = {
    "学校": "校企 校地 校院",
    "高校": "校企 校地 校院",
    "企业": "校企 政企 银企 校院企",
    "地方": "校地 企地 央地",
    "政府": "政企",
}
"""What a union of sides (校企地合作) says of each side."""

SYNONYMS: dict[str, frozenset[str]] = {}
for _line in _GROUPS.strip().splitlines():
    _words = frozenset(_line.split())
    for _word in _words:
        SYNONYMS[_word] = SYNONYMS.get(_word, frozenset()) | (_words - {_word})
for _word, _said in _UNIONS.items():
    SYNONYMS[_word] = SYNONYMS.get(_word, frozenset()) | frozenset(_said.split())
