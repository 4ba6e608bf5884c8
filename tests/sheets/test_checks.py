"""The five forms without records: the company's own copies are read, shown, checked, taken away."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from opsloop.sheets.models import ReturnedForm
from opsloop.sheets.register import forms
from tests.processes.conftest import FORM

pytestmark = pytest.mark.django_db
KEYS = ["process_review", "task_tracking", "cost_analysis", "service_inspection", "kpi_monitor"]


def sample(key: str) -> bytes:
    return (Path(__file__).parents[1] / "example_forms" / f"{key}.csv").read_bytes()


def check(client, key, body: bytes, name="表.csv"):
    upload = SimpleUploadedFile(name, body)
    answer = client.post(f"/sheets/{key}/check/", {"file": upload})
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"], client.get(answer["Location"])


def test_all_five_forms_are_offered(cast, client_for):
    assert list(forms()) == KEYS
    page = client_for(cast.employee).get("/sheets/").content.decode()
    for key in KEYS:
        assert f"/sheets/{key}/check/" in page


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("kind", ["xlsx", "docx", "pdf"])
def test_an_empty_form_is_taken_away(cast, client_for, key, kind):
    answer = client_for(cast.employee).get(f"/sheets/{key}/empty.{kind}")
    assert answer.status_code == 200
    assert len(b"".join(answer.streaming_content)) > 1_000
    assert client_for(cast.employee).get(f"/sheets/{key}/empty.csv").status_code == 404


@pytest.mark.parametrize("key", KEYS)
def test_the_source_form_is_shown_with_its_contradictions(cast, client_for, key):
    client = client_for(cast.employee)
    address, page = check(client, key, sample(key))
    look = page.context["look"]
    assert look.title in page.content.decode()
    assert sum(look.counted[tone] for tone in ("bad", "warn", "info")) > 0
    assert look.counted["unread"] == 0
    for kind in ("xlsx", "docx", "pdf", "csv"):
        assert client.get(f"{address}file/{kind}").status_code == 200
    assert client_for(cast.operations_manager).get(address).status_code == 404


def test_the_gravest_remarks_stand_above_the_table_and_lead_to_their_rows(cast, client_for):
    """X-18, X-23, X-25, X-26 and X-27 in the four rows of the company's cost form."""
    _address, page = check(client_for(cast.employee), "cost_analysis", sample("cost_analysis"))
    found = page.context["look"].findings
    codes = {one.remark.code for one in found}
    assert {"X-18", "X-23", "X-25", "X-26", "X-27"} <= codes
    shown = page.content.decode()
    assert all(f'href="#row-{one.number}"' in shown for one in found)
    assert shown.count('id="row-') == len(page.context["look"].rows)
    assert shown.index("优先查看") < shown.index('id="row-1"')


def test_computed_and_written_value_stand_beside_the_cell(cast, client_for):
    _address, page = check(client_for(cast.employee), "cost_analysis", sample("cost_analysis"))
    said = {
        remark.code
        for row in page.context["look"].rows
        for remark in [*row.remarks, *(one for cell in row.cells for one in cell.remarks)]
    }
    assert "X-18" in said


def test_pasted_cells_are_checked_and_led_into_a_record(cast, client_for, process):
    client = client_for(cast.department_head)
    changed = FORM.replace("\t24\n", "\t20\n")
    answer = client.post("/sheets/process_review/check/", {"pasted": changed})
    assert answer.status_code == 302
    page = client.get(answer["Location"])
    assert [label for _key, label in page.context["offered"]] == [process.name]
    led = client.post(f"{answer['Location']}take/", {"subject": process.pk}, follow=True)
    (row,) = [row for row in led.context["rows"] if row.choices]
    assert (row.choices[0].before, row.choices[0].after) == ("24", "20")


def test_a_check_leads_into_nothing_a_person_may_not_edit(cast, client_for, process):
    client = client_for(cast.employee)
    answer = client.post("/sheets/process_review/check/", {"pasted": FORM})
    assert client.get(answer["Location"]).context["offered"] == []
    assert client.post(f"{answer['Location']}take/", {"subject": process.pk}).status_code == 403
    outsider = client_for(cast.outsider)
    answer = outsider.post("/sheets/process_review/check/", {"pasted": FORM})
    assert outsider.post(f"{answer['Location']}take/", {"subject": process.pk}).status_code == 404


@pytest.mark.parametrize("body", [{}, {"pasted": "这不是表单"}])
def test_what_is_no_form_is_refused_in_one_sentence(cast, client_for, body):
    page = client_for(cast.employee).post("/sheets/kpi_monitor/check/", body)
    assert page.status_code == 200
    assert page.context["upload"].non_field_errors()
    assert not ReturnedForm.objects.exists()


def test_only_the_newest_checks_are_kept(cast, client_for):
    client = client_for(cast.employee)
    for _time in range(22):
        client.post("/sheets/process_review/check/", {"pasted": FORM})
    assert ReturnedForm.objects.count() == 20
