"""Several tables on one sheet: each has its own headings."""

from opsloop.exchange.blocks import Headings, find_headings
from opsloop.exchange.sandbox import read_table
from opsloop.exchange.table import Area
from tests.exchange import files


def squared(*rows):
    width = max(map(len, rows))
    return [[*row, *[None] * (width - len(row))] for row in rows]


def test_a_title_across_the_sheet_begins_a_table():
    rows = squared(
        ["推选流程", None, None],
        [
            "推选范围",
            "曾获得过省部级（含）以上表彰的科技工作者，以及在一线工作满三十年的人员，均可由所在单位逐级推荐参加。",
            "10人",
        ],
        ["候选人信息", None, None],
        ["姓名", "性别", "年龄"],
        ["康某", "男", "60"],
        ["郑某", "女", "51"],
    )
    merged = [Area(0, 0, 0, 2), Area(2, 0, 2, 2)]
    assert find_headings(rows, merged)[-1] == Headings((3,), (2,))


def test_facts_side_by_side_have_no_headings():
    facts = squared(
        ["乘员", "1人", "长度", "18.90米"],
        ["高度", "5.08米", "翼展", "13.56米"],
        ["最大起飞重量", "38000千克", None, None],
    )
    assert find_headings(facts) == ()
    titled = find_headings([["基本参数", None, None, None], *facts], [Area(0, 0, 0, 3)])
    assert titled == (Headings((), (0,)),)


def test_facts_of_unlike_values_have_no_headings_either():
    names = ["中文名", "外文名", "别名", "国籍", "简介", "专业"]
    values = ["周某", "Jay 1979", "小周", "中国", "著名歌手、音乐人、演员、导演以及编剧", "音乐-1"]
    assert find_headings([list(pair) for pair in zip(names, values, strict=True)]) == ()


def test_labels_between_data_begin_another_table():
    rows = squared(
        [None, "本期期末", "本期期初", "增减"],
        ["资产总计", "28932", "7696456", "2.14%"],
        ["负债总计", "1312", "565", "0.77%"],
        [None, "本期", "上年同期", "增减"],
        ["营业收入", "3257", "676", "0.19%"],
        ["利润", "325", "67", "0.2%"],
    )
    assert [table.rows for table in find_headings(rows)] == [(0,), (3,)]


def test_two_titles_in_a_row_and_a_title_at_the_end():
    rows = squared(["一", None], ["二", None], ["品名", "数量"], ["笔", "3"], ["三", None])
    merged = [Area(at, 0, at, 1) for at in (0, 1, 4)]
    assert find_headings(rows, merged) == (Headings((2,), (0, 1)), Headings((), (4,)))


def test_a_plain_table_has_one_header_and_nothing_has_none():
    rows = squared(["姓名", "部门"], ["张三", "采购部"], ["李四", "财务部"])
    assert find_headings(rows) == (Headings((0,)),)
    assert find_headings([]) == ()
    assert find_headings([[None, None], [None, None]]) == ()
    same = squared(["甲", "1"], ["甲", "2"], ["甲", "3"], ["甲", "4"])
    assert find_headings(same) == ()
    assert find_headings([["1", "2"], ["3", "4"]]) == ()


def test_a_table_that_is_read_names_the_headers_it_may_have(tmp_path):
    text = "品名,数量,单价,日期\n笔,3,2,2024-06-01\n纸,4,1,2024-06-02\n"
    text += "人员,部门,工号,入职\n张三,采购部,007,2020-01-01\n"
    table = read_table(files.written(tmp_path / "a.csv", text))
    assert table.header_rows == (1,)
    assert table.candidates == ((1,), (4,))


def test_a_table_on_its_side_has_its_headings_in_the_first_column():
    """Only what stands over a column of sums heads a column."""
    rows = squared(
        ["项目", "银行承兑汇票", "商业承兑汇票", "合 计"],
        ["期末余额", "540,400.00", "8,077,490.00", "8,617,890.00"],
        ["期初余额", None, "800,000.00", "800,000.00"],
    )
    assert find_headings(rows) == (Headings((), sums=((0, 3),)),)
    assert find_headings([row[:3] for row in rows]) == ()


def test_a_series_of_days_is_no_table_on_its_side():
    rows = squared(
        ["日期", "甲产品", "乙产品"],
        ["2024-06-01", "120", "80"],
        ["2024-06-02", "118", "83"],
        ["2024-06-03", "121", "79"],
    )
    assert find_headings(rows) == (Headings((0,)),)


def test_measures_down_and_periods_across_are_headed_by_their_first_row():
    rows = squared(
        ["指标名称", "本期金额", "上期金额"],
        ["营业收入", "3257", "676"],
        ["管理费用率", "0.19", "0.21"],
    )
    assert find_headings(rows) == (Headings((0,)),)
