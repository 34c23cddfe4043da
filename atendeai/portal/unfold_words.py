"""Which words of Unfold have no Portuguese? It brings no catalogue, so ours translates what its templates say."""

from django.utils.translation import gettext_noop as _

WORDS = (
    _("Select record"),
    _("Select action"),
    _("Select action to run"),
    _("Select value"),
    _("Run"),
    _("Expand row"),
    _("Welcome back to"),
    _("Forgotten your password or username?"),
    _("Type to search"),
    _("You have been successfully logged out from the administration"),
    _("No data"),
    _("More actions"),
    _("True"),
    _("False"),
    _("Apply Filters"),
    _("Select all rows"),
    _("Cancel"),
    _("Submit"),
    _("This item will be deleted."),
    _("Click to cancel"),
    _("No results found"),
    _("This page yielded into no results. Create a new item or reset your filters."),
    _("Reset filters"),
    _("Go back"),
    _("Previous"),
    _("Next"),
    _("General"),
    _("Light"),
    _("Dark"),
    _("System"),
    _("Return to site"),
    _("Toggle password visibility"),
    _(
        "Raw passwords are not stored, so there is no way to see this user’s password, but you can change the "
        'password using <a href="{}" class="text-primary-600 dark:text-primary-500">this form</a>.'
    ),
)
