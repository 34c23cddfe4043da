"""Where Meta calls."""

from django.urls import path

from whatsapp.webhook import webhook

urlpatterns = [
    path("webhooks/whatsapp/", webhook, name="whatsapp-webhook"),
    path("webhooks/whatsapp/<slug:slug>/", webhook, name="whatsapp-clinic-webhook"),
]
