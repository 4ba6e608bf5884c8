from typing import Final

from django.urls import path

from opsloop.loop import views
from opsloop.org.permissions import Permission

app_name = "loop"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("deviations/", views.listing, name="list"),
    path("deviations.csv", views.export, name="export"),
    path("deviations/<int:pk>/", views.detail, name="detail"),
    path("deviations/<slug:kind>/<int:pk>/<slug:verb>/", views.act, name="act"),
    path("dashboard/", views.dashboard, name="dashboard"),
    path("lessons/", views.lessons, name="lessons"),
    path("lessons/<int:pk>/", views.lesson, name="lesson"),
]
ACCESS: Final[dict[str, Permission]] = {
    "loop:desk": Permission.DESK_VIEW,
    "loop:list": Permission.DEVIATION_VIEW,
    "loop:export": Permission.DEVIATION_VIEW,
    "loop:detail": Permission.DEVIATION_VIEW,
    "loop:act": Permission.DEVIATION_WORK,
    "loop:dashboard": Permission.DEVIATION_VIEW,
    "loop:lessons": Permission.LESSON_VIEW,
    "loop:lesson": Permission.LESSON_VIEW,
}
