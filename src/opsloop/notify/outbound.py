"""The one door out: an HTTP POST to a host the server's owner allowed, at an address checked first.

A name is resolved once, every address it has is looked at, and the connection goes to the very
address that was looked at: a name that changes its mind in between leads nowhere else. Redirects
are answers like any other and never followed.
"""

import http.client
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _

SECONDS: Final = 10.0
# Addresses of the whole internet that lead back into some network of the inside.
_TUNNELS: Final = (ip_network("64:ff9b::/96"), ip_network("2002::/16"), ip_network("2001::/32"))


class NotAllowed(Exception):
    """An address the product may not call; `str()` is the sentence."""


class Unreachable(Exception):
    """Nobody answered in time, or not in HTTP."""


@dataclass(frozen=True)
class Target:
    """An address taken apart; `may_be_private` hosts lie inside the company by the owner's word."""

    host: str
    port: int
    path: str
    is_secure: bool
    may_be_private: bool


def target_of(url: str) -> Target:
    """The address, if the product may call it at all. Raises NotAllowed."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise NotAllowed(_("This is no web address.")) from error
    if parts.scheme not in {"http", "https"} or not host or parts.username is not None:
        raise NotAllowed(_("This is no web address."))
    private = _listed(host, settings.OUTBOUND_PRIVATE_HOSTS)
    if not private and not _listed(host, settings.OUTBOUND_HOSTS):
        raise NotAllowed(
            _(
                "The server may not call “%(host)s”: its owner lists hosts in OPSLOOP_OUTBOUND_HOSTS."
            )
            % {"host": host}
        )
    is_secure = parts.scheme == "https"
    if not is_secure and not private:
        raise NotAllowed(_("Outside the company only https is called."))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(host, port or (443 if is_secure else 80), path, is_secure, private)


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Send `body` and return the status of the answer, which is not read further.

    Raises NotAllowed or Unreachable. Waits at most ten seconds for each step.
    """
    target = target_of(url)
    connection = _Pinned(target, _address_of(target))
    try:
        connection.request("POST", target.path, body, dict(headers))
        return connection.getresponse().status
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreachable(str(error) or type(error).__name__) from error
    finally:
        connection.close()


def _listed(host: str, hosts: list[str]) -> bool:
    """A name stands in the list itself, or below one that begins with a dot."""
    return any(
        host == one.lower() or (one.startswith(".") and host.endswith(one.lower())) for one in hosts
    )


def _address_of(target: Target) -> str:
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Unreachable(str(error)) from error
    addresses = [str(entry[4][0]) for entry in found]
    if not target.may_be_private and not all(_is_public(ip_address(one)) for one in addresses):
        raise NotAllowed(_("“%(host)s” leads into a private network.") % {"host": target.host})
    return addresses[0]


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return _is_public(address.ipv4_mapped)
        if any(address in tunnel for tunnel in _TUNNELS):
            return False
    return address.is_global and not address.is_multicast


class _Pinned(http.client.HTTPConnection):
    """A connection to a fixed address that still names, and demands proof of, its host."""

    def __init__(self, target: Target, address: str) -> None:
        super().__init__(target.host, target.port, timeout=SECONDS)
        self.default_port = 443 if target.is_secure else 80
        self._target, self._address = target, address

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), SECONDS)
        if self._target.is_secure:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(plain, server_hostname=self._target.host)
        else:
            self.sock = plain
