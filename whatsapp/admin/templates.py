"""The clinic's message templates: what Meta thinks of them, where they are used, and how the patient sees them."""

from django.contrib import admin

from clinics.admin.base import ClinicAdmin
from whatsapp.models import Template


@admin.register(Template)
class TemplateAdmin(ClinicAdmin):
    """Owners create and change, everybody sees."""

    owner_may = frozenset({"view"})
    receptionist_may = frozenset({"view"})
    list_display = ["name", "language", "category", "status", "quality"]
