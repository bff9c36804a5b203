"""
json_text.py - events from JSON and results to JSON, as AWS's client writes them.

Only the compiled half of json is loaded; the other half costs 8 ms at start and is needed for errors only.
"""

import os
import sys

try:
    import _json
except ImportError:
    _json = None  # find_compiled copes


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


class JsonDefault:
    """
    What JSON has no word for, as AWS's client (by simplejson) writes it: bytes as text, a Decimal as the number with all
    its digits. json can't write raw digits: a marker that no one can guess holds the place, in order.
    """

    def __init__(self):
        self.numbers = []
        self.marker = ""

    def __call__(self, value):
        if isinstance(value, bytes):
            return value.decode("utf-8")
        decimal = sys.modules.get("decimal")
        if decimal is not None and isinstance(value, decimal.Decimal):
            if value.is_nan():
                return float("nan")
            if not self.numbers:
                self.marker = os.urandom(16).hex()
            self.numbers.append(str(value))
            return self.marker
        raise TypeError("Object of type %s is not JSON serializable" % value.__class__.__name__)

    def put_numbers(self, text):
        if not self.numbers:
            return text
        pieces = text.split('"%s"' % self.marker)
        mixed = [pieces[0]]
        for number, piece in zip(self.numbers, pieces[1:]):
            mixed += (number, piece)
        return "".join(mixed)


class Encoder:
    """One is kept for all results; an error leaves traces in the compiled half, so the next result gets a new one."""

    kept = None

    def __init__(self, is_ascii):
        self.is_ascii = is_ascii
        self.default = JsonDefault()
        self.pieces = make_encoder(
            _json.encode_basestring_ascii if is_ascii else _json.encode_basestring, self.default
        )


def encode_json(value, is_ascii):
    """json.dumps with that default, without loading json where its compiled half is there."""
    if scan_json is None:
        import json

        default = JsonDefault()
        return default.put_numbers(json.dumps(value, ensure_ascii=is_ascii, default=default))
    encoder = Encoder.kept
    if encoder is None or encoder.is_ascii != is_ascii:
        encoder = Encoder(is_ascii)
    Encoder.kept = None  # until this one is through: a value may encode another in the middle
    text = "".join(encoder.pieces(value, 0))
    if encoder.default.numbers:
        return encoder.default.put_numbers(text)
    Encoder.kept = encoder
    return text


scan_json = find_compiled()  # None: use json
