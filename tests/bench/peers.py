"""The servers of others that are measured alongside, from npm. One that isn't there is skipped, and the table says so."""


class Missing(Exception):
    """Why a side can't be measured here."""


def of_nodejs():
    return []


def of_python():
    return []
