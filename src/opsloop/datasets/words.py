"""The words of this room: fields of facts, outcomes, and what to do about each problem."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from opsloop.ui import numbers

FIELDS: Final[Mapping[str, Any]] = {
    "case_id": _("Case number"),
    "activity": _("Step"),
    "end_time": _("Completion time"),
    "start_time": _("Start time"),
    "lifecycle": _("Start or completion"),
    "resource": _("Handler"),
    "department": _("Department"),
    "outcome": _("Outcome"),
    "amount": _("Amount (yuan)"),
    "period": _("Period (month)"),
    "date": _("Date"),
    "category": _("Cost category"),
    "item": _("Item"),
    "quantity": _("Quantity"),
    "unit_price": _("Unit price (yuan)"),
    "document": _("Document number"),
    "supplier": _("Supplier"),
    "project": _("Cost project"),
    "document_type": _("Document type"),
}
NOTES: Final[Mapping[str, Any]] = {
    "case_id": _("What the steps belong to: the number of the request, order or ticket."),
    "activity": _("The step that was done."),
    "end_time": _("When the step was completed: 2024-06-05 14:30."),
    "start_time": _("When the step was started, if known: waiting and work are then told apart."),
    "lifecycle": _("Where a step has two rows: whether this one says start or completion."),
    "resource": _("Who did it."),
    "department": _("The department it belongs to."),
    "outcome": _("How the step ended: approved, returned, rejected, withdrawn, delegated."),
    "amount": _("In yuan; a unit in the header such as ten thousand yuan is understood."),
    "period": _("The month a line is booked in: 2024-06."),
    "date": _("The day of the posting; gives the month where no period column is there."),
    "category": _("The cost category, for example raw material."),
    "item": _("The item below the category."),
    "quantity": _("How much was bought or used."),
    "unit_price": _("Price of one unit; with the quantity it gives a missing amount."),
    "document": _("The voucher or invoice number."),
    "supplier": _("Who was paid."),
    "project": _("The project a line belongs to, where budgets are set per project."),
    "document_type": _("What the line is: requisition, order, contract or invoice."),
}
OUTCOMES: Final[Mapping[str, Any]] = {
    "approved": _("approved"),
    "returned": _("returned"),
    "rejected": _("rejected"),
    "withdrawn": _("withdrawn"),
    "delegated": _("delegated"),
}
_REMEDIES: Final[Mapping[str, Any]] = {
    "required": _("Fill in the cell, or delete the row if it is no record."),
    "not_a_number": _("Write digits only, for example 1234.50 or 1,234.50."),
    "too_precise": _("Round the amount to the smallest unit."),
    "out_of_range": _("Check the amount and its unit."),
    "not_a_date": _("Write the date as 2024-06-05, the time as 2024-06-05 14:30."),
    "date_needs_year": _("Set the year below, or write it in the cell."),
    "date_is_quarter": _("Give a month instead of a quarter."),
    "date_ambiguous": _("Say below whether month or day comes first."),
    "not_a_period": _("Write the month as 2024-06."),
    "time_skipped": _("Check the time zone of the data set."),
    "ends_before_start": _("Check both times; perhaps the columns are swapped."),
    "unknown_outcome": _("The row counts without an outcome; correct the word if it matters."),
    "never_completed": _("Add the row of its completion, or leave it out until it is completed."),
    "other_transition": _("Only start and completion are counted; nothing needs to be done."),
    "looks_like_total": _("Delete the row if its parts stand in the file too."),
    "sums_up_others": _("Delete the row if it is the sum of the others, keep it if by chance."),
    "same_number": _("Rename one of the two identifiers."),
}


def remedy(code: str) -> str:
    """What a person can do about a problem; empty when the sentence says it all."""
    return str(_REMEDIES.get(code, ""))


def shown(field: str) -> Callable[[str | None], str]:
    """How a neutral value of a field reads on the page."""
    if field == "outcome":
        return lambda value: str(OUTCOMES[value]) if value else ""
    if field == "amount":
        return lambda value: numbers.yuan(value) if value else ""
    return lambda value: value or ""
