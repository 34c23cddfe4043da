"""Which address leads where?"""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.utils.functional import lazy
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from atendeai import health, metrics

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    # Browsers ask for it wherever a page names none; the hashed address is known only when somebody asks.
    path("favicon.ico", RedirectView.as_view(url=lazy(static, str)("portal/icon.svg"))),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", metrics.scrape),
    path("", include("whatsapp.urls")),
    path("", include("calendar_sync.urls")),
    path("api/v1/", include("clinics.api.urls")),
    path("api/v1/", include("whatsapp.api.urls")),
    path("api/v1/", include("calendar_sync.api.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("", include("atendeai.portal.urls")),
    path("admin/", admin.site.urls),
]
