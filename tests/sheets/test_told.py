"""Whom a remark at a cell reaches: the mentioned, the row's people, who spoke there before."""

import pytest

from opsloop.notify.mentions import mentioned
from opsloop.notify.models import Notice
from opsloop.org.models import Person


def notices(person: Person) -> list[tuple[str, str]]:
    return [(one.subject, one.link) for one in Notice.objects.filter(to=person)]


@pytest.fixture
def first(steps):
    return steps.rows()[0]


def test_a_mentioned_person_is_told_once_and_led_to_the_form(cast, process, steps, first):
    steps.post(
        "comments", row=first["id"], column="hours", text="@孙专员请核对，@employee 一小时太短"
    )
    told = Notice.objects.get(to=cast.employee)
    assert told.subject == "赵主管 提到了您"
    assert "采购申请审批流程" in told.body
    assert "一小时太短" in told.body
    assert told.link.endswith(f"/{process.pk}/") or str(process.pk) in told.link


def test_who_may_not_open_the_form_is_not_told(cast, steps, first):
    steps.post("comments", row=first["id"], column="hours", text=f"@{cast.outsider.name} 看一下")
    assert notices(cast.outsider) == []


def test_who_spoke_before_hears_the_answer_and_nobody_hears_themselves(
    cast, grid, process, steps, first
):
    grid(cast.employee, process).post("comments", row=first["id"], column="hours", text="太短")
    assert notices(cast.department_head) == []
    steps.post("comments", row=first["id"], column="hours", text="已核对")
    assert [subject for subject, _link in notices(cast.employee)] == ["赵主管 留下批注"]
    assert notices(cast.department_head) == []


def test_a_remark_elsewhere_does_not_concern_them(cast, grid, process, steps, first):
    grid(cast.employee, process).post("comments", row=first["id"], column="hours", text="太短")
    steps.post("comments", row=first["id"], column="inputs", text="写清楚")
    assert notices(cast.employee) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@孙专员请核对", ["employee"]),
        ("@孙专员@赵主管 请核对", ["employee", "head"]),
        ("＠employee,请核对", ["employee"]),
        ("请孙专员核对", []),
        ("a@b.example @", []),
        ("@孙", []),
        ("@employees", []),
        ("@employee看", ["employee"]),
    ],
)
def test_an_at_sign_names_the_longest_name_that_fits(cast, text, found):
    assert sorted(person.username for person in mentioned(text)) == found


def test_of_two_people_of_one_name_both_are_meant(cast):
    Person.objects.create(username="sun2", name="孙专员")
    assert len(mentioned("@孙专员")) == 2


def test_a_long_text_full_of_marks_asks_once(cast, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert mentioned("@某某 " * 500) == []
