"""
json_text.py - events from JSON and results to JSON, as AWS's client writes them.

Only the compiled half of json is loaded; the other half costs 8 ms at start and is needed for errors only.
"""

import marshal

try:
    import _json
except ImportError:
    _json = None  # find_compiled copes

MARSHAL_WITHOUT_REFERENCES = 2


class ScannerSettings:
    """What json.loads sets up for its compiled scanner."""

    strict = True
    object_hook = object_pairs_hook = None
    parse_float, parse_int = float, int
    parse_constant = {
        "NaN": float("nan"),
        "Infinity": float("inf"),
        "-Infinity": float("-inf"),
    }.__getitem__


def find_compiled():
    """The compiled scanner if both compiled halves work as expected: _json is not a documented module."""
    try:
        scan = _json.make_scanner(ScannerSettings)
        good = scan('{"a": [1.5]}', 0) == ({"a": [1.5]}, 12)
        text = "".join(make_encoder(_json.encode_basestring, None)({"a": [1.5]}, 0))
        return scan if good and text == '{"a": [1.5]}' else None
    except Exception:
        return None


def make_encoder(text_encoder, default):
    return _json.make_encoder({}, default, text_encoder, None, ": ", ", ", False, False, True)


def parse_json(data):
    """json.loads, without loading json as long as nothing is wrong with `data`."""
    try:
        text = str(data, "utf-8")
        value, end = scan_json(text, 0)
        if end == len(text) or not text[end:].strip(" \t\n\r"):
            return value
    except Exception:
        pass
    import json

    return json.loads(bytes(data))  # says what is wrong, or copes with a blank or a byte order mark in front


def refuse(value):
    raise TypeError("Object of type %s is not JSON serializable" % value.__class__.__name__)


class Encoder:
    def __init__(self, is_ascii):
        self.is_ascii = is_ascii
        self.pieces = make_encoder(
            _json.encode_basestring_ascii if is_ascii else _json.encode_basestring, refuse
        )


# One for all results; an error leaves traces in the compiled half, so the next result gets a new one.
kept_encoders = []


def encode_json(value, is_ascii):
    """
    JSON as simplejson writes it, which AWS's client uses. Values of json's own types need no more than the compiled
    half of json; json_values makes such values of all others.
    """
    if is_plain(value):
        try:
            return encode_plain(value, is_ascii)
        except TypeError:
            pass  # bytes, a set, a key
    from .json_values import JsonValues

    values = JsonValues()
    return values.put_numbers(encode_plain(values.plain(value), is_ascii))


def is_plain(value):
    """Are these exactly Python's own types? marshal takes no others; nothing faster looks at all of them."""
    if type(value) is str:
        return True
    try:
        marshal.dumps(value, MARSHAL_WITHOUT_REFERENCES)
    except ValueError as error:
        return "deep" in str(error)  # what is deeper than marshal goes fails or works by json alone
    return True


def encode_plain(value, is_ascii):
    if scan_json is None:
        import json

        return json.dumps(value, ensure_ascii=is_ascii, default=refuse)
    encoder = kept_encoders.pop() if kept_encoders else Encoder(is_ascii)
    if encoder.is_ascii != is_ascii:
        encoder = Encoder(is_ascii)
    text = "".join(encoder.pieces(value, 0))  # it isn't kept meanwhile: a value may encode another in the middle
    kept_encoders[:] = (encoder,)
    return text


scan_json = find_compiled()  # None: use json
