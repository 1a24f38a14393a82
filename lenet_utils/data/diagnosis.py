"""Say why a download failed, and what to do about it: each cause has its own sentence and its own remedy.

Certificates are always verified. No remedy switches that off.
"""

import os
import re
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

TRY_AGAIN = "Try again later, or on another network."
CORRECT_CLOCK = "Set the date and time of this computer right."
LOG_IN = "If the network has a login page, open https://{host} in a browser, log in and try again."

EXPIRED, NOT_YET_VALID, OTHER_NAME, OTHER_ADDRESS = 10, 9, 62, 64
"""OpenSSL's codes of faults of a certificate (X509_V_ERR_…)."""


def diagnose(error: Exception, address: str, timeout: float) -> tuple[str, str]:
    """Name the cause of a failed download, and its remedy.

    Args:
        error: what `requests`, pooch or the file system raised.
        address: that was to be downloaded.
        timeout: seconds that the server had.

    Returns:
        (reason, remedy): the reason in a few words without a full stop, the remedy as sentences.
    """
    import requests

    host = urlsplit(address).hostname
    # The order matters: most classes of `requests` are subclasses of its ConnectionError and of OSError.
    if isinstance(error, requests.exceptions.InvalidSchema | requests.exceptions.InvalidURL):
        return _unusable_proxy(error, address)
    if isinstance(error, requests.exceptions.ProxyError):
        return _proxy_failure(error, address)
    if isinstance(error, requests.exceptions.SSLError):
        return _certificate_failure(error, host)
    if isinstance(error, requests.exceptions.Timeout) or "timed out" in str(error):
        return f"no answer from {host}{_via(address)} within {timeout:g} seconds", TRY_AGAIN
    if isinstance(error, requests.exceptions.HTTPError):
        return _http_failure(error.response.status_code, error.response.reason, address)
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return f"the connection to {host} broke off", TRY_AGAIN
    if isinstance(error, requests.exceptions.RequestException):
        remedy = _correct_proxy(address) if _proxy(address) else "Connect to the network once."
        return f"no connection to {host}{_via(address)}", remedy
    if isinstance(error, ValueError):
        return "what arrived is not the original file (another SHA-256)", LOG_IN.format(host=host)
    if isinstance(error, OSError):
        return _file_failure(error)
    return f"{type(error).__name__}: {error}", TRY_AGAIN


# --- Proxies ------------------------------------------------------------------------------------------------


def _proxy(address: str) -> tuple[str, str] | None:
    """The proxy that `requests` takes for an address, without its password, and the variable that names it."""
    from requests.utils import get_environ_proxies, select_proxy

    proxy = select_proxy(address, get_environ_proxies(address))
    if not proxy:
        return None
    names = [f"{urlsplit(address).scheme}_proxy", "all_proxy"]
    variables = [spelling for name in names for spelling in (name, name.upper())]
    variable = next((name for name in variables if os.environ.get(name) == proxy), "the system's settings")
    return re.sub(r"(^|//)[^/@]*@", r"\1", proxy), variable


def _via(address: str) -> str:
    proxy = _proxy(address)
    return f" through the proxy {proxy[0]} ({proxy[1]})" if proxy else ""


def _correct_proxy(address: str) -> str:
    _, variable = _proxy(address)
    if variable.lower().endswith("_proxy"):
        return f"Correct {variable}, or unset it if this network needs no proxy."
    return f"Correct the proxy in {variable}, or turn it off if this network needs none."


def _unusable_proxy(error, address: str) -> tuple[str, str]:
    proxy = _proxy(address)
    if proxy is None:
        return f"{type(error).__name__}: {error}", TRY_AGAIN
    name, variable = proxy
    if name.lower().startswith("socks"):
        return (
            f"{variable} names a SOCKS proxy ({name}), and the library for SOCKS is not installed",
            "Install it with `pip install pysocks`, and restart Python.",
        )
    return (
        f"{name!r} in {variable} is not the address of a proxy",
        f"It should look like http://HOST:PORT. {_correct_proxy(address)}",
    )


