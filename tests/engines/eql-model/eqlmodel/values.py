"""Documents through a mapping: dotted names, and values of the types of the manual.

Comes in: `_source` objects and a mapping `{field: type}`. Goes out: `{field: value}` where a value is a `str` (keyword family), `int`, `float`,
`bool`, an address, or whole milliseconds since 1970 for a date. Knows nothing of queries.

Sources: Elasticsearch reference, "Field data types" (keyword, numeric, boolean, date, ip), "Arrays", "null_value".
"""

import ipaddress
import re
from datetime import datetime, timezone

from .errors import Refused

KEYWORDS = {"keyword", "constant_keyword", "wildcard"}
INTEGERS = {"long": 63, "integer": 31, "short": 15, "byte": 7}
FLOATS = {"double"}
KINDS = {
    **dict.fromkeys(KEYWORDS, "string"), **dict.fromkeys(INTEGERS, "number"), **dict.fromkeys(FLOATS, "number"),
    "boolean": "boolean", "date": "date", "ip": "ip",
}

# "date" page: the default format is strict_date_optional_time||epoch_millis; less than a full second is not modelled, since rounding differs by operator.
DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,3}))?Z")


class Many(tuple):
    """A field with several values ("Arrays": any field can hold them)."""


def kind_of(mapping, field):
    """What a mapped field holds: `string number boolean date ip`."""
    written = mapping[field]
    name = written["type"] if isinstance(written, dict) else written
    if isinstance(written, dict) and set(written) - {"type", "format"}:
        raise Refused(f"mapping of `{field}`: only `type` and `format` are modelled")
    if isinstance(written, dict) and "format" in written and "epoch_millis" not in written["format"]:
        raise Refused(f"mapping of `{field}`: only date formats with `epoch_millis` are modelled")
    if name not in KINDS:
        raise Refused(f"field `{field}` has type `{name}`: expected one of {', '.join(sorted(KINDS))}")
    return KINDS[name], name


def read_document(source, mapping):
    """The values of a `_source`, by dotted field name; a missing field has no entry."""
    flat = {}
    _flatten(source, "", flat)
    values = {}
    for field, raw in flat.items():
        if field not in mapping:
            raise Refused(f"document field `{field}` is not mapped (dynamic mappings are not modelled)")
        value = _read(raw, field, *kind_of(mapping, field))
        if value is not None:
            values[field] = value
    return values


def _flatten(source, prefix, into):
    for name, value in source.items():
        path = prefix + name
        if isinstance(value, dict):
            _flatten(value, path + ".", into)
        elif path in into:
            raise Refused(f"document field `{path}` is written twice")
        else:
            into[path] = value


def _read(raw, field, kind, name):
    # "null_value" page: null, [] and [null] are as if the field had no value. "Arrays" page: there is no array type, one value is that value.
    if isinstance(raw, list):
        some = [_read(one, field, kind, name) for one in raw if one is not None]
        if not some:
            return None
        return some[0] if len(some) == 1 else Many(some)
    if raw is None:
        return None
    reader = {"string": _string, "number": _number, "boolean": _boolean, "date": read_date, "ip": read_ip}[kind]
    try:
        return reader(raw, name) if kind == "number" else reader(raw)
    except ValueError as error:
        raise Refused(f"document field `{field}`: {error}") from error


def _string(raw):
    if not isinstance(raw, str):
        raise ValueError(f"expected a string for a keyword, found `{raw}`")
    return raw


def _number(raw, name):
    if isinstance(raw, bool) or not isinstance(raw, (int, float)):
        raise ValueError(f"expected a number, found `{raw}`")
    if name in FLOATS:
        return float(raw)
    if isinstance(raw, float) or not -(2 ** INTEGERS[name]) <= raw < 2 ** INTEGERS[name]:
        raise ValueError(f"expected an integer that fits `{name}`, found `{raw}`")
    return raw


def _boolean(raw):
    if not isinstance(raw, bool):
        raise ValueError(f"expected true or false, found `{raw}`")
    return raw


def read_date(raw):
    """Milliseconds since 1970 of `epoch_millis` or of an ISO date with at least seconds, in UTC."""
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    match = DATE.fullmatch(raw) if isinstance(raw, str) else None
    if not match:
        raise ValueError(f"expected milliseconds or a date such as `2099-12-07T11:07:09.000Z`, found `{raw}`")
    *parts, fraction = match.groups()
    seconds = int(datetime(*map(int, parts), tzinfo=timezone.utc).timestamp())
    return seconds * 1000 + int((fraction or "0").ljust(3, "0"))


def read_ip(raw):
    """An address; Lucene's `InetAddressPoint` holds an IPv4 address as the IPv6 one that maps it, so the two are one value."""
    if not isinstance(raw, str) or "%" in raw:
        raise ValueError(f"expected an IP address, found `{raw}`")
    address = ipaddress.ip_address(raw)
    return getattr(address, "ipv4_mapped", None) or address
