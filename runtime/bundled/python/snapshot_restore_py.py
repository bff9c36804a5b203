"""
snapshot_restore_py.py - the hooks of SnapStart. No snapshot is ever taken here, so they are kept and never run.
"""

__all__ = ["register_before_snapshot", "register_after_restore"]

before_snapshot = []
after_restore = []


def register_before_snapshot(func, *args, **kwargs):
    before_snapshot.append((func, args, kwargs))
    return func


def register_after_restore(func, *args, **kwargs):
    after_restore.append((func, args, kwargs))
    return func


def get_before_snapshot():
    return before_snapshot


def get_after_restore():
    return after_restore
