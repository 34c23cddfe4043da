"""What a comparison found stays inside its clinic; calendars that are linked already are compared within a day."""

from django.db import migrations

from atendeai.common.migrations import tenant_foreign_key, tenant_key

COMPARE_FROM_NOW_ON = """
    UPDATE calendar_sync_pullstate SET compare_due_at = now() + random() * interval '24 hours'
      FROM calendar_sync_link
     WHERE calendar_sync_link.id = calendar_sync_pullstate.link_id AND calendar_sync_link.state = 'linked'
"""


class Migration(migrations.Migration):
    dependencies = [("calendar_sync", "0007_reconciliations")]

    operations = [
        tenant_key("calendar_sync_reconciliation"),
        tenant_foreign_key("calendar_sync_reconciliation", "link_id", "calendar_sync_link"),
        migrations.RunSQL(COMPARE_FROM_NOW_ON, migrations.RunSQL.noop),
    ]
