"""Does a target keep the spec, and does the spec keep up with the target?

Needs `pip install 'halopay-kit[contract]'`.
"""
