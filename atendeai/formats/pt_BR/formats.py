"""Short, as in a Brazilian table: Django's own write «28 de Novembro», whose capital is no Portuguese."""

DATE_FORMAT = SHORT_DATE_FORMAT = "d/m/Y"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "d/m/Y H:i"
