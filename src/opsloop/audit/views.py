from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from opsloop.audit import queries
from opsloop.audit.forms import FilterForm
from opsloop.audit.sentences import sentence
from opsloop.org.requests import person_of
from opsloop.ui.paging import keyset_page


def listing(request: HttpRequest) -> HttpResponse:
    form = FilterForm(request.GET or None)
    filters = queries.Filters(**form.cleaned_data) if form.is_valid() else queries.Filters()
    page = keyset_page(queries.lines(person_of(request), filters), request.GET.get("after"))
    context = {
        "form": form,
        "page": page,
        "lines": [(line, sentence(line.action), queries.changes_of(line)) for line in page.rows],
        "retention_days": queries.RETENTION_DAYS,
        "chain": queries.head_status(),
        "help": "audit",
    }
    return render(request, "audit/list.html", context)


@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    """Recompute the whole chain; asked for, because it reads every line."""
    return render(
        request, "audit/verified.html", {"status": queries.verify_chain(), "help": "audit"}
    )
