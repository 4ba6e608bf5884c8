"""The pages of receivers of events: list, one with its log, set up, test, renew, remove."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from opsloop.audit.sentences import sentence
from opsloop.notify import outbound, webhooks
from opsloop.notify.forms import WebhookForm
from opsloop.notify.models import Webhook
from opsloop.org.clock import now
from opsloop.org.requests import person_of
from opsloop.ui.paging import keyset_page


def listing(request: HttpRequest) -> HttpResponse:
    found = Webhook.objects.all()
    return render(request, "notify/webhooks.html", {"webhooks": found, "help": "notify"})


def create(request: HttpRequest) -> HttpResponse:
    form = WebhookForm(request.POST or None)
    del form.fields["is_active"]
    if request.method == "POST" and form.is_valid():
        try:
            made = webhooks.create(**form.cleaned_data, by=person_of(request), now=now())
            return redirect("notify:webhook", made.pk)
        except outbound.NotAllowed as refused:
            form.add_error("url", str(refused))
    return _form(request, form, _("New receiver"))


def detail(request: HttpRequest, pk: int) -> HttpResponse:
    webhook = get_object_or_404(Webhook, pk=pk)
    page = keyset_page(webhook.deliveries.select_related("line"), request.GET.get("after"))
    context = {
        "webhook": webhook,
        "secret": webhooks.secret_of(webhook),
        "page": page,
        "lines": [(one, sentence(one.line.action)) for one in page.rows],
        "crumbs": _crumbs(webhook.name),
        "help": "notify",
    }
    return render(request, "notify/webhook.html", context)


def edit(request: HttpRequest, pk: int) -> HttpResponse:
    webhook = get_object_or_404(Webhook, pk=pk)
    names = ("name", "url", "topics", "is_active")
    form = WebhookForm(
        request.POST or None, initial={name: getattr(webhook, name) for name in names}
    )
    if request.method == "POST" and form.is_valid():
        try:
            webhooks.change(webhook, **form.cleaned_data, by=person_of(request), now=now())
        except outbound.NotAllowed as refused:
            form.add_error("url", str(refused))
        else:
            messages.success(request, _("Saved."))
            return redirect("notify:webhook", pk)
    return _form(request, form, webhook.name)


@require_POST
def test(request: HttpRequest, pk: int) -> HttpResponse:
    webhooks.send_test(get_object_or_404(Webhook, pk=pk), by=person_of(request), now=now())
    messages.success(request, _("A test event is on its way; the log shows what came of it."))
    return redirect("notify:webhook", pk)


@require_POST
def renew(request: HttpRequest, pk: int) -> HttpResponse:
    webhooks.renew_secret(get_object_or_404(Webhook, pk=pk), by=person_of(request), now=now())
    messages.success(request, _("Give the new secret to the other system now."))
    return redirect("notify:webhook", pk)


@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    webhooks.remove(get_object_or_404(Webhook, pk=pk), by=person_of(request), now=now())
    messages.success(request, _("Nothing more is sent there."))
    return redirect("notify:webhooks")


def _form(request: HttpRequest, form: WebhookForm, title: str) -> HttpResponse:
    context = {"form": form, "title": title, "crumbs": _crumbs(title), "help": "notify"}
    return render(request, "notify/webhook_form.html", context)


def _crumbs(last: str) -> list[tuple[str, str]]:
    return [(_("Events to other systems"), reverse("notify:webhooks")), (last, "")]
