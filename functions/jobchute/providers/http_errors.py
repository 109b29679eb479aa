"""Errors of the HTTP client below botocore and the Fireworks adapter: what they prove, and what may be logged.

With one try a call, each error of urllib3 2 comes from one of two stages. Before a connection stands, nothing
was sent. After that, the request may have arrived, even where the error says that sending it failed.
"""

from ssl import SSLCertVerificationError

from urllib3.exceptions import ConnectTimeoutError, HTTPError, LocationValueError, ProxyError, SSLError
from urllib3.util.ssl_match_hostname import CertificateError

# Their texts name hosts, time-outs and the system's errors. Others may quote a header, and the key in it.
_HARMLESS = (ConnectTimeoutError, SSLError)


def was_never_sent(error: object) -> bool:
    """Whether an error of urllib3 proves that no byte of the request was sent to the server.

    - ConnectTimeoutError and its subclasses NewConnectionError and NameResolutionError come from
      `HTTPConnection._new_conn` alone: no TCP connection stands. (A TLS handshake that times out is a
      ReadTimeoutError.)
    - SSLError proves it where the server's certificate was not accepted, which happens in the handshake. Others
      may be a broken record in the answer.
    - LocationValueError: the URL names no host that can be looked up.
    - ProxyError proves what its cause proves: a proxy's connection that breaks in the answer is one as well.
    """
    if isinstance(error, ProxyError):
        return was_never_sent(error.original_error)
    if isinstance(error, SSLError):
        return any(isinstance(cause, SSLCertVerificationError | CertificateError) for cause in error.args)
    return isinstance(error, ConnectTimeoutError | LocationValueError)


def words_of(error: Exception) -> str:
    """What may be logged of an error: its message if that cannot contain a header, otherwise its type."""
    if isinstance(error, _HARMLESS):
        return str(error)
    causes = [type(cause).__name__ for cause in error.args if isinstance(cause, Exception)]
    what = "the HTTP client failed" if isinstance(error, HTTPError) else "the request could not be made"
    return f"{what} ({': '.join([type(error).__name__, *causes])})"
