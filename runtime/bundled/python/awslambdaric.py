"""
awslambdaric.py - stands for AWS's own client where a function imports it. Its parts are found by modules.py.
"""

__version__ = "4.0.1"
