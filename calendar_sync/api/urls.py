"""Under /api/v1/."""

from django.urls import path

from calendar_sync.api.views import Events

urlpatterns = [path("events/", Events.as_view(), name="api-events")]
