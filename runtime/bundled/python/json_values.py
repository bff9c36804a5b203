"""
json_values.py - what simplejson writes of values that json has no word for, as values that json has one for.
"""

import os
import sys


class Pairs(dict):
    """An object whose keys may be the same text more than once."""

    def __init__(self, pairs):
        dict.__init__(self, pairs)
        self.pairs = pairs

    def items(self):
        return self.pairs


class JsonValues:
    """
    Named tuples and all that has `_asdict()` are objects, bytes are text, a Decimal is the number with all its digits.
    json can't write raw digits: a marker that no one can guess holds the place, in order.
    """

    def __init__(self):
        self.numbers = []
        self.marker = os.urandom(16).hex()
        self.open = set()  # ids of the containers around the value

    def plain(self, value):
        if value is None or isinstance(value, (str, int, float)):
            return value
        if isinstance(value, bytes):
            return value.decode("utf-8")
        if id(value) in self.open:
            raise ValueError("Circular reference detected")
        self.open.add(id(value))
        try:
            method = None if isinstance(value, type) else getattr(value, "_asdict", None)
            if callable(method):
                made = method()
                if not isinstance(made, dict):
                    raise TypeError("_asdict() must return a dict, not %s" % type(made).__name__)
                return self.plain_object(made)
            if isinstance(value, (list, tuple)):
                items = []
                for item in value:
                    items.append(self.plain(item))
                return items
            if isinstance(value, dict):
                return self.plain_object(value)
            return self.other(value)
        except RecursionError:
            raise RecursionError("maximum recursion depth exceeded while encoding a JSON object") from None
        finally:
            self.open.discard(id(value))

    def plain_object(self, source):
        pairs = []
        for key, value in source.items():
            if isinstance(key, bytes):
                key = key.decode("utf-8")
            elif key is not None and not isinstance(key, (str, int, float)):
                raise TypeError("keys must be str, int, float, bool or None, not %s" % key.__class__.__name__)
            pairs.append((key, self.plain(value)))
        return Pairs(pairs)

    def other(self, value):
        decimal = sys.modules.get("decimal")
        if decimal is not None and isinstance(value, decimal.Decimal):
            if value.is_nan():
                return float("nan")
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
