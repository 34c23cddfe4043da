"""Who can log in to this installation? For its operator; clinics see people through their team."""

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from clinics.admin.base import OperatorAdmin
from clinics.models import User

admin.site.unregister(Group)  # roles come from memberships


class NewUserForm(UserCreationForm):  # type: ignore[misc]
    """By e-mail."""

    class Meta:
        model = User
        fields = ("email", "name")


@admin.register(User)
class UserAdmin(OperatorAdmin, DjangoUserAdmin):  # type: ignore[type-arg,misc]
    """People of all clinics; without what they do there."""

    operator_may = frozenset({"view", "add", "change"})
    form = UserChangeForm
    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["email", "name", "is_active", "is_superuser", "last_login"]
    list_filter = ["is_active", "is_superuser"]
    search_fields = ["email", "name"]
    ordering = ["email"]
    filter_horizontal: ClassVar[Any] = ()
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ["email", "name", "password"]}),
        (_("Access"), {"fields": ["is_active", "is_staff", "is_superuser"]}),
    )
    add_fieldsets: Any = ((None, {"fields": ["email", "name", "password1", "password2"]}),)
