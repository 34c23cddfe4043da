"""Under /api/v1/."""

from django.urls import path

from calendar_sync.api.views import EventListView

urlpatterns = [path("events/", EventListView.as_view(), name="api-events")]
