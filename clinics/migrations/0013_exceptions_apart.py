"""Hours of one date never overlap. Rows that do are joined first: together they mean the same opening.

Code of before may run beside this: what it would store overlapping is then refused instead of kept, all else goes on.
"""

import django.contrib.postgres.constraints
from django.db import migrations, models

import clinics.models.working_hours

# Of stretches that share time the earliest stays, until the latest end and with every reason. Two of one date never
# begin at the same time, so one of them is the earliest. Nobody stores another until the constraint stands.
JOIN = """
LOCK TABLE clinics_hoursexception IN SHARE ROW EXCLUSIVE MODE;
CREATE TEMPORARY TABLE joined ON COMMIT DROP AS
    WITH marked AS (
        SELECT *, coalesce(starts_at >= max(ends_at) OVER (
            PARTITION BY professional_id, date ORDER BY starts_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), true) AS begins
        FROM clinics_hoursexception WHERE starts_at IS NOT NULL
    ), numbered AS (
        SELECT *, count(*) FILTER (WHERE begins) OVER (
            PARTITION BY professional_id, date ORDER BY starts_at
        ) AS stretch
        FROM marked
    )
    SELECT (array_agg(id ORDER BY starts_at))[1] AS kept, array_agg(id) AS ids, max(ends_at) AS ends_at,
        left(string_agg(DISTINCT nullif(reason, ''), ' / '), 80) AS reasons
    FROM numbered GROUP BY professional_id, date, stretch HAVING count(*) > 1;
DELETE FROM clinics_hoursexception USING joined WHERE id = ANY (ids) AND id <> kept;
UPDATE clinics_hoursexception SET ends_at = joined.ends_at, reason = coalesce(reasons, '') FROM joined WHERE id = kept;
DROP TABLE joined;
"""


class Migration(migrations.Migration):
    dependencies = [("clinics", "0012_people_of_the_team")]

    operations = [
        migrations.RunSQL(JOIN, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="hoursexception",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("starts_at__isnull", False)),
                expressions=[
                    ("professional", "="),
                    ("date", "="),
                    (clinics.models.working_hours.ClockRange("starts_at", "ends_at"), "&&"),
                ],
                name="clinics_hoursexception_no_overlap",
                violation_error_message="These hours overlap others of the same date.",
            ),
        ),
    ]
