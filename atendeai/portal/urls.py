"""Pages that join the apps."""

from django.urls import path

from atendeai.portal.invitation_views import accept_invitation

urlpatterns = [
    path("convite/", accept_invitation, name="accept-invitation"),
]