def _proxy_failure(error, address: str) -> tuple[str, str]:
    import ssl

    proxy = _proxy(address)
    if proxy is None:
        return f"no connection to the proxy of {urlsplit(address).hostname}", TRY_AGAIN
    name, variable = proxy
    answer = re.search(r"Tunnel connection failed: (\d{3}) ?([^'\")]*)", str(error))
    if answer:
        return _http_failure(int(answer[1]), answer[2], address, by_proxy=True)
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error)):
        return _certificate_failure(error, urlsplit(name).hostname)
    if any(isinstance(cause, ssl.SSLError) for cause in _causes(error)):
        remedy = f"Let its address in {variable} begin with http:// instead of https://."
        return f"the proxy {name} ({variable}) does not speak HTTPS", remedy
    return f"no connection to the proxy {name} ({variable})", _correct_proxy(address)


def _http_failure(status: int, phrase: str, address: str, by_proxy: bool = False) -> tuple[str, str]:
    """What an answer other than 200 means; 407 always comes from a proxy."""
    host, proxy = urlsplit(address).hostname, _proxy(address)
    answer = f"{status} {phrase}".strip()
    if proxy is None or not (by_proxy or status == 407):
        return f"{host}{_via(address)} answered {answer}", TRY_AGAIN
    name, variable = proxy
    named = f"the proxy {name} ({variable})"
    if status == 407:
        return (
            f"{named} asks for a user name and a password, or does not accept those given ({answer})",
            f"Give them in {variable}, as http://USER:PASSWORD@HOST:PORT.",
        )
    if status == 403:
        return (
            f"{named} does not let anybody connect to {host} ({answer})",
            f"Ask those who run the proxy to allow {host}, or use another network.",
        )
    if status >= 500:
        return f"{named} does not reach {host} ({answer})", TRY_AGAIN
    return f"{named} answered {answer}", _correct_proxy(address)


# --- Certificates -------------------------------------------------------------------------------------------


def _certificate_failure(error, host: str) -> tuple[str, str]:
    import ssl

    fault = next((cause for cause in _causes(error) if isinstance(cause, ssl.SSLError)), None)
    if fault is None or fault.reason == "NO_CERTIFICATE_OR_CRL_FOUND":
        return _unusable_bundle()
    if not isinstance(fault, ssl.SSLCertVerificationError):
        return f"{host} does not speak HTTPS as it should ({fault.reason})", LOG_IN.format(host=host)
    reason = f"the certificate of {host} cannot be verified ({fault.verify_message.rstrip('.')})"
    if fault.verify_code in (OTHER_NAME, OTHER_ADDRESS):
        reason = (
            f"the certificate that came from {host} is another server's ({fault.verify_message.rstrip('.')})"
        )
        return reason, LOG_IN.format(host=host)
    if fault.verify_code in (EXPIRED, NOT_YET_VALID):
        return reason, f"{CORRECT_CLOCK} If they are right: {_update_certificates()}"
    return reason, _update_certificates()


def _update_certificates() -> str:
    remedy = "Run `pip install --upgrade certifi`"
    if sys.platform == "darwin":
        remedy += ', or "Install Certificates.command" in the folder of your Python'
    variable = _bundle_variable()
    named = f" {variable} names {os.environ[variable]} now." if variable else ""
    return (
        f"{remedy}. If your school or company inspects connections, ask for the file with its own root "
        f"certificate, and name the file in REQUESTS_CA_BUNDLE.{named}"
    )


def _bundle_variable() -> str | None:
    return next((name for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE") if os.environ.get(name)), None)


def _unusable_bundle() -> tuple[str, str]:
    variable = _bundle_variable()
    if variable is None:
        remedy = "Run `pip install --force-reinstall certifi`."
        return "the certificates of the library certifi cannot be read", remedy
    return (
        f"{variable} names {os.environ[variable]}, from which no certificate can be read",
        f"Let {variable} name a file of certificates in PEM format, or unset it.",
    )


# --- Files --------------------------------------------------------------------------------------------------


def _file_failure(error: OSError) -> tuple[str, str]:
    if "CA certificate bundle" in str(error):  # `requests` raises a plain OSError if the file is not there
        return _unusable_bundle()
    reason = f"what arrived could not be kept: {error.strerror or error}"
    return reason, "Make room on the disk, or name another folder in KERAS_HOME."


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it, as far as it is recorded."""
    while error is not None:
        yield error
        inner = getattr(error, "reason", None) or (error.args[0] if error.args else None)
        if not isinstance(inner, BaseException):
            inner = error.__cause__ or error.__context__
        error = inner
