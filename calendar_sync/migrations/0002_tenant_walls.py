"""No row of a calendar can point at another clinic's row: the database sees to it."""

from django.db import migrations

from atendeai.common.migrations import tenant_foreign_key, tenant_key

PARENTS = ("calendar_sync_link", "calendar_sync_eventmirror")
CHILDREN = (
    ("calendar_sync_link", "professional_id", "clinics_professional"),
    ("calendar_sync_connectattempt", "professional_id", "clinics_professional"),
    ("calendar_sync_eventmirror", "link_id", "calendar_sync_link"),
    ("calendar_sync_eventmirror", "appointment_id", "clinics_appointment"),
    ("calendar_sync_calendarwrite", "mirror_id", "calendar_sync_eventmirror"),
    ("calendar_sync_calendarwrite", "appointment_id", "clinics_appointment"),
)


class Migration(migrations.Migration):
    dependencies = [("calendar_sync", "0001_initial"), ("clinics", "0002_tenant_walls")]

    operations = [
        *(tenant_key(table) for table in PARENTS),
        *(tenant_foreign_key(*child) for child in CHILDREN),
    ]
