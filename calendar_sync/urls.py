"""Where a person goes to link a calendar."""

from django.urls import path

from calendar_sync import connect_views

urlpatterns = [
    path("oauth/google/start/<int:professional_id>/", connect_views.start, name="calendar-start"),
    path("oauth/google/callback/", connect_views.callback, name="calendar-callback"),
    path("oauth/google/links/<int:link_id>/", connect_views.show_link, name="calendar-link"),
]
