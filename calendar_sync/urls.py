"""Where a person goes to link a calendar, and where Google tells that one changed."""

from django.urls import path

from calendar_sync import connect_views, push_view

urlpatterns = [
    path("webhooks/google-calendar/", push_view.receive, name="calendar-push"),
    path("oauth/google/start/<int:professional_id>/", connect_views.start, name="calendar-start"),
    path("oauth/google/callback/", connect_views.callback, name="calendar-callback"),
    path("oauth/google/links/<int:link_id>/", connect_views.show_link, name="calendar-link"),
]
