"""Why a peer's certificate is not accepted, in words."""

from __future__ import annotations

import ssl

_EXPIRED = 10
_NOT_YET_VALID = 9
_UNKNOWN_ISSUER = frozenset({2, 18, 19, 20, 21, 27})
"""OpenSSL's verify codes: no issuer's certificate, self-signed, none of the chain is known."""
_WRONG_NAME = frozenset({62, 63, 64})


def certificate_problem(error: ssl.SSLCertVerificationError, host: str, *, peer: str, ca_setting: str) -> str:
    """Say in one line what is wrong and what to do.

    :param peer: whose certificate it is, as in ``the broker``.
    :param ca_setting: where the authority is named, as in ``tls.ca_file``.
    """
    if error.verify_code == _EXPIRED:
        return f"its certificate has expired; renew {peer}'s certificate"
    if error.verify_code == _NOT_YET_VALID:
        return "its certificate is not valid yet; set the clocks right"
    if error.verify_code in _UNKNOWN_ISSUER:
        return f"its certificate is signed by nobody that is known here; correct {ca_setting}"
    if error.verify_code in _WRONG_NAME:
        return f"its certificate is for another host than {host!r}; use the name that is in it"
    return f"its certificate is not accepted: {error.verify_message}"
