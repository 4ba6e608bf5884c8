"""Make, use and revoke tokens."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import F

from opsloop.api.models import ApiToken, TokenScope
from opsloop.audit.actions import record
from opsloop.org.models import Person

PREFIX: Final = "ol_"
LONGEST_DAYS: Final = 366
# The time of last use is for people; more often than this it is not worth a write.
USE_NOTED_EVERY: Final = timedelta(hours=1)


class BadExpiry(ValueError):
    """A token lives between one day and one year."""


def digest_of(secret: str) -> str:
    """Tokens carry 256 random bits, so a plain hash cannot be searched."""
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def create_token(
    *, name: str, scope: TokenScope, days: int, by: Person, now: datetime
) -> tuple[ApiToken, str]:
    """A new token with the rights of `by`, and its text, which cannot be shown again."""
    if not 1 <= days <= LONGEST_DAYS:
        raise BadExpiry(days)
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        person=by, name=name, prefix=secret[:8], digest=digest_of(secret), scope=scope,
        created_at=now, expires_at=now + timedelta(days=days),
    )  # fmt: skip
    record(
        by=by, now=now, action="api.create_token", subject=token,
        changes={"scope": [None, scope], "expires_at": [None, token.expires_at]},
    )  # fmt: skip
    return token, secret


@transaction.atomic
def revoke_token(*, token: ApiToken, by: Person, now: datetime) -> None:
    """From now on the token opens nothing; revoking twice changes nothing."""
    held = ApiToken.objects.select_for_update().get(pk=token.pk)
    if held.revoked_at is None:
        held.revoked_at = now
        held.save(update_fields=["revoked_at"])
        record(by=by, now=now, action="api.revoke_token", subject=held)


def token_for(secret: str, now: datetime) -> ApiToken | None:
    """The valid token of this text, its use noted; None for anything else."""
    token = ApiToken.objects.select_related("person").filter(digest=digest_of(secret)).first()
    if token is None or not token.is_valid(now):
        return None
    if token.last_used_at is None or now - token.last_used_at >= USE_NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def admit(token: ApiToken, now: datetime) -> int:
    """Count one call; 0 lets it through, else the seconds until the token may call again."""
    minute = now.replace(second=0, microsecond=0)
    held = ApiToken.objects.filter(pk=token.pk)
    if held.filter(minute=minute, calls__lt=settings.API_CALLS_A_MINUTE).update(
        calls=F("calls") + 1
    ):
        return 0
    if held.exclude(minute=minute).update(minute=minute, calls=1):
        return 0
    return 60 - now.second
